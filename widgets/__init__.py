"""Qt views that take arrays and values and emit signals; they know nothing of projects."""
