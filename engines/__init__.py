"""Sources, circuits, models, training, audition, exporters: everything heavy, without Qt."""
