"""The energy module seen from outside: messages, queries, events."""
