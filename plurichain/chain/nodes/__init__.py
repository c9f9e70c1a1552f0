"""Talking to nodes: connections, deadlines, which node to ask, waiting for blocks."""
