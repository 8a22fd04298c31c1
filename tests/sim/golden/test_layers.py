import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.integer_network import Add, AveragePool, MaxPool, Requantization
from sim.golden.layers import add, average_pool, max_pool, requantize_channels
from tests.helpers import reference

codes = st.integers(0, 255)


@given(
    pairs=st.lists(st.tuples(codes, codes), min_size=1, max_size=20),
    zero_points=st.tuples(codes, codes),
    multipliers=st.tuples(st.integers(0, 65535), st.integers(0, 65535)),
    shift=st.integers(1, 47),
    zero_point=codes,
    limits=st.tuples(codes, codes).map(sorted),
)
def test_add_is_exact_rational_arithmetic(
    pairs: list[tuple[int, int]],
    zero_points: tuple[int, int],
    multipliers: tuple[int, int],
    shift: int,
    zero_point: int,
    limits: list[int],
):
    layer = Add(
        name="add",
        inputs=("a", "b"),
        output="c",
        multiplier=np.array(multipliers, np.uint16),
        shift=shift,
        zero_point=zero_point,
        minimum=limits[0],
        maximum=limits[1],
    )
    one, other = np.array(pairs, np.uint8).T.reshape(2, 1, -1)
    result = add(layer, one, other, zero_points)
    assert result.dtype == np.uint8
    assert result[0].tolist() == [reference.add(layer, a, b, zero_points) for a, b in pairs]


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def pools(draw: st.DrawFn) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int], np.ndarray]:
    """A kernel, a stride, a padding below the kernel, and codes at least as large as the kernel."""
    kernel, stride, extra = draw(pairs), draw(pairs), draw(pairs)
    padding = (draw(st.integers(0, kernel[0] - 1)), draw(st.integers(0, kernel[1] - 1)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (2, 3, kernel[0] + extra[0], kernel[1] + extra[1])
    return kernel, stride, padding, rng.integers(0, 256, shape, dtype=np.uint8)


@given(pools())
def test_max_pool_is_the_maximum_of_the_pixels_inside(
    case: tuple[tuple[int, int], tuple[int, int], tuple[int, int], np.ndarray],
):
    kernel, stride, padding, images = case
    layer = MaxPool(
        name="pool", input="in", output="out", kernel=kernel, stride=stride, padding=padding
    )
    result = max_pool(layer, images)
    assert result.dtype == np.uint8
    for image, pooled in zip(images.tolist(), result.tolist(), strict=True):
        for plane, rows in zip(image, pooled, strict=True):
            windows = reference.pool_windows(layer, plane)
            assert rows == [[max(window) for window in row] for row in windows]


@given(pools(), codes, st.integers(0, 65535), st.integers(1, 20))
def test_average_pool_is_the_rounded_mean_of_each_window(
    case: tuple[tuple[int, int], tuple[int, int], tuple[int, int], np.ndarray],
    zero_point: int,
    multiplier: int,
    shift: int,
):
    kernel, stride, _, images = case
    layer = AveragePool(
        name="pool",
        input="in",
        output="out",
        kernel=kernel,
        stride=stride,
        bias=-kernel[0] * kernel[1] * zero_point,
        requantization=Requantization(
            multiplier=np.array([multiplier], np.uint16),
            shift=np.array([shift], np.uint8),
            zero_point=90,
            minimum=10,
            maximum=250,
        ),
    )
    result = average_pool(layer, images)
    assert result.dtype == np.uint8
    for image, pooled in zip(images.tolist(), result.tolist(), strict=True):
        for plane, rows in zip(image, pooled, strict=True):
            assert rows == [
                [
                    reference.requantize(sum(w) + layer.bias, multiplier, shift, 90, 10, 250)
                    for w in row
                ]
                for row in reference.pool_windows(layer, plane)
            ]


def test_a_global_average_of_one_code_is_that_code():
    size = 7
    layer = AveragePool(
        name="pool",
        input="in",
        output="out",
        kernel=(size, size),
        stride=(1, 1),
        bias=-size * size * 30,
        requantization=Requantization(
            multiplier=np.array([round(2**21 / size**2)], np.uint16),
            shift=np.array([21], np.uint8),
            zero_point=30,
            minimum=0,
            maximum=255,
        ),
    )
    images = np.arange(256, dtype=np.uint8)[:, None, None, None]
    images = np.broadcast_to(images, (256, 1, size, size))
    assert average_pool(layer, images).reshape(-1).tolist() == list(range(256))


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 3, 4, 5)])
def test_constants_follow_the_channel_axis(shape: tuple[int, ...]):
    constants = Requantization(
        multiplier=np.array([32_768, 40_000, 65_535], np.uint16),
        shift=np.array([15, 17, 20], np.uint8),
        zero_point=128,
        minimum=3,
        maximum=240,
    )
    sums = np.random.default_rng(0).integers(-500, 500, shape, dtype=np.int32)
    for index, code in np.ndenumerate(requantize_channels(sums, constants)):
        channel = index[1]
        multiplier, shift = int(constants.multiplier[channel]), int(constants.shift[channel])
        assert code == reference.requantize(int(sums[index]), multiplier, shift, 128, 3, 240)
