"""Whole stories played on a local chain, out of the harness, the services and real processes.

A scenario reports scenes through a callback and never prints; the command line shows them.
"""
