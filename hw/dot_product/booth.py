"""Radix-4 Booth digits (Booth 1951, MacSorley 1961): recoding at the edge, products in the tree.

A digit is one of -2..2, given by two bits of a weight and the bit below them. Its product with an
activation is 0, x or 2x, inverted where the digit is negative: 511 - |d| x in `PRODUCT_BITS` bits,
511 too much. How much that is in all lanes together depends on the weights alone; the column edge
counts it, once for all rows, and the tree takes one addend for it instead of two bits per product.
"""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.utils import bits_for

from hw.compressor import CompressorTree
from hw.dot_product.interface import ACTIVATION_BITS

PRODUCT_BITS = ACTIVATION_BITS + 1

# One recoded digit: its magnitude is one, two or (neither set) zero; zero is never negative.
Digit = data.StructLayout({"negative": 1, "one": 1, "two": 1})


def recode(m: Module, bits: Value, digit: data.View) -> None:
    """Recode three bits of a weight: the one below the digit, and the digit's two."""
    low, middle, high = bits[0], bits[1], bits[2]
    m.d.comb += [
        digit.one.eq(low ^ middle),
        digit.two.eq(Mux(high, ~(middle | low), middle & low)),
        digit.negative.eq(is_negative(bits)),
    ]


def is_negative(bits: Value) -> Value:
    """Whether the digit of these three bits is negative."""
    return bits[2] & ~(bits[1] & bits[0])


def product(m: Module, name: str, activation: Value, digit: data.View) -> Value:
    """Unsigned `PRODUCT_BITS` bits: digit * activation, plus 511 where the digit is negative."""
    result = Signal(PRODUCT_BITS, name=name)
    once = activation & digit.one.replicate(ACTIVATION_BITS)
    twice = Cat(0, activation & digit.two.replicate(ACTIVATION_BITS))
    m.d.comb += result.eq((once | twice) ^ digit.negative.replicate(PRODUCT_BITS))
    return result


def surplus(m: Module, negative: Sequence[tuple[Value, int]], width: int) -> Value:
    """What `product` adds too much, negated, modulo 2^width: -511 times the weighted count.

    negative: whether a digit is negative, and its place in bits.
    """
    largest = sum(1 << place for _, place in negative)
    tree = CompressorTree(m, bits_for(largest))
    for value, place in negative:
        tree.add(value, offset=place)
    count = Signal(bits_for(largest), name="count")
    upper = Signal(width - PRODUCT_BITS, name="upper")
    inverted = ~Cat(count, Const(0, width))[: len(upper)]
    m.d.comb += [count.eq(tree.total()), upper.eq(inverted + count[PRODUCT_BITS:] + 1)]
    lower = Cat(count, Const(0, PRODUCT_BITS))[:PRODUCT_BITS]
    return Cat(lower, upper)
