"""Lowering: a captured trace becomes the typed layer graph, BatchNorm and ReLU joined in."""

from dataclasses import replace
from typing import Any

from torch import Tensor, fx, nn

from quant.errors import UnsupportedLayerError
from quant.graph.capture import Capture, capture
from quant.graph.layers import (
    AddLayer,
    AveragePoolLayer,
    ConvLayer,
    GraphLayer,
    LayerGraph,
    LinearLayer,
    MaxPoolLayer,
    Pair,
    RectifiedLayer,
    Rectifier,
    Shape,
    SubsampleLayer,
)
from quant.graph.operations import Operation, recognise
from quant.graph.subsampling import channel_padding, slice_stride
from quant.graph.windows import average_window, convolution_window, global_window, max_window

INPUT = "input"


def trace(module: nn.Module, example: Tensor) -> LayerGraph:
    """Return the typed graph of `module` for images shaped as `example` float32[1, C, H, W].

    Raises UnsupportedLayerError naming the layer, its type and its source line where known. A
    rectifier or BatchNorm must be the only reader of the layer it belongs to.
    """
    return _Lowering(capture(module, example)).run()


class _Lowering:
    def __init__(self, captured: Capture) -> None:
        self.captured = captured
        self.layers: dict[str, GraphLayer] = {}
        self.tensors: dict[fx.Node, str] = {}  # which layer's tensor each node stands for
        self.shapes: dict[str, Shape] = {}
        self.seen: set[str] = set()
        self.modules = {path for path, _ in captured.module.named_modules()}

    def run(self) -> LayerGraph:
        output = None
        for node in self.captured.nodes:
            if node.op == "placeholder":
                if self.captured.is_tensor(node):  # else it is an option's default, a constant
                    self.define(node, INPUT)
            elif node.op == "output":
                output = self.output_name(node)
            elif self.captured.is_tensor(node):
                operation = recognise(self.captured, node)
                getattr(self, f"lower_{operation.kind}")(operation)
        if output is None or output == INPUT:
            raise UnsupportedLayerError("the network computes nothing: its output is its input")
        return LayerGraph(
            input=INPUT, output=output, layers=tuple(self.layers.values()), shapes=self.shapes
        )

    def lower_conv(self, operation: Operation) -> None:
        module = operation.module
        assert isinstance(module, nn.Conv2d)
        stride, padding = convolution_window(operation, module)
        layer = ConvLayer(
            name=self.claim(operation),
            input=self.operand(operation),
            module=operation.name,
            stride=stride,
            padding=padding,
            groups=module.groups,
        )
        self.add(operation, layer)

    def lower_linear(self, operation: Operation) -> None:
        if self.captured.values[operation.operands[0]].dim() != 2:
            raise operation.refuse("Linear needs an input of shape (batch, features)")
        name = self.claim(operation)
        layer = LinearLayer(name=name, input=self.operand(operation), module=operation.name)
        self.add(operation, layer)

    def lower_norm(self, operation: Operation) -> None:
        source = operation.operands[0]
        layer = self.layers.get(self.tensors[source])
        if not isinstance(layer, ConvLayer) or layer.norm or layer.rectifier:
            raise operation.refuse("BatchNorm2d must follow a Conv2d directly")
        self.only_reader(operation)
        assert isinstance(operation.module, nn.BatchNorm2d)
        if not operation.module.track_running_stats:
            raise operation.refuse("BatchNorm2d without running statistics cannot be folded")
        self.claim(operation)
        self.layers[layer.name] = replace(layer, norm=operation.name)
        self.tensors[operation.node] = layer.name

    def lower_relu(self, operation: Operation) -> None:
        self.rectify(operation, Rectifier())

    def lower_relu6(self, operation: Operation) -> None:
        self.rectify(operation, Rectifier(ceiling=6.0))

    def rectify(self, operation: Operation, rectifier: Rectifier) -> None:
        name = self.tensors[operation.operands[0]]
        layer = self.layers.get(name)
        if not isinstance(layer, RectifiedLayer):
            raise operation.refuse("a rectifier must follow a convolution, linear, add or average")
        if layer.rectifier is not None and layer.rectifier.ceiling <= rectifier.ceiling:
            self.tensors[operation.node] = name  # clamped already: nothing is left to do
            return
        self.only_reader(operation)
        self.layers[name] = replace(layer, rectifier=rectifier)
        self.tensors[operation.node] = name

    def lower_add(self, operation: Operation) -> None:
        operands = [a for a in operation.node.args if isinstance(a, fx.Node)]
        shapes = {tuple(self.captured.values[a].shape) for a in operands}
        if len(operands) != 2 or len(shapes) != 1 or operation.node.kwargs:
            raise operation.refuse("addition needs two tensors of one shape and no options")
        first, second = (self.tensors[a] for a in operands)
        if self.shapes[first] != self.shapes[second]:
            raise operation.refuse(
                f"adds '{first}' of shape {self.shapes[first]} to '{second}' of shape "
                f"{self.shapes[second]}; only tensors of one shape before flattening can be added"
            )
        self.add(operation, AddLayer(name=self.fresh(operation), inputs=(first, second)))

    def lower_average_pool(self, operation: Operation) -> None:
        self.average(operation, *average_window(operation))

    def lower_adaptive_average_pool(self, operation: Operation) -> None:
        size = operation.options.get("output_size")
        if size not in (1, (1, 1), [1, 1]):
            raise operation.refuse(f"adaptive average pooling to {size}; only to 1 is supported")
        window = global_window(self.captured.values[operation.operands[0]])
        self.average(operation, window, window)

    def lower_mean(self, operation: Operation) -> None:
        source = self.captured.values[operation.operands[0]]
        axes = operation.options.get("dim")
        axes = (axes,) if isinstance(axes, int) else tuple(axes or ())
        if source.dim() != 4 or {axis % 4 for axis in axes} != {2, 3}:
            raise operation.refuse(f"mean over axes {axes}; only over height and width (2, 3)")
        window = global_window(source)
        self.average(operation, window, window)

    def average(self, operation: Operation, kernel: Any, stride: Any) -> None:
        name, source = self.fresh(operation), self.operand(operation)
        layer = AveragePoolLayer(name=name, input=source, kernel=kernel, stride=stride)
        self.add(operation, layer)
        # A mean without keepdim is already flat; the tensor itself stays (C, 1, 1).
        self.shapes[name] = (*self.shapes[name][:1], *(self.shapes[name][1:] or (1, 1)))

    def lower_max_pool(self, operation: Operation) -> None:
        kernel, stride, padding = max_window(operation)
        name, source = self.fresh(operation), self.operand(operation)
        layer = MaxPoolLayer(name=name, input=source, kernel=kernel, stride=stride, padding=padding)
        self.add(operation, layer)

    def lower_subsample(self, operation: Operation) -> None:
        # Without an operand it takes one of a tuple of tensors, which no layer here returns.
        source = self.captured.values[operation.operands[0]] if operation.operands else None
        self.subsample(operation, slice_stride(operation, source), (0, 0))

    def lower_pad(self, operation: Operation) -> None:
        source = self.captured.values[operation.operands[0]]
        self.subsample(operation, (1, 1), channel_padding(operation, source))

    def subsample(self, operation: Operation, stride: Pair, channels: Pair) -> None:
        """Add the layer, or join it to the one before where nothing else reads that one's output.

        Steps multiply and channels add up, in whatever order the two come.
        """
        source = self.operand(operation)
        before = self.layers.get(source)
        if (stride, channels) == ((1, 1), (0, 0)):
            self.lower_identity(operation)
        elif isinstance(before, SubsampleLayer) and self.reads_alone(operation):
            self.layers[source] = replace(
                before,
                stride=(before.stride[0] * stride[0], before.stride[1] * stride[1]),
                channels_before=before.channels_before + channels[0],
                channels_after=before.channels_after + channels[1],
            )
            self.define(operation.node, source)
        else:
            layer = SubsampleLayer(
                name=self.fresh(operation),
                input=source,
                stride=stride,
                channels_before=channels[0],
                channels_after=channels[1],
            )
            self.add(operation, layer)

    def lower_flatten(self, operation: Operation) -> None:
        shape = self.captured.values[operation.node].shape
        source = self.captured.values[operation.operands[0]].shape
        if shape != source and tuple(shape) != (source[0], source[1:].numel()):
            raise operation.refuse(
                f"reshaping {tuple(source)} to {tuple(shape)}; only flattening to (batch, features)"
            )
        self.lower_identity(operation)

    def lower_identity(self, operation: Operation) -> None:
        self.tensors[operation.node] = self.tensors[operation.operands[0]]

    def operand(self, operation: Operation) -> str:
        return self.tensors[operation.operands[0]]

    def claim(self, operation: Operation) -> str:
        if operation.name in self.seen:
            raise operation.refuse("used twice; layers that share weights are not supported")
        self.seen.add(operation.name)
        return operation.name

    def fresh(self, operation: Operation) -> str:
        """Return a name that nothing else has or claims: the module's, or the traced call's."""
        name, count = operation.name, 1
        taken = self.modules - {operation.name} if operation.module else self.modules
        while name in self.shapes or name in taken:
            count += 1
            name = f"{operation.name}_{count}"
        return name

    def reads_alone(self, operation: Operation) -> bool:
        """Whether `operation` alone reads its tensor, under whatever node it stands for it.

        A reader that comes later in the trace is none of the tensor's nodes yet, and so counts.
        """
        name = self.operand(operation)
        aliases = {node for node, tensor in self.tensors.items() if tensor == name}
        return {user for node in aliases for user in node.users} - aliases == {operation.node}

    def only_reader(self, operation: Operation) -> None:
        if not self.reads_alone(operation):
            raise operation.refuse(
                f"the output of '{self.operand(operation)}' is read before and after it; "
                "give the other reader the rectified or normalised tensor"
            )

    def add(self, operation: Operation, layer: GraphLayer) -> None:
        if layer.name in self.shapes:
            raise operation.refuse("its name is taken by another tensor; rename the module")
        self.layers[layer.name] = layer
        self.define(operation.node, layer.name)

    def define(self, node: fx.Node, name: str) -> None:
        self.tensors[node] = name
        self.shapes[name] = tuple(self.captured.values[node].shape[1:])

    def output_name(self, node: fx.Node) -> str:
        result = node.args[0]
        if not isinstance(result, fx.Node):
            raise UnsupportedLayerError("the network must return one tensor, its logits")
        return self.tensors[result]
