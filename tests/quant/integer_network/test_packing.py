import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from quant.integer_network import (
    MAX_BITS,
    MIN_BITS,
    IntegerNetworkError,
    pack,
    unpack,
    weight_range,
)
from quant.integer_network.packing import packed_size

WIDTHS = range(MIN_BITS, MAX_BITS + 1)


@st.composite
def weights(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    bits = draw(st.sampled_from(WIDTHS))
    low, high = weight_range(bits)
    shape = draw(st_numpy.array_shapes(min_dims=1, max_dims=4, max_side=7))
    elements = st.integers(low, high)
    return draw(st_numpy.arrays(np.int8, shape, elements=elements)), bits


@given(weights())
def test_unpack_inverts_pack(case: tuple[np.ndarray, int]):
    weight, bits = case
    packed = pack(weight, bits)
    assert packed.dtype == np.uint8
    assert packed.shape == (packed_size(weight.size, bits),)
    restored = unpack(packed, bits, weight.shape)
    assert restored.dtype == np.int8
    np.testing.assert_array_equal(restored, weight)


@given(weights())
def test_the_stream_is_one_little_endian_number(case: tuple[np.ndarray, int]):
    weight, bits = case
    number = sum((int(w) % (1 << bits)) << (i * bits) for i, w in enumerate(weight.flat))
    expected = number.to_bytes(packed_size(weight.size, bits), "little")
    assert pack(weight, bits).tobytes() == expected


@pytest.mark.parametrize("bits", WIDTHS)
def test_every_code_of_a_width_round_trips(bits: int):
    low, high = weight_range(bits)
    weight = np.arange(low, high + 1).astype(np.int8)
    np.testing.assert_array_equal(unpack(pack(weight, bits), bits, weight.shape), weight)


def test_a_transposed_array_packs_in_its_own_c_order():
    weight = np.arange(-3, 3, dtype=np.int8).reshape(2, 3)
    np.testing.assert_array_equal(pack(weight.T, 4), pack(np.ascontiguousarray(weight.T), 4))


@pytest.mark.parametrize(
    ("value", "bits", "message"),
    [
        (2, 2, r"weights span 0\.\.2, outside -2\.\.1 of 2 bits: quantize them"),
        (-65, 7, r"weights span -65\.\.0, outside -64\.\.63 of 7 bits: quantize them"),
    ],
)
def test_a_weight_past_its_width_is_refused(value: int, bits: int, message: str):
    with pytest.raises(IntegerNetworkError, match=message):
        pack(np.array([0, value], dtype=np.int8), bits)


@pytest.mark.parametrize("bits", [1, 9, 4.0, True])
def test_bits_outside_the_format_are_refused(bits: int):
    message = rf"^bits is {bits!r}, must be an integer in 2\.\.8"
    with pytest.raises(IntegerNetworkError, match=message):
        pack(np.zeros(4, dtype=np.int8), bits)
    with pytest.raises(IntegerNetworkError, match=message):
        unpack(np.zeros(4, dtype=np.uint8), bits, (4,))


@pytest.mark.parametrize(
    "stream", [np.zeros(1, np.uint8), np.zeros(3, np.uint8), np.zeros(2, np.int8)]
)
def test_a_stream_of_another_size_or_type_is_refused(stream: np.ndarray):
    with pytest.raises(
        IntegerNetworkError, match=r"^3 weights of 5 bits need uint8\[2\], the file"
    ):
        unpack(stream, 5, (3,))


def test_bits_past_the_last_weight_must_be_zero():
    with pytest.raises(IntegerNetworkError, match=r"bits after the last of 3 weights are not zero"):
        unpack(np.array([0, 0x80], dtype=np.uint8), 5, (3,))
