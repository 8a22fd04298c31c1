"""Symbolic tracing of a module, and the value that every node of the trace takes."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.node import map_arg

from quant.errors import QuantError, UnsupportedLayerError

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in \S+\n\s*(?P<code>.*)')
# Frames that are not the network's; an export was made by the torch of another machine perhaps.
_OWN = (str(Path(torch.__file__).parent), __file__)
_TORCH = re.compile(r"(site|dist)-packages[/\\]torch[/\\]")


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A traced module: its nodes in execution order and what each gave for the example."""

    module: fx.GraphModule
    values: dict[fx.Node, Any]

    @property
    def nodes(self) -> list[fx.Node]:
        """The nodes in execution order."""
        return list(self.module.graph.nodes)

    def resolve(self, argument: Any) -> Any:
        """Return `argument` with every node in it replaced by its value for the example."""
        return map_arg(argument, lambda node: self.values[node])

    def is_tensor(self, node: fx.Node) -> bool:
        """Whether `node` computes a tensor, rather than a shape or a number made of one."""
        return isinstance(self.values.get(node), Tensor)


class _Recorder(fx.Interpreter):
    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.values: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        self.values[n] = value
        return value


class _Tracer(fx.Tracer):
    record_stack_traces = True


def capture(module: nn.Module, example: Tensor) -> Capture:
    """Trace `module` in eval mode and run it on `example` float32[1, C, H, W].

    Raises UnsupportedLayerError where the forward cannot be traced (control flow on data), and
    QuantError where it does not run on the example.
    """
    was_training = module.training
    module.eval()
    try:
        traced = _trace(module)
        return Capture(module=traced, values=_run(traced, example, type(module).__name__))
    finally:
        module.train(was_training)


def _trace(module: nn.Module) -> fx.GraphModule:
    if isinstance(module, fx.GraphModule):
        return module  # a trace already, with the lines and paths of the source it was made from
    try:
        return fx.GraphModule(module, _Tracer().trace(module))
    except (ValueError, TypeError, RuntimeError) as error:
        raise UnsupportedLayerError(
            f"{type(module).__name__}.forward cannot be traced ({_first_line(error)}); "
            "branches and loops must not depend on tensor values, nor len() be taken of them"
        ) from error


def _run(traced: fx.GraphModule, example: Tensor, name: str) -> dict[fx.Node, Any]:
    recorder = _Recorder(traced)
    try:
        with torch.no_grad():
            recorder.run(example)
    except (ValueError, TypeError, RuntimeError, IndexError) as error:
        raise QuantError(
            f"{name} does not run on images of shape {tuple(example.shape[1:])}: "
            f"{_first_line(error)}"
        ) from error
    return recorder.values


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


def source_line(node: fx.Node) -> str:
    """Return ' (file:line: code)' of the call behind `node`, or '' where the trace has none."""
    frames = _FRAME.findall(node.stack_trace or "")
    for file, line, code in reversed(frames):
        if not file.startswith(_OWN) and not _TORCH.search(file):
            return f" ({file}:{line}: {code.strip()})"
    return ""


def enclosing_module(node: fx.Node) -> str:
    """Return the path of the module whose forward makes the call, '' for the outermost one."""
    return next(reversed(node.meta.get("nn_module_stack", {"": None})))
