"""The command line: the same work as the window, on the same project folders."""
