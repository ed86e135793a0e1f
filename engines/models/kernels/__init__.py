"""What the streaming kernels of all architectures are built of (its modules import numba)."""
