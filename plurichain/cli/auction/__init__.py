"""`plurichain auction`."""
