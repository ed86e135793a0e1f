"""Independent readers of the field's model files."""
