"""Networks of the field with random weights: their shapes are real, their codes are spread out."""

from collections.abc import Callable

from quant.integer_network import IntegerNetwork
from sim.networks.depthwise import ds_cnn, mobilenet_v1_025
from sim.networks.resnet import resnet8, resnet20

SEED = 1

NETWORKS: dict[str, Callable[[int | None, int], IntegerNetwork]] = {
    "resnet8": resnet8,
    "resnet20": resnet20,
    "ds_cnn": ds_cnn,
    "mobilenet_v1_025": mobilenet_v1_025,
}


def build(name: str, bits: int | None, seed: int = SEED) -> IntegerNetwork:
    """The network `name` of `NETWORKS` at `bits` per weight, None for a mix; same for one seed."""
    return NETWORKS[name](bits, seed)
