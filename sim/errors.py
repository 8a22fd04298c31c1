"""Errors of the simulation room."""


class SimulationError(RuntimeError):
    """A simulator is missing, failed, or ran nothing; the message names it and its log."""
