"""Layer by layer: what the fake-quantized network and the integer one make of the same codes."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from quant.integer_network import IntegerNetwork, Tensor
    from quant.model import QuantizedModel


def largest_differences(
    model: "QuantizedModel", network: "IntegerNetwork", images: NDArray[np.float32]
) -> dict[str, int]:
    """The largest difference of output codes by layer, over `images` float32[N, C, H, W].

    Both get the golden model's codes as inputs of every layer, so that no difference hides another.
    """
    import torch

    from quant.input_codes import input_codes
    from sim import golden

    tensors = golden.run(network, input_codes(network, images))
    differences = {}
    for layer in network.layers:
        inputs = [_real(tensors[name], network.tensors[name]) for name in layer.inputs]
        with torch.no_grad():
            outputs = model.unit(layer.name)(*inputs)
        simulated = _codes(outputs, network.tensors[layer.output])
        integer = tensors[layer.output].astype(np.int64)
        differences[layer.name] = int(np.abs(simulated - integer).max())
    return differences


def _real(codes: NDArray[np.uint8], tensor: "Tensor") -> "torch.Tensor":
    """The float32 values that the codes stand for, as the fake quantizer computes them."""
    import torch

    centred = torch.from_numpy(codes.astype(np.float32)) - tensor.zero_point
    return centred * float(np.float32(tensor.scale))


def _codes(values: "torch.Tensor", tensor: "Tensor") -> NDArray[np.int64]:
    """The codes int64[N, ...] of values that lie on the tensor's grid."""
    codes = np.rint(values.double().numpy() / tensor.scale) + tensor.zero_point
    return codes.astype(np.int64)
