"""The allocation that NVIDIA's Model Optimizer finds: its `auto_quantize` on the float network.

Its score of a layer at a width is the squared change of the layer's output weighed by the squared
gradient there; a linear program picks the widths. It knows no cost but the size of the weights, and
quantizes them by their largest magnitude, per output channel.
"""

import copy
import importlib
import importlib.metadata
import io
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from quant.allocator.assign import check_reachable
from quant.allocator.costs import Budget
from quant.allocator.space import SearchSpace
from quant.errors import QuantError, SettingsError
from quant.integer_network import MAX_BITS
from quant.sensitivity import Context

_BATCH = 64
_BITS_PER_BYTE = 8
# Scores go with the square of the loss. A trained network's are some 1e-6, below the absolute
# tolerance of modelopt's solver, which would then leave a part of the budget unused.
_LOSS_SCALE = 1000.0


def auto_quantize(
    network: nn.Module, context: Context, space: SearchSpace, size: Budget
) -> dict[str, int]:
    """Return the bits of every layer that modelopt's gradient method chooses within `size`.

    `network` is the float network of `context`'s model, which is copied; `size` a budget on
    `weight_bytes`. QuantError where the package is missing or finds nothing, SettingsError for tied
    layers, which it cannot have, and for a budget in another unit or out of reach.
    """
    if any(len(group) > 1 for group in space.groups):
        raise SettingsError("modelopt cannot tie layers: leave `tied` empty for this rival")
    if size.cost.unit != "bytes":
        raise SettingsError(f"modelopt takes a budget in bytes of weights, not {size.cost.unit}")
    check_reachable(space, [size])
    modules = {layer.name: layer.module for layer in context.model.graph.mac_layers}
    state = _search(
        network,
        context.batches(_BATCH),
        effective_bits=size.limit * _BITS_PER_BYTE / sum(space.counts.values()),
        widths={modules[layer]: space.choices((layer,)) for layer in space.counts},
    )
    chosen = {key.removesuffix(".quant_recipe"): r for key, r in state["best"]["recipe"].items()}
    bits = {layer: int(chosen[modules[layer]].num_bits) for layer in space.counts}
    if not size.met(bits):
        raise QuantError(
            f"modelopt chose {size.cost.figure(size.cost.of(bits))} of weights, "
            f"more than the {size.cost.figure(size.limit)} allowed"
        )
    return bits


def _search(
    network: nn.Module,
    batches: list[tuple[Tensor, Tensor]],
    *,
    effective_bits: float,
    widths: Mapping[str, tuple[int, ...]],
) -> dict[str, Any]:
    """Return the state of the search, without what it prints and warns of."""
    spaces = [
        {
            "module_name_patterns": [name],
            "quantization_formats": [_weights_only(width) for width in choices],
            "allow_no_quant": False,
        }
        for name, choices in widths.items()
    ]
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        _, state = _package().auto_quantize(
            copy.deepcopy(network).eval(),
            constraints={"effective_bits": effective_bits},
            quantization_formats=[_weights_only(MAX_BITS)],  # for other layers: there are none
            module_search_spaces=spaces,
            data_loader=batches,
            forward_step=lambda model, batch: model(batch[0]),
            loss_func=lambda logits, batch: _LOSS_SCALE * F.cross_entropy(logits, batch[1]),
            num_calib_steps=1,  # the largest weight needs no data
            num_score_steps=len(batches),
        )
    return state


def version() -> str:
    """Return the version of the package; QuantError where it is missing."""
    _package()
    return importlib.metadata.version("nvidia-modelopt")


def _package() -> Any:
    try:
        return importlib.import_module("modelopt.torch.quantization")
    except ImportError as error:
        raise QuantError(
            f"modelopt is not installed ({error}); "
            "install the extra: pip install sigmaquant[rivals]"
        ) from error


def _weights_only(width: int) -> dict[str, Any]:
    """Return the format of signed integers of `width` bits with a scale per output channel."""
    return {
        "quant_cfg": [
            {"quantizer_name": "*", "enable": False},
            {"quantizer_name": "*weight_quantizer", "cfg": {"num_bits": width, "axis": 0}},
        ],
        "algorithm": "max",
    }
