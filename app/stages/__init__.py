"""The five stages and the start screen."""
