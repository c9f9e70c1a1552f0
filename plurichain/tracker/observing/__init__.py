"""What is asked of chains beside their blocks, and kept apart from what blocks told."""
