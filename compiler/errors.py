"""Errors of the compiler."""


class CompileError(ValueError):
    """A layer cannot run on the given array; the message names the layer and the numbers."""
