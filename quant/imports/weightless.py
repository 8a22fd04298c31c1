"""Operations of an export without weights: rectifiers, addition, pools, shapes, slices, padding."""

import math
import operator
import sys

import torch
import torch.nn.functional as F
from torch import fx, nn

from quant.imports.export_node import arguments, shape, torch_module, unknown, unsupported
from quant.imports.rebuilding import Rebuilding
from quant.imports.weighted import IN_TRAINING


def relu(new: Rebuilding, node: fx.Node) -> None:
    """aten.relu."""
    new.call(node, F.relu, nn.ReLU)


def relu6(new: Rebuilding, node: fx.Node) -> None:
    """aten.relu6, and aten.hardtanh with the same limits."""
    given = arguments(node)
    limits = given.get("min_val", 0), given.get("max_val", 6)
    if limits != (0, 6):
        raise unsupported(node, f"clamps to {limits[0]}..{limits[1]}; only ReLU6 is supported")
    new.call(node, F.relu6, nn.ReLU6)


def add(new: Rebuilding, node: fx.Node) -> None:
    """aten.add of two tensors."""
    given = arguments(node)
    if given["alpha"] != 1:
        raise unsupported(node, "addition needs two tensors of one shape and no options")
    operands = (new.operand(node, given[name]) for name in ("self", "other"))
    new.call_function(node, operator.add, *operands)


def average_pool(new: Rebuilding, node: fx.Node) -> None:
    """aten.avg_pool2d."""
    options = ("kernel_size", "stride", "padding", "ceil_mode", "divisor_override")
    new.call(node, F.avg_pool2d, nn.AvgPool2d, options)


def adaptive_average_pool(new: Rebuilding, node: fx.Node) -> None:
    """aten.adaptive_avg_pool2d."""
    new.call(node, F.adaptive_avg_pool2d, nn.AdaptiveAvgPool2d, ["output_size"])


def mean(new: Rebuilding, node: fx.Node) -> None:
    """aten.mean: a call of its own, or what AdaptiveAvgPool2d(1) decomposes into."""
    given, path = arguments(node), torch_module(node)
    if path:
        new.call_module(node, path, nn.AdaptiveAvgPool2d(1), given["self"])
    else:
        source, keepdim = new.operand(node, given["self"]), given.get("keepdim", False)
        new.call_function(node, torch.mean, source, given.get("dim"), keepdim=keepdim)


def max_pool(new: Rebuilding, node: fx.Node) -> None:
    """aten.max_pool2d, with or without the places of the maxima."""
    options = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    new.call(node, F.max_pool2d, nn.MaxPool2d, options)


def first(new: Rebuilding, node: fx.Node) -> None:
    """The first result of an operation that has several: the tensor computed."""
    source, index = node.args
    if index != 0:
        raise unknown(node)
    new.built[node] = new.operand(node, source)


def flatten(new: Rebuilding, node: fx.Node) -> None:
    """aten.flatten, view, reshape, squeeze; whatever batch size stands in it, it takes any."""
    source = node.all_input_nodes[0]
    before, after = shape(source), shape(node)
    if before == after:
        same(new, node)
    elif len(after) == 2 and after[1] == math.prod(before[1:]):
        new.call_function(node, torch.flatten, new.operand(node, source), 1)
    else:
        raise unsupported(
            node, f"reshaping {before} to {after}; only flattening to (batch, features)"
        )


def take(new: Rebuilding, node: fx.Node) -> None:
    """aten.slice along one axis."""
    given = arguments(node)
    end = None if given["end"] == sys.maxsize else given["end"]
    part = slice(given["start"] or None, end, given["step"])
    if part == slice(None, None, 1):
        same(new, node)
    else:
        index = (*[slice(None)] * given["dim"], part)
        new.call_function(node, operator.getitem, new.operand(node, given["self"]), index)


def pad(new: Rebuilding, node: fx.Node) -> None:
    """aten.pad and aten.constant_pad_nd."""
    given = arguments(node)
    source, mode = new.operand(node, given["self"]), given.get("mode", "constant")
    new.call_function(node, F.pad, source, given["pad"], mode, given["value"])


def dropout(new: Rebuilding, node: fx.Node) -> None:
    """aten.dropout, which outside of training gives its input."""
    if arguments(node)["train"]:
        raise unsupported(node, f"Dropout {IN_TRAINING}")
    same(new, node)


def clone(new: Rebuilding, node: fx.Node) -> None:
    """aten.clone: a tensor of its own, which an operation in place may change."""
    new.add(node, new.graph.call_method("clone", (new.operand(node, node.args[0]),)))


def same(new: Rebuilding, node: fx.Node) -> None:
    """An operation that gives its own input."""
    new.built[node] = new.operand(node, node.args[0])
