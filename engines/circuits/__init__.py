"""Circuits, simulators and their raw files."""
