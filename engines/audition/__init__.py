"""The audio engine: plays files through models by sounddevice."""
