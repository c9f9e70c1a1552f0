"""Headers and proofs of other chains: their bytes, and whether they prove anything."""
