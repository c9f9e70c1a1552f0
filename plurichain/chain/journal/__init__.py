"""The journal of transactions: on disk before the first byte is sent."""
