"""What a transaction is: its messages, fees and signatures, and what it ends as."""
