"""The front door's own errors, and which errors are told to the user in one line."""

ROOMS = ("hw", "quant", "compiler", "sim", "synth", "sigmaquant")


class ConfigurationError(ValueError):
    """A setting in the file or on the command line is wrong; the text names it and its source."""


class StoreError(RuntimeError):
    """A stored file cannot be used; the text names the file, the cause and what to do."""


class BusyError(RuntimeError):
    """Another run holds the build folder."""


class StepError(RuntimeError):
    """A step ended without a result."""


class ReadmeError(RuntimeError):
    """README.md and the records in benchmarks/ disagree."""


def is_expected(error: BaseException) -> bool:
    """Whether `error` is of a room's own class: a cause to name, not a bug to trace.

    Judged by where the class is defined, so that no room has to be imported (torch takes
    seconds) to tell a user's mistake from ours.
    """
    return isinstance(error, (ValueError, RuntimeError)) and any(
        cls.__module__.split(".")[0] in ROOMS for cls in type(error).__mro__
    )


def one_line(error: BaseException) -> str:
    """The error's text on one line."""
    return " ".join(str(error).split())
