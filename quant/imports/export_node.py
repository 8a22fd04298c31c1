"""What a node of an export says: its operation, its arguments by name, where it comes from."""

import re
from typing import Any, cast

from torch import Tensor, fx
from torch._ops import OpOverload

from quant.errors import UnsupportedLayerError
from quant.graph.capture import source_line
from quant.graph.operations import SUPPORTED

_LEAF = re.compile(r"torch\.nn\.modules\.(?!container\.)")


def operation(node: fx.Node) -> str:
    """Return the name of the ATen operation, 'conv2d' or 'relu_', or that of a plain function."""
    if isinstance(node.target, OpOverload):
        return node.target._schema.name.split("::")[1]
    return getattr(node.target, "__name__", str(node.target))


def arguments(node: fx.Node) -> dict[str, Any]:
    """Return all arguments of an ATen call by name, defaults filled in, lists as tuples."""
    schema = cast(OpOverload, node.target)._schema.arguments
    values = {a.name: a.default_value for a in schema if a.has_default_value()}
    values |= dict(zip((a.name for a in schema), node.args, strict=False)) | node.kwargs
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }


def shape(node: fx.Node) -> tuple[int, ...]:
    """Return the shape that the export recorded; a dynamic batch axis is symbolic in it."""
    return tuple(node.meta["val"].shape)


def is_tensor(node: fx.Node) -> bool:
    """Whether `node` computes a tensor, or a tuple of some, rather than a size."""
    value = node.meta.get("val")
    return isinstance(value, Tensor | tuple | list)


def module_stack(node: fx.Node) -> dict[str, tuple[str, str]]:
    """Return the modules around the call, outermost first: path -> (path, qualified type)."""
    stack: dict[str, tuple[str, str]] = {}
    for path, kind in node.meta.get("nn_module_stack", {}).values():
        path = path.split("@")[0]  # a module's second call is written 'pool@1'
        stack[path] = (path, kind)
    return stack


def torch_module(node: fx.Node) -> str | None:
    """Return the path of the layer of torch.nn that makes the call, None outside of one."""
    path, kind = next(reversed(module_stack(node).values()), ("", ""))
    return path if path and _LEAF.match(kind) else None


def unsupported(node: fx.Node, why: str) -> UnsupportedLayerError:
    """Return the error that names the layer of `node`, its source line and `why`."""
    return UnsupportedLayerError(f"layer '{_name(node)}': {why}{source_line(node)}")


def unknown(node: fx.Node) -> UnsupportedLayerError:
    """Return the error for an operation that no layer stands for."""
    return UnsupportedLayerError(
        f"layer '{_name(node)}' is of type {node.target}, which is not supported"
        f"{source_line(node)}; supported: {SUPPORTED}"
    )


def _name(node: fx.Node) -> str:
    path = next(reversed(module_stack(node)), "")
    if torch_module(node):
        return path
    return f"{path}.{operation(node)}" if path else operation(node)
