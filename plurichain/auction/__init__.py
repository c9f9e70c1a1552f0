"""Rules, bytes and state tables of an auction: pure, no I/O, no clock."""
