"""`plurichain bid`."""
