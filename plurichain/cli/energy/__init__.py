"""`plurichain energy`."""
