"""Networks from outside: a Python file, an export of torch, or one that ships with its code."""

from pathlib import Path

from torch import nn

from quant.checkpoint import load_state
from quant.errors import NetworkFileError
from quant.imports.exported import load_exported
from quant.imports.module_file import load_module
from quant.networks import digits, resnet20

__all__ = ["load_exported", "load_module", "load_network"]

_UNDERSTOOD = (
    "digits, resnet20 (which needs weights), an export (net.pt2), "
    "a class or function of a Python file (net.py:Net)"
)


def load_network(spec: str, weights: Path | None = None) -> nn.Module:
    """Return the network that `spec` names, in eval mode.

    `spec` is 'digits', 'resnet20', the path of a `.pt2` file, or `path/to/net.py:Name`, whose code
    is run. `weights` is a checkpoint that replaces the network's own weights. Raises
    NetworkFileError, UnsupportedLayerError or CheckpointError, each naming the file.
    """
    if spec == "resnet20":
        if weights is None:
            raise NetworkFileError("resnet20: ships without weights; give a checkpoint of it")
        return resnet20.load(weights)
    if spec.endswith(".py") or ".py:" in spec:
        return load_module(spec, weights)
    if spec == "digits":
        network = digits.load_pretrained()
    elif spec.endswith(".pt2"):
        network = load_exported(Path(spec))
    else:
        raise NetworkFileError(f"'{spec}' names no network; understood are {_UNDERSTOOD}")
    if weights is not None:
        load_state(network, weights)
    return network
