"""`plurichain ibc`, as far as it looks: tracker, packets, audits, health, monitoring."""
