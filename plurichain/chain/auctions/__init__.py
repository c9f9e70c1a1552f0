"""The auction module seen from outside: terms, queries, events."""
