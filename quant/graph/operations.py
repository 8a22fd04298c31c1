"""Recognition: what a traced node does, whether spelt as a module, a function or a method."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from quant.errors import UnsupportedLayerError
from quant.graph.capture import Capture, enclosing_module, source_line

MODULES: dict[type[nn.Module], str] = {
    nn.Conv2d: "conv",
    nn.Linear: "linear",
    nn.BatchNorm2d: "norm",
    nn.ReLU: "relu",
    nn.ReLU6: "relu6",
    nn.AvgPool2d: "average_pool",
    nn.AdaptiveAvgPool2d: "adaptive_average_pool",
    nn.MaxPool2d: "max_pool",
    nn.Flatten: "flatten",
    nn.Identity: "identity",
    nn.Dropout: "identity",
}
FUNCTIONS: dict[Callable[..., Any], str] = {
    F.relu: "relu",
    torch.relu: "relu",
    torch.relu_: "relu",
    F.relu6: "relu6",
    operator.add: "add",
    operator.iadd: "add",
    torch.add: "add",
    F.avg_pool2d: "average_pool",
    F.adaptive_avg_pool2d: "adaptive_average_pool",
    F.max_pool2d: "max_pool",
    torch.max_pool2d: "max_pool",
    torch.mean: "mean",
    torch.flatten: "flatten",
    torch.squeeze: "flatten",
    torch.reshape: "flatten",
    F.dropout: "identity",
    F.pad: "pad",
    operator.getitem: "subsample",
}
METHODS: dict[str, str] = {
    "relu": "relu",
    "relu_": "relu",
    "add": "add",
    "add_": "add",
    "mean": "mean",
    "flatten": "flatten",
    "view": "flatten",
    "reshape": "flatten",
    "squeeze": "flatten",
    "contiguous": "identity",
    "clone": "identity",
}
SUPPORTED = (
    "Conv2d, Linear, BatchNorm2d, ReLU, ReLU6, addition, AvgPool2d, AdaptiveAvgPool2d(1), "
    "mean over height and width, MaxPool2d, slices with steps, padding of channels, "
    "flatten/view/reshape, Dropout, Identity"
)
# The positional order of each function's options, after its input.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "average_pool": (
        "kernel_size",
        "stride",
        "padding",
        "ceil_mode",
        "count_include_pad",
        "divisor_override",
    ),
    "adaptive_average_pool": ("output_size",),
    "max_pool": ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    "mean": ("dim", "keepdim"),
    "pad": ("pad", "mode", "value"),
    "subsample": ("index",),
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A recognised node: its kind, the tensors it reads, its module or its options."""

    kind: str
    node: fx.Node
    name: str
    operands: tuple[fx.Node, ...]
    module: nn.Module | None
    options: dict[str, Any]

    def refuse(self, why: str) -> UnsupportedLayerError:
        """Return the error that names this layer, its source line and `why`."""
        return UnsupportedLayerError(f"layer '{self.name}': {why}{source_line(self.node)}")


def recognise(capture: Capture, node: fx.Node) -> Operation:
    """Return what `node` does; UnsupportedLayerError names the layer and its type otherwise."""
    module = None
    if node.op == "call_module":
        module = capture.module.get_submodule(str(node.target))
        kind, described = MODULES.get(type(module)), type(module).__name__
    elif node.op == "call_function":
        kind = FUNCTIONS.get(node.target) if callable(node.target) else None
        described = f"function {getattr(node.target, '__name__', node.target)}"
    elif node.op == "call_method":
        kind, described = METHODS.get(str(node.target)), f"tensor method {node.target}"
    else:
        kind, described = None, f"parameter {node.target}"
    name = str(node.target) if module is not None else _call_name(kind, node)
    if kind is None:
        raise UnsupportedLayerError(
            f"layer '{name}' is of type {described}, which is not supported{source_line(node)}; "
            f"supported: {SUPPORTED}"
        )
    operands = tuple(argument for argument in node.all_input_nodes if capture.is_tensor(argument))
    options = _module_options(kind, module) if module else _call_options(capture, kind, node)
    return Operation(
        kind=kind, node=node, name=name, operands=operands, module=module, options=options
    )


def _call_name(kind: str | None, node: fx.Node) -> str:
    path = enclosing_module(node)
    return f"{path}.{kind or node.name}" if path else kind or node.name


def _module_options(kind: str, module: nn.Module) -> dict[str, Any]:
    return {option: getattr(module, option, None) for option in _OPTIONS.get(kind, ())}


def _call_options(capture: Capture, kind: str, node: fx.Node) -> dict[str, Any]:
    names = _OPTIONS.get(kind, ())
    options = dict(zip(names, capture.resolve(node.args[1:]), strict=False))
    return options | capture.resolve({k: v for k, v in node.kwargs.items() if k != "input"})
