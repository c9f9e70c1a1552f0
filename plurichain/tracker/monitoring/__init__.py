"""What the tracker's database says at one moment, and how others are shown it.

A snapshot holds every figure with how fresh it is; an exporter gives the last snapshot to
Prometheus. Readers ask the database alone, so that no chain can keep them waiting.
"""
