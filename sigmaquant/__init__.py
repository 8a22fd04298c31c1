"""The front door: command line, configuration, run directory, report."""
