"""A snapshot as a person reads it on a terminal: `plurichain ibc watch`."""
