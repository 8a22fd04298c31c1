"""Weight widths of the zoo's networks: one for all layers, or a mix."""

from itertools import cycle

ENDS = ("conv1", "linear")
END_BITS = 8
PATTERN = (4, 2, 6, 4, 8, 2)


class Widths:
    """Hands out the bits of one layer after the other.

    bits: of every layer; None for the mix: 8 bits for the first and the last layer, as networks of
    few bits have them, and a fixed pattern of 2, 4, 6 and 8 bits between.
    """

    def __init__(self, bits: int | None):
        self._bits = bits
        self._pattern = cycle(PATTERN)

    @property
    def label(self) -> str:
        """For names: `8bit`, or `mix`."""
        return "mix" if self._bits is None else f"{self._bits}bit"

    def of(self, name: str) -> int:
        """Bits of the layer `name`, the next one in order."""
        if self._bits is not None:
            return self._bits
        return END_BITS if name in ENDS else next(self._pattern)
