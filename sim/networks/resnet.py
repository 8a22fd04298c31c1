"""Residual networks for 32x32 images of ten classes: MLPerf Tiny's ResNet-8 and CIFAR's ResNet-20.

Strided 3x3 convolutions are padded by one on every side, because the integer network knows
symmetric padding only: where the original pads by 0 and 1, shapes and counts are the same.
"""

import numpy as np

from quant.integer_network import IntegerNetwork
from sim.networks.builder import NetworkBuilder
from sim.networks.widths import Widths

IMAGE = (3, 32, 32)
STAGES = (16, 32, 64)
CLASSES = 10
IDENTITY_BITS = 2


def resnet8(bits: int | None, seed: int) -> IntegerNetwork:
    """One block a stage; the shortcuts between stages are 1x1 convolutions."""
    return _resnet("resnet8", 1, bits, seed)


def resnet20(bits: int | None, seed: int) -> IntegerNetwork:
    """Three blocks a stage; the shortcuts between stages subsample and pad with zero channels.

    On the engine that is a 1x1 convolution with weights of one, at 2 bits whatever the others have.
    """
    return _resnet("resnet20", 3, bits, seed)


def _resnet(name: str, blocks: int, bits: int | None, seed: int) -> IntegerNetwork:
    build, widths = NetworkBuilder(np.random.default_rng(seed), IMAGE), Widths(bits)
    build.conv("conv1", "image", STAGES[0], 3, widths.of("conv1"), relu=True, maximum=255)
    source = "conv1"
    for stage, channels in enumerate(STAGES, start=1):
        for block in range(1, blocks + 1):
            place = f"stage{stage}_block{block}"
            source = _block(build, widths, place, source, channels, projected=blocks == 1)
    build.average_pool("average_pool", source)
    build.linear("linear", "average_pool", CLASSES, widths.of("linear"))
    return build.network(f"{name}_{widths.label}", made_by="sim.networks")


def _block(
    build: NetworkBuilder,
    widths: Widths,
    place: str,
    source: str,
    channels: int,
    *,
    projected: bool,
) -> str:
    """Two convolutions and the shortcut around them; returns the name of the sum."""
    first, second, shortcut = (f"{place}_{part}" for part in ("conv1", "conv2", "shortcut"))
    narrower = build.shape(source)[0] < channels
    stride = (2, 2) if narrower else (1, 1)
    bits = widths.of(first)
    build.conv(first, source, channels, 3, bits, stride=stride, relu=True, maximum=255)
    if not narrower:
        shortcut = source
    elif projected:
        bits = widths.of(shortcut)
        build.conv(shortcut, source, channels, 1, bits, stride=stride, padding=(0, 0))
    else:
        build.subsample(shortcut, source, channels, IDENTITY_BITS)
    build.conv(second, first, channels, 3, widths.of(second))
    build.add(f"{place}_add", second, shortcut, relu=True)
    return f"{place}_add"
