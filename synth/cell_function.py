"""Boolean functions of library cells: liberty's expressions as truth tables.

A truth table over n inputs is an integer of 2**n bits: bit i holds the value at which input k
equals bit k of i.
"""

import re
from collections.abc import Mapping, Sequence

from synth.errors import LibertyError

_TOKEN = re.compile(r"[A-Za-z_][\w\[\].]*|[01]|[()'!*&^+|]")
_AND_STARTS = ("!", "(", "0", "1")

XOR3 = 0b10010110
MAJORITY3 = 0b11101000
XOR2 = 0b0110
AND2 = 0b1000
NAND2 = 0b0111
NOT = 0b01
IDENTITY = 0b10


def truth_table(function: str, inputs: Sequence[str]) -> int:
    """Truth table of a liberty `function` over `inputs`; the first one is the index's lowest bit.

    Raises LibertyError for a name that is no input or a text that is no expression.
    """
    size = 1 << len(inputs)
    columns = {
        name: sum(1 << row for row in range(size) if row >> index & 1)
        for index, name in enumerate(inputs)
    }
    return evaluate(function, columns, (1 << size) - 1)


def evaluate(function: str, values: Mapping[str, int], ones: int) -> int:
    """Value of `function` at all bit positions of `ones`; `values` holds one word per input."""
    parser = _Parser(function, values, ones)
    result = parser.sum_()
    parser.expect_end()
    return result


class _Parser:
    """Recursive descent; loose to tight: + |, then ^, then * & and juxtaposition, then ! and '."""

    def __init__(self, text: str, values: Mapping[str, int], ones: int):
        self._text = text
        self._tokens = _TOKEN.findall(text)
        self._values = values
        self._ones = ones
        if "".join(self._tokens) != re.sub(r"\s+", "", text):
            raise self._error()

    def sum_(self) -> int:
        value = self._exclusive()
        while self._take("+", "|"):
            value |= self._exclusive()
        return value

    def expect_end(self) -> None:
        if self._tokens:
            raise self._error()

    def _exclusive(self) -> int:
        value = self._product()
        while self._take("^"):
            value ^= self._product()
        return value

    def _product(self) -> int:
        value = self._factor()
        while self._take("*", "&") or self._starts_factor():
            value &= self._factor()
        return value

    def _factor(self) -> int:
        if self._take("!"):
            return self._factor() ^ self._ones
        value = self._atom()
        while self._take("'"):
            value ^= self._ones
        return value

    def _atom(self) -> int:
        if self._take("("):
            value = self.sum_()
            if not self._take(")"):
                raise self._error()
            return value
        token = self._tokens.pop(0) if self._tokens else ""
        if token in ("0", "1"):
            return self._ones * int(token)
        if token not in self._values:
            raise self._error()
        return self._values[token]

    def _starts_factor(self) -> bool:
        head = self._tokens[0] if self._tokens else ")"
        return head in _AND_STARTS or head[0].isalpha() or head[0] == "_"

    def _take(self, *wanted: str) -> bool:
        if self._tokens and self._tokens[0] in wanted:
            self._tokens.pop(0)
            return True
        return False

    def _error(self) -> LibertyError:
        names = ", ".join(self._values) or "none"
        return LibertyError(f"cannot read the cell function {self._text!r} over the pins: {names}")
