"""The window, the command line and the processes behind them (Qt)."""
