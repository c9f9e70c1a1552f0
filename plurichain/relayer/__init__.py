"""What a relayer does: keep clients, open connections and channels, carry packets.

Services report progress through a callback and never print. They keep no state of their
own: what they need is on the chains, so that any of them can be ended at any point and
begun again, and somebody else's finishing of a step is no error.
"""
