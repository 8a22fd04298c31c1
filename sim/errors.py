"""Errors of the simulation room."""


class StallError(ValueError):
    """A pattern of stalls that no stream can have; the message names the stream."""


class CostTableError(ValueError):
    """Networks that are not one network at several widths; the message names what differs."""


class SimulationError(RuntimeError):
    """A simulator is missing, failed, or ran nothing; the message names it and its log."""
