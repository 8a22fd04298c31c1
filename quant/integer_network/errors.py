"""The error of the integer network's room."""


class IntegerNetworkError(ValueError):
    """A network, or its file, breaks the format: the message says what, where and what to do."""
