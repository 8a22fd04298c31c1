"""From the flat graph of an export back to layers of torch.nn under their names in the source."""

from collections.abc import Callable

from torch import fx
from torch.export import ExportedProgram

from quant.imports import weighted, weightless
from quant.imports.export_node import is_tensor, module_stack, operation, unknown
from quant.imports.rebuilding import Rebuilding

# What builds each ATen operation; one that works in place, with a trailing '_', is built likewise.
_BUILDERS: dict[str, Callable[[Rebuilding, fx.Node], None]] = {
    "conv2d": weighted.convolution,
    "convolution": weighted.convolution,
    "linear": weighted.linear,
    "addmm": weighted.matrix_product,
    "mm": weighted.matrix_product,
    "t": weighted.transpose,
    "permute": weighted.transpose,
    "batch_norm": weighted.batch_norm,
    "native_batch_norm": weighted.batch_norm,
    "_native_batch_norm_legit": weighted.batch_norm,
    "_native_batch_norm_legit_functional": weighted.batch_norm,
    "_native_batch_norm_legit_no_training": weighted.batch_norm,
    "relu": weightless.relu,
    "relu6": weightless.relu6,
    "hardtanh": weightless.relu6,
    "add": weightless.add,
    "avg_pool2d": weightless.average_pool,
    "adaptive_avg_pool2d": weightless.adaptive_average_pool,
    "_adaptive_avg_pool2d": weightless.adaptive_average_pool,
    "mean": weightless.mean,
    "max_pool2d": weightless.max_pool,
    "max_pool2d_with_indices": weightless.max_pool,
    "getitem": weightless.first,
    "flatten": weightless.flatten,
    "view": weightless.flatten,
    "reshape": weightless.flatten,
    "_unsafe_view": weightless.flatten,
    "squeeze": weightless.flatten,
    "slice": weightless.take,
    "pad": weightless.pad,
    "constant_pad_nd": weightless.pad,
    "dropout": weightless.dropout,
    "clone": weightless.clone,
    "alias": weightless.same,
    "contiguous": weightless.same,
    "detach": weightless.same,
}


def rebuild(program: ExportedProgram, image: fx.Node, output: fx.Node) -> fx.GraphModule:
    """Return the network from the placeholder `image` to the node `output` of `program`.

    Convolutions, linear and BatchNorm layers are modules under the path of their weight. Every node
    keeps the source line and the enclosing modules of the call it stands for. A reshape that has a
    batch size in it becomes a flatten. Raises UnsupportedLayerError naming operation, layer, line.
    """
    new, needed = Rebuilding(program, image), _ancestors(output)
    for node in program.graph.nodes:
        if node.op == "call_function" and node in needed and is_tensor(node):
            _build(new, node)
    new.graph.output(new.operand(output, output))
    kind = next(iter(module_stack(output).values()), ("", "Exported"))[1]
    return fx.GraphModule(new.modules, new.graph, class_name=kind.split(".")[-1]).eval()


def _build(new: Rebuilding, node: fx.Node) -> None:
    name = operation(node)
    builder = _BUILDERS.get(name.removesuffix("_"))
    if builder is None:
        raise unknown(node)
    builder(new, node)
    if name.endswith("_"):
        new.rename(new.built[node.all_input_nodes[0]], new.built[node])


def _ancestors(output: fx.Node) -> set[fx.Node]:
    found: set[fx.Node] = set()
    waiting = [output]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.all_input_nodes
    return found
