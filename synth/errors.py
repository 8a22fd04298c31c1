"""What synthesis refuses (bad input) and how its tools fail."""


class SynthesisInputError(ValueError):
    """A design, option or file that cannot be synthesised; the message is one line for the user."""


class LibertyError(SynthesisInputError):
    """A standard-cell library that is missing, damaged or lacks a cell that synthesis needs."""


class SynthesisToolError(RuntimeError):
    """A tool failed, or its result lacks a figure; the message is one line naming the log."""


class DoesNotFitError(SynthesisInputError):
    """A design needs more of an FPGA than it has; the message says of what, and how much."""
