"""Is money missing? What the tracker knows of packets, held against what banks show."""
