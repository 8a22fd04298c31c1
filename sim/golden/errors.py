"""The error of the golden model."""


class GoldenError(ValueError):
    """The golden model was given codes it cannot take: the message names what they must be."""
