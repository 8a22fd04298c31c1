"""Carry-save addition of many addends (Dadda, "Some schemes for parallel multipliers", 1965).

Written bit by bit so that synthesis meets plain full adders and maps them onto the library's cell.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Signal, Value


class CompressorTree:
    """Adds bits of given binary weights inside module `m` with full and half adders.

    Collect addends with `add`, then `total` gives their sum modulo 2**width.
    """

    def __init__(self, m: Module, width: int):
        self._m = m
        self._columns: list[list[Value]] = [[] for _ in range(width)]

    def add(self, value: Value, offset: int = 0) -> None:
        """Add an unsigned value shifted left by `offset`; bits at or above `width` are dropped."""
        for index, column in enumerate(self._columns[offset : offset + len(value)]):
            column.append(value[index])

    def add_constant(self, value: int) -> None:
        """Add a non-negative constant; only its ones cost anything."""
        for index, column in enumerate(self._columns):
            if value >> index & 1:
                column.append(Const(1, 1))

    def total(self) -> Value:
        """Unsigned sum of all addends, `width` bits: the tree and one carry-propagate adder."""
        rows = self.rows()
        return (rows[0] + rows[1])[: len(self._columns)]

    def rows(self) -> tuple[Value, Value]:
        """Two unsigned rows of `width` bits each, the sum in carry-save form: the tree alone."""
        height = max(len(column) for column in self._columns)
        for limit in reversed(_dadda_heights(height)):
            self._reduce(limit)
        low, high = (Cat(*(_bit(column, row) for column in self._columns)) for row in range(2))
        return low, high

    def _reduce(self, limit: int) -> None:
        """One Dadda stage: afterwards no column keeps more than `limit` bits."""
        carries: list[Value] = []
        for index, column in enumerate(self._columns):
            pending, done, next_carries = list(column), carries, []
            while (excess := len(pending) + len(done) - limit) > 0:
                takes = 3 if excess > 1 else 2
                total, carry = self._adder(*pending[:takes])
                pending = pending[takes:]
                done.append(total)
                next_carries.append(carry)
            self._columns[index] = pending + done
            carries = next_carries

    def _adder(self, a: Value, b: Value, c: Value | None = None) -> tuple[Value, Value]:
        """Half adder on two bits or full adder on three; returns (sum, carry)."""
        propagate, carry = Signal(name="p"), Signal(name="c")
        self._m.d.comb += propagate.eq(a ^ b)
        if c is None:
            self._m.d.comb += carry.eq(a & b)
            return propagate, carry
        total = Signal(name="s")
        self._m.d.comb += [total.eq(propagate ^ c), carry.eq((a & b) | (propagate & c))]
        return total, carry


def _dadda_heights(height: int) -> list[int]:
    """Stage limits 2, 3, 4, 6, 9, 13, ... below `height`."""
    heights = []
    limit = 2
    while limit < height:
        heights.append(limit)
        limit = limit * 3 // 2
    return heights


def _bit(column: Sequence[Value], row: int) -> Value:
    return column[row] if row < len(column) else Const(0, 1)
