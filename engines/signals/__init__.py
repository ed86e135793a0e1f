"""Built-in dry signals: synthesised playing, sweeps and noise."""
