"""Errors of the compiler."""


class CompileError(ValueError):
    """A network does not fit the hardware; the message names the layer and the numbers."""
