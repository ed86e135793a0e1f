"""Architectures: one module each, without torch or numba until asked."""
