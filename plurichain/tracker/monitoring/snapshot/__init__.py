"""What the tracker's database says at one moment: every figure, and how fresh it is."""
