"""Services of meter owners, issuing bodies and registrars: from a reading to a retired credit.

They report progress through a callback and never print.
"""
