"""The project on disk: manifest, captures, runs, migrations, errors (no Qt, no torch)."""
