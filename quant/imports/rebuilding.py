"""A network under reconstruction from an export: its graph, its modules, its stored tensors."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, fx, nn
from torch.export import ExportedProgram

from quant.imports.export_node import arguments, module_stack, torch_module, unsupported

# The tensors that lie in a layer of torch.nn; any other belongs to a module of the user's own.
_LAYER_TENSORS = ("weight", "running_mean")


class Rebuilding:
    """A graph of layers under construction; `built` maps nodes of the export to nodes of it.

    `program` gives the stored tensors, `image` is the placeholder of its images, [N, C, H, W].
    """

    def __init__(self, program: ExportedProgram, image: fx.Node) -> None:
        signature = program.graph_signature
        self.stored = {**program.constants, **program.state_dict}
        self.names = {
            **signature.inputs_to_parameters,
            **signature.inputs_to_buffers,
            **signature.inputs_to_lifted_tensor_constants,
        }
        self.graph = fx.Graph()
        self.modules: dict[str, nn.Module] = {}
        self.built = {image: self.graph.placeholder(image.name)}
        self.transposed: dict[fx.Node, fx.Node] = {}

    def call(
        self,
        node: fx.Node,
        function: Callable[..., Any],
        module: type[nn.Module],
        options: Sequence[str] = (),
    ) -> None:
        """Call a layer without weights: as the module it is in the source, or as a function."""
        given, path = arguments(node), torch_module(node)
        chosen = {name: given[name] for name in options if given[name] != ()}
        if path:
            self.call_module(node, path, module(**chosen), given["self"])
        else:
            self.call_function(node, function, self.operand(node, given["self"]), **chosen)

    def call_module(self, node: fx.Node, path: str, module: nn.Module, source: fx.Node) -> None:
        """Let `node` be a call of the module at `path`, which is `module` on the first call."""
        self.modules.setdefault(path, module)
        self.add(node, self.graph.call_module(path, (self.operand(node, source),)))

    def call_function(
        self, node: fx.Node, function: Callable[..., Any], *args: Any, **options: Any
    ) -> None:
        """Let `node` be a call of `function` on operands of the new graph."""
        self.add(node, self.graph.call_function(function, args, options))

    def add(self, node: fx.Node, made: fx.Node) -> None:
        """Let `made` stand for `node`, with the source line and the enclosing modules of it."""
        made.stack_trace = node.stack_trace
        made.meta["nn_module_stack"] = module_stack(node)
        self.built[node] = made

    def rename(self, changed: fx.Node, result: fx.Node) -> None:
        """Let `result` stand for all that `changed` stands for: an operation changed it in place.

        Both are nodes of the new graph. Whoever reads the tensor from here on reads `result`.
        """
        self.built |= {key: result for key, value in self.built.items() if value is changed}

    def operand(self, node: fx.Node, source: Any) -> Any:
        """Return what stands for `source` in the new graph; a number stands for itself."""
        if not isinstance(source, fx.Node):
            return source
        if source not in self.built:
            stored = self.names.get(source.name, source.name)
            raise unsupported(node, f"reads the stored tensor '{stored}' as if it were an image")
        return self.built[source]

    def path(self, source: fx.Node) -> str:
        """Return the path of the module that the stored tensor `source` belongs to."""
        owner, _, name = self.names[source.name].rpartition(".")
        return owner if owner and name in _LAYER_TENSORS else self.names[source.name]

    def tensor(self, node: fx.Node, source: fx.Node) -> Tensor:
        """Return the stored tensor `source` that `node` reads as a weight."""
        if source.name not in self.names:
            raise unsupported(node, f"its weight is computed by '{source.name}', not stored")
        return self.stored[self.names[source.name]]

    def optional(self, node: fx.Node, source: fx.Node | None) -> Tensor | None:
        """Return the stored tensor `source`, or None where the layer has none."""
        return None if source is None else self.tensor(node, source)
