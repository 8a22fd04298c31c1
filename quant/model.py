"""QuantizedModel: a traced network whose bit-widths, by layer and tensor, change at run time."""

import copy
from collections.abc import Mapping
from math import prod
from typing import cast

import torch
from torch import Tensor, nn

from quant.checkpoint import check_finite
from quant.errors import BitWidthError, UnsupportedLayerError
from quant.fake_quantize import ActivationQuantizer
from quant.fake_quantize.activations import MAX_BITS as MAX_ACTIVATION_BITS
from quant.fake_quantize.activations import check_activation_bits
from quant.fake_quantize.weights import check_bits
from quant.graph import (
    AddLayer,
    AveragePoolLayer,
    ConvLayer,
    GraphLayer,
    LayerGraph,
    LinearLayer,
    MaxPoolLayer,
    SelectionLayer,
    trace,
)
from quant.integer_network import MAX_BITS
from quant.memory_format import channels_last
from quant.units import AddUnit, AveragePoolUnit, MacUnit, MaxPoolUnit, SubsampleUnit

# Float rounding between a BatchNorm's two forms, relative to the largest output.
_RELATIVE_SLACK = 1e-3
# Before a tensor's name, the key of its bits in a snapshot.
_ACTIVATION_BITS = "activation_bits."


def prepare(module: nn.Module, example: Tensor) -> "QuantizedModel":
    """Return `module` with quantizers in place, every layer at 8 bits; `module` is left alone.

    `example` float32[1, C, H, W] gives the image shape, on whatever device. The activation ranges
    are not known yet: call `quant.calibrate.calibrate` before anything else. Raises
    UnsupportedLayerError for a layer with no integer counterpart, where none has weights, or where
    the traced network computes something else, and CheckpointError for weights that are not finite.
    """
    check_finite(
        {key: value for key, value in module.state_dict().items() if value.is_floating_point()},
        type(module).__name__,
    )
    device = next((parameter.device for parameter in module.parameters()), example.device)
    module = copy.deepcopy(module)
    graph = trace(module, example.to(device))
    if not graph.mac_layers:
        raise UnsupportedLayerError(f"{type(module).__name__} has no layer with weights")
    model = channels_last(QuantizedModel(graph, copy.deepcopy(module)))
    _check_equal(model, module.eval(), example.to(device))
    return model


@torch.no_grad()
def _check_equal(model: "QuantizedModel", module: nn.Module, example: Tensor) -> None:
    """Refuse unless `model` without quantizers computes what `module` does, on random images.

    A trace does not see everything: a tensor changed in place is still the old one to it.
    """
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(example.shape, generator=generator).to(example.device)
    expected = module(images).flatten(1)
    model.quantize(weights=False, activations=False)
    got = model(images)
    model.quantize(weights=True, activations=False)
    slack = _RELATIVE_SLACK * expected.abs().amax().item()
    if got.shape != expected.shape or not torch.allclose(got, expected, rtol=0, atol=slack):
        raise UnsupportedLayerError(
            f"{type(module).__name__} computes something else than its trace: write operations "
            "that change a tensor in place so that they return a new one"
        )


