"""Small random integer networks that use everything the format offers, the same for one seed."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quant.integer_network import MAX_BITS, MIN_BITS, IntegerNetwork
from quant.integer_network.layers import Shape
from sim.networks.builder import NetworkBuilder

WIDTHS = tuple(range(MIN_BITS, MAX_BITS + 1))


def random_network(
    seed: int,
    *,
    image: Shape = (3, 9, 8),
    channels: int = 6,
    classes: int = 10,
    bits: int | None = None,
    depthwise: bool = False,
) -> IntegerNetwork:
    """A valid residual network with seven MAC layers, one at each width 2..8 in shuffled order.

    It has 3x3 and 1x1 convolutions, strides 1 and 2 (once 2x1), padding with asymmetric
    zero-points, an addition, a max pool, an average pool, and a linear layer on a flattened map.
    `bits` gives every layer that width instead; `depthwise` makes conv4 depthwise.
    """
    rng = np.random.default_rng(seed)
    widths = [bits] * len(WIDTHS) if bits else [int(b) for b in rng.permutation(WIDTHS)]
    build = NetworkBuilder(rng, image)
    build.conv("conv1", "image", channels, 3, widths[0], relu=True)
    build.conv("conv2", "conv1", channels + 2, 3, widths[1], stride=(2, 2))
    build.conv("conv3", "conv1", channels + 2, 1, widths[2], stride=(2, 2), padding=(0, 0))
    build.add("add", "conv2", "conv3")
    groups = channels + 2 if depthwise else 1
    build.conv("conv4", "add", channels + 2, 3, widths[3], groups=groups, relu=True)
    build.max_pool("max_pool", "conv4")
    build.conv("conv5", "max_pool", channels + 3, 1, widths[4], padding=(0, 0))
    build.conv("conv6", "conv5", channels + 1, 3, widths[5], stride=(2, 1))
    build.average_pool("average_pool", "conv6", rows=2)
    build.linear("linear", "average_pool", classes, widths[6])
    return build.network(f"random-{seed}", made_by="tests")


def random_images(network: IntegerNetwork, count: int, seed: int) -> NDArray[np.uint8]:
    """`count` uniform random images of codes for `network`: uint8[count, *input shape]."""
    shape = network.tensors[network.input].shape
    return np.random.default_rng(seed).integers(0, 256, size=(count, *shape), dtype=np.uint8)


def with_layer(network: IntegerNetwork, name: str, /, **changes: Any) -> IntegerNetwork:
    """`network` with fields of the layer called `name` changed, valid or not."""
    layers = [
        replace(layer, **changes) if layer.name == name else layer for layer in network.layers
    ]
    return replace(network, layers=tuple(layers))


def with_tensor(network: IntegerNetwork, name: str, /, **changes: Any) -> IntegerNetwork:
    """`network` with fields of the tensor called `name` changed, valid or not."""
    tensors = network.tensors | {name: replace(network.tensors[name], **changes)}
    return replace(network, tensors=tensors)
