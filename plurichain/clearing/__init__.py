"""From revealed bids to allocation and payment: pure and exact (design 3.3)."""
