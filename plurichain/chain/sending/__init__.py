"""From a draft to an outcome: gas, sequences, sending, replacing, and watching blocks for it."""
