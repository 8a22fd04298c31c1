"""Operations of an export with weights: convolution, linear, BatchNorm."""

from torch import fx

from quant.imports import stored_layers
from quant.imports.export_node import arguments, operation, shape, unknown, unsupported
from quant.imports.rebuilding import Rebuilding

IN_TRAINING = "was exported in training mode; call .eval() on the network, then export it again"


def convolution(new: Rebuilding, node: fx.Node) -> None:
    """aten.conv2d, aten.conv2d.padding, aten.convolution."""
    given = arguments(node)
    weight = new.tensor(node, given["weight"])
    if given.get("transposed") or weight.dim() != 4:
        raise unknown(node)
    layer = stored_layers.convolution(
        weight,
        new.optional(node, given["bias"]),
        stride=given["stride"],
        padding=given["padding"],
        dilation=given["dilation"],
        groups=given["groups"],
    )
    new.call_module(node, new.path(given["weight"]), layer, given["input"])


def linear(new: Rebuilding, node: fx.Node) -> None:
    """aten.linear."""
    given = arguments(node)
    _linear(new, node, given["input"], given["weight"], given["bias"])


def matrix_product(new: Rebuilding, node: fx.Node) -> None:
    """aten.mm and aten.addmm on a transposed weight: what a linear layer decomposes into."""
    given = arguments(node)
    weight = new.transposed.get(given["mat2"])
    if weight is None or given.get("beta", 1) != 1 or given.get("alpha", 1) != 1:
        raise unknown(node)
    if operation(node) == "addmm":
        _linear(new, node, given["mat1"], weight, given["self"])
    else:
        _linear(new, node, given["self"], weight, None)


def transpose(new: Rebuilding, node: fx.Node) -> None:
    """aten.t and aten.permute, of a stored matrix only."""
    (source,) = node.all_input_nodes
    if source.name not in new.names or len(shape(source)) != 2:
        raise unknown(node)
    new.transposed[node] = source


def batch_norm(new: Rebuilding, node: fx.Node) -> None:
    """aten.batch_norm and its decompositions; its statistics have to be stored ones."""
    given = arguments(node)
    mean, variance = given.get("running_mean"), given.get("running_var")
    if given.get("training", operation(node) == "_native_batch_norm_legit_functional"):
        raise unsupported(node, f"BatchNorm {IN_TRAINING}")
    if mean is None or variance is None or len(shape(given["input"])) != 4:
        raise unsupported(node, "only BatchNorm2d with running statistics is supported")
    layer = stored_layers.batch_norm(
        new.optional(node, given["weight"]),
        new.optional(node, given["bias"]),
        new.tensor(node, mean),
        new.tensor(node, variance),
        eps=given["eps"],
    )
    new.call_module(node, new.path(mean), layer, given["input"])


def _linear(
    new: Rebuilding, node: fx.Node, source: fx.Node, weight: fx.Node, bias: fx.Node | None
) -> None:
    layer = stored_layers.linear(new.tensor(node, weight), new.optional(node, bias))
    new.call_module(node, new.path(weight), layer, source)