class QuantizedModel(nn.Module):
    """The network of `graph`, layer by layer, each ending on its activation grid.

    Images float32[N, C, H, W] in, logits float32[N, classes] out. It takes over the submodules of
    `module`; use `prepare`, which copies them first.
    """

    def __init__(self, graph: LayerGraph, module: nn.Module) -> None:
        super().__init__()
        self.graph = graph
        self.input_quantizer = ActivationQuantizer(graph.input)
        # ModuleDict keys cannot hold dots; the numbers keep them distinct.
        self._keys = {
            layer.name: f"{index}_{layer.name.replace('.', '_')}"
            for index, layer in enumerate(graph.layers)
        }
        self.units = nn.ModuleDict(
            {self._keys[layer.name]: _unit(layer, graph, module) for layer in graph.layers}
        )
        self.to(next(module.parameters()).device)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of a batch of images."""
        return self.run(x)[self.graph.output].flatten(1)

    def run(self, x: Tensor) -> dict[str, Tensor]:
        """Return every tensor of the graph by name, the quantized input included."""
        tensors = {self.graph.input: self.input_quantizer(x)}
        for layer in self.graph.layers:
            operands = [tensors[name] for name in layer.inputs]
            tensors[layer.name] = self.unit(layer.name)(*operands)
        return tensors

    def unit(self, name: str) -> nn.Module:
        """Return the module of the layer called `name`."""
        return self.units[self._keys[name]]

    def quantizer(self, tensor: str) -> ActivationQuantizer:
        """Return the quantizer on whose grid `tensor` lies.

        A maximum pool and a subsampling have none of their own: theirs is their input's.
        """
        tensor = self._grid(tensor)
        if tensor == self.graph.input:
            return self.input_quantizer
        return cast(ActivationQuantizer, self.unit(tensor).quantizer)

    def _grid(self, tensor: str) -> str:
        """Return the tensor whose quantizer made the grid on which `tensor` lies."""
        for layer in reversed(self.graph.layers):
            if layer.name == tensor and isinstance(layer, SelectionLayer):
                tensor = layer.input
        return tensor

    @property
    def mac_units(self) -> dict[str, MacUnit]:
        """The layers with weights by name, in execution order."""
        return {layer.name: cast(MacUnit, self.unit(layer.name)) for layer in self.graph.mac_layers}

    @property
    def bits(self) -> dict[str, int]:
        """Weight bits of every layer with weights, in execution order."""
        return {name: unit.weight_quantizer.bits for name, unit in self.mac_units.items()}

    @property
    def weight_counts(self) -> dict[str, int]:
        """Number of weights of every layer with weights, biases not counted."""
        return {name: unit.float_weight.numel() for name, unit in self.mac_units.items()}

    @property
    def mac_counts(self) -> dict[str, int]:
        """Multiply-accumulates of one image by layer with weights, padding included."""
        shapes = self.graph.shapes
        return {name: count * prod(shapes[name][1:]) for name, count in self.weight_counts.items()}

    def set_bits(self, bits: Mapping[str, int]) -> None:
        """Change the weight bits of the layers named; nothing changes when one is refused.

        Raises BitWidthError for a width outside 2..8 or a layer that does not exist.
        """
        units = self.mac_units
        for name, width in bits.items():
            if name not in units:
                raise BitWidthError(f"no layer '{name}' has weights; choose from {list(units)}")
            check_bits(name, width)
        for name, width in bits.items():
            units[name].set_bits(width)

    @property
    def activation_bits(self) -> dict[str, int]:
        """Bits of every tensor's codes, the input's first; a selection has those of its input."""
        return {name: self.quantizer(name).bits for name in self.graph.shapes}

    def set_activation_bits(self, bits: Mapping[str, int]) -> None:
        """Change the bits of the tensors named; nothing changes when one is refused.

        Ranges stay, see `ActivationQuantizer.set_bits`; tensors on one grid change together. Raises
        BitWidthError for a width outside 4..8, a tensor that does not exist, two widths for one
        grid, and for another width than 8 of the input, whose codes are made outside.
        """
        grids: dict[str, int] = {}
        for name, width in bits.items():
            if name not in self.graph.shapes:
                raise BitWidthError(f"no tensor '{name}'; choose from {list(self.graph.shapes)}")
            check_activation_bits(name, width)
            grid = self._grid(name)
            if grid == self.graph.input and width != MAX_ACTIVATION_BITS:
                raise BitWidthError(
                    f"tensor '{name}': {width} bits; the codes of the network's input have "
                    f"{MAX_ACTIVATION_BITS}"
                )
            if grids.setdefault(grid, width) != width:
                raise BitWidthError(
                    f"tensor '{name}': {width} bits, and {grids[grid]} for another tensor on the "
                    f"grid of '{grid}'; give both the same"
                )
        for grid, width in grids.items():
            self.quantizer(grid).set_bits(width)

    def set_hidden_activation_bits(self, bits: int) -> None:
        """Change the bits of every tensor that is not on the input's grid."""
        self.set_activation_bits(
            {name: bits for name in self.graph.shapes if self._grid(name) != self.graph.input}
        )

    def activation_quantizers(self) -> list[ActivationQuantizer]:
        """Return the quantizers of the input and of every layer that has one."""
        return [m for m in self.modules() if isinstance(m, ActivationQuantizer)]

    def quantize(self, *, weights: bool, activations: bool) -> None:
        """Switch the quantizers: both off is the float network."""
        for unit in self.mac_units.values():
            unit.weight_quantizer.enabled = weights
        for quantizer in self.activation_quantizers():
            quantizer.mode = "on" if activations else "off"

    def project(self) -> None:
        """Keep all steps and BatchNorm gains positive; to be called after every optimizer step."""
        for unit in self.mac_units.values():
            unit.project()

    def snapshot(self) -> dict[str, Tensor]:
        """Return a copy of all that training changes, and of the activations' bits, on the CPU.

        Weight bits are not part of it, nor are activations of 8 bits.
        """
        state = {
            key: value.detach().cpu().clone().contiguous()
            for key, value in self.state_dict().items()
        }
        for tensor, bits in self.activation_bits.items():
            if bits != MAX_ACTIVATION_BITS:
                state[_ACTIVATION_BITS + tensor] = torch.tensor(bits)
        return state

    def restore(self, state: Mapping[str, Tensor], bits: Mapping[str, int]) -> None:
        """Return to a snapshot taken at `bits`, ready to run quantized."""
        state = dict(state)
        self.set_bits(bits)
        self.set_activation_bits(
            {
                tensor: int(state.pop(_ACTIVATION_BITS + tensor, MAX_ACTIVATION_BITS))
                for tensor in self.graph.shapes
            }
        )
        self.load_state_dict(state)
        self.quantize(weights=True, activations=True)

    def size_ratio(self) -> float:
        """Return the weight size as a share of the same weights at uniform 8 bits."""
        return size_ratio(self.weight_counts, self.bits)


def size_ratio(counts: Mapping[str, int], bits: Mapping[str, int]) -> float:
    """Return sum(count * bits) / sum(count * 8) over the layers of `counts`."""
    total = sum(count * bits[name] for name, count in counts.items())
    return total / (MAX_BITS * sum(counts.values()))


def _unit(layer: GraphLayer, graph: LayerGraph, module: nn.Module) -> nn.Module:
    quantizer = ActivationQuantizer(layer.name, clip=layer.name != graph.output)
    if isinstance(layer, ConvLayer | LinearLayer):
        mac = cast(nn.Conv2d | nn.Linear, module.get_submodule(layer.module))
        path = layer.norm if isinstance(layer, ConvLayer) else None
        norm = cast(nn.BatchNorm2d, module.get_submodule(path)) if path else None
        return MacUnit(layer, mac, norm, quantizer)
    if isinstance(layer, AddLayer):
        return AddUnit(layer.rectifier, quantizer)
    if isinstance(layer, AveragePoolLayer):
        return AveragePoolUnit(layer, quantizer)
    if isinstance(layer, MaxPoolLayer):
        return MaxPoolUnit(layer)
    return SubsampleUnit(layer)


@torch.no_grad()
def float_weights(model: QuantizedModel) -> dict[str, Tensor]:
    """Return copies of the float weights by layer, float32[O, ...] on the CPU."""
    return {
        name: unit.float_weight.detach().cpu().clone() for name, unit in model.mac_units.items()
    }
