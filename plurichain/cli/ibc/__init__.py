"""`plurichain ibc`, as far as it writes to chains: links, transfers, relaying."""
