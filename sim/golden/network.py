"""A whole integer network on images of codes, in numpy integers."""

import numpy as np
from numpy.typing import NDArray

from quant.integer_network import IntegerNetwork, MacLayer
from quant.progress import Progress
from sim.golden.accumulators import mac_accumulators
from sim.golden.errors import GoldenError
from sim.golden.layers import run_layer

BATCH = 32  # keeps a batch's intermediate arrays within tens of megabytes


def run(network: IntegerNetwork, images: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
    """Codes of every tensor, by name, for all `images` at once: uint8[N, *tensor shape].

    `images` are codes of the network's input, uint8[N, *input shape]. Raises GoldenError for
    images of another dtype or shape and IntegerNetworkError for an invalid network.
    """
    network.validate()
    _check(network, network.input, images)
    codes = {network.input: images}
    for layer in network.layers:
        inputs = [codes[name] for name in layer.inputs]
        codes[layer.output] = run_layer(
            layer, inputs, [network.tensors[name] for name in layer.inputs]
        )
    return codes


def output_codes(
    network: IntegerNetwork,
    images: NDArray[np.uint8],
    *,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> NDArray[np.uint8]:
    """Codes of the network's output alone, uint8[N, *output shape], `batch` images at a time.

    `progress` is called with ("golden", images done, images in all). Errors as for `run`.
    """
    network.validate()
    _check(network, network.input, images)
    outputs = []
    for start in range(0, len(images), batch):
        outputs.append(run(network, images[start : start + batch])[network.output])
        if progress is not None:
            progress("golden", min(start + batch, len(images)), len(images))
    return np.concatenate(outputs)


def classify(
    network: IntegerNetwork,
    images: NDArray[np.uint8],
    *,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> NDArray[np.int64]:
    """Class of each image, int64[N]: the first index of the output's largest code.

    Arguments and errors as for `output_codes`.
    """
    outputs = output_codes(network, images, batch=batch, progress=progress)
    return outputs.reshape(len(outputs), -1).argmax(axis=1)


def accumulators(
    network: IntegerNetwork, layer: MacLayer, codes: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """Accumulators of `layer` of `network` for its input `codes`: int32[N, *output shape].

    `codes` are uint8[N, *shape of the layer's input tensor]. Errors as for `run`.
    """
    network.validate()
    _check(network, layer.input, codes)
    return mac_accumulators(layer, codes, network.tensors[layer.input].zero_point)


def _check(network: IntegerNetwork, name: str, codes: NDArray[np.uint8]) -> None:
    shape = network.tensors[name].shape
    if codes.dtype != np.uint8 or codes.ndim == 0 or codes.shape[1:] != shape or not len(codes):
        raise GoldenError(
            f"tensor {name!r} of network {network.name!r} takes "
            f"uint8[N, {', '.join(map(str, shape))}] with N of at least 1, got "
            f"{codes.dtype}[{', '.join(map(str, codes.shape))}]: "
            "quantize the images to codes of that shape"
        )
