"""What bidders and auctioneers do: seal, commit, reveal, create, settle, watch, check.

Services report progress through a callback and never print. Each fetches what it needs
from the chain, refuses what cannot succeed before anything is sent, and leaves a state
from which the same call can be made again.
"""
