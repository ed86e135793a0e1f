"""Where captures come from; one module a source."""
