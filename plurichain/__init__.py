"""Sealed-bid energy auctions on Cosmos SDK chains.

Importing the package does nothing: no I/O, no logging set-up, no heavy dependency. What a
program needs is imported from the layer that owns it, for example `plurichain.clearing`.
"""

import logging

__all__ = ["__version__"]

__version__ = "0.1.0"

# A library must not write to stderr for a program that has not configured logging.
logging.getLogger(__name__).addHandler(logging.NullHandler())
