"""What a person has to be woken for: packets that wait, nodes, clients, coverage, money."""
