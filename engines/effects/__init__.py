"""Effects that Trimpot computes itself, in float64, sample by sample: devices with a known truth.

They import nothing heavy; numba comes in with the first one that is made.
"""
