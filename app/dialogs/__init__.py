"""Dialogs: none of them modal but questions that lose data."""
