"""Figures and spectra of audio, for checks and comparison."""
