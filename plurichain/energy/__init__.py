"""Rules, bytes and views of metered energy and its credits: pure (design 3.4)."""
