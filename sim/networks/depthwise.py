"""MLPerf Tiny's depthwise separable networks: keyword spotting and visual wake words.

The integer network knows symmetric padding only: where the originals pad one side more than the
other (every stride of 2), padding is chosen that gives the same output shapes.
"""

import numpy as np

from quant.integer_network import IntegerNetwork
from sim.networks.builder import NetworkBuilder
from sim.networks.widths import Widths

KEYWORDS = 12
SPECTROGRAM = (1, 49, 10)
FILTERS = 64
PERSONS = 2
PHOTO = (3, 96, 96)
PHOTO_CALIBRATION_IMAGES = 4
# Output channels and stride of each pair of a depthwise and a pointwise convolution.
PAIRS = (
    *((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)),
    *((128, 1),) * 5,
    *((256, 2), (256, 1)),
)
RELU6_MAXIMUM = 240


def ds_cnn(bits: int | None, seed: int) -> IntegerNetwork:
    """DS-CNN: a 10x4 convolution, four separable ones on 25x5, average, linear."""
    build, widths = NetworkBuilder(np.random.default_rng(seed), SPECTROGRAM), Widths(bits)
    width = widths.of("conv1")
    build.conv("conv1", "image", FILTERS, (10, 4), width, stride=(2, 2), padding=(5, 1), relu=True)
    source = "conv1"
    for number in range(1, 5):
        source = _separable(build, widths, number, source, FILTERS, 1, 255)
    build.average_pool("average_pool", source)
    build.linear("linear", "average_pool", KEYWORDS, widths.of("linear"))
    return build.network(f"ds_cnn_{widths.label}", made_by="sim.networks")


def mobilenet_v1_025(bits: int | None, seed: int) -> IntegerNetwork:
    """MobileNetV1 of a quarter of the width, for 96x96 images."""
    rng, widths = np.random.default_rng(seed), Widths(bits)
    build = NetworkBuilder(rng, PHOTO, PHOTO_CALIBRATION_IMAGES)
    width = widths.of("conv1")
    build.conv("conv1", "image", 8, 3, width, stride=(2, 2), relu=True, maximum=RELU6_MAXIMUM)
    source = "conv1"
    for number, (channels, stride) in enumerate(PAIRS, start=1):
        source = _separable(build, widths, number, source, channels, stride, RELU6_MAXIMUM)
    build.average_pool("average_pool", source)
    build.linear("linear", "average_pool", PERSONS, widths.of("linear"))
    return build.network(f"mobilenet_v1_025_{widths.label}", made_by="sim.networks")


def _separable(
    build: NetworkBuilder,
    widths: Widths,
    number: int,
    source: str,
    channels: int,
    stride: int,
    maximum: int,
) -> str:
    """A depthwise 3x3 and a pointwise convolution; returns the name of the result."""
    depthwise, pointwise = f"depthwise{number}", f"pointwise{number}"
    inputs = build.shape(source)[0]
    build.conv(
        depthwise,
        source,
        inputs,
        3,
        widths.of(depthwise),
        stride=(stride, stride),
        groups=inputs,
        relu=True,
        maximum=maximum,
    )
    bits = widths.of(pointwise)
    build.conv(pointwise, depthwise, channels, 1, bits, padding=(0, 0), relu=True, maximum=maximum)
    return pointwise
