"""Reading and writing audio files, checked and bounded."""
