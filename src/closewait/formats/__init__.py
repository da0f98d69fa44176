"""What bytes and text mean: one file for each format, and the tuple of them all."""
