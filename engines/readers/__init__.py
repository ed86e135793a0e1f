"""Independent readers of exported model files: float64 numpy, nothing shared with the writers."""
