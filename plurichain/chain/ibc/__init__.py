"""IBC's core and its transfers seen from outside: messages, queries, proofs."""
