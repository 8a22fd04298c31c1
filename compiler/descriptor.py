"""The fields of one operation's descriptor, and what no descriptor can hold."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from amaranth.hdl import Shape

from compiler.errors import CompileError
from compiler.fusion import Step
from compiler.mapping import Kind, Mapping
from compiler.memory import Placement
from hw.config import EngineConfig
from hw.engine.program import Descriptor, Opcode
from quant.integer_network import Add, Conv2d, IntegerNetwork

BANK_SAFE_STRIDES = (1, 2)
_RUNS = (
    "kernel_rows",
    "segments",
    "segment_step",
    "segment_bytes",
    "groups",
    "group_step",
    "tiles",
    "tile_step",
    "last_chunks",
)


@dataclass(frozen=True, kw_only=True)
class Bases:
    """First words of an operation in weight and parameter memory."""

    weights: int
    parameters: int


def layer_fields(
    network: IntegerNetwork,
    step: Step,
    mapping: Mapping,
    tensors: dict[str, Placement],
    bases: Bases,
    config: EngineConfig,
) -> dict[str, int]:
    """All fields of the descriptor that computes `step`; those that it does not use are 0.

    Raises CompileError where a field is too narrow, and for vertical strides at which two rows of
    the array would read the same bank.
    """
    fields = dict.fromkeys(Descriptor.members, 0) | _windows(step, mapping, tensors, config)
    if isinstance(step.layer, Conv2d):
        fields |= _mac(network, step.layer, mapping, bases, config)
    else:
        fields |= {"opcode": Opcode.MAX_POOL}
    if step.addition is not None and step.residual is not None:
        fields |= _addition(network, step.addition, step.main, tensors[step.residual])
    check_fields(", ".join(step.names), fields)
    return fields


def end_fields(output: Placement) -> dict[str, int]:
    """Fields of the descriptor that ends a program and sends `output`."""
    return {"opcode": Opcode.END} | _output(output)


def check_fields(name: str, fields: dict[str, int]) -> None:
    """Raise CompileError unless every value fits its field."""
    for field, value in fields.items():
        shape = Shape.cast(Descriptor.members[field])
        low = -(1 << shape.width - 1) if shape.signed else 0
        high = (1 << shape.width - shape.signed) - 1
        if not low <= value <= high:
            raise CompileError(
                f"layer {name}: {field} is {value}, a descriptor holds {low}..{high}; "
                "use a smaller image or fewer channels"
            )


def _windows(
    step: Step, mapping: Mapping, tensors: dict[str, Placement], config: EngineConfig
) -> dict[str, int]:
    layer, source, output = step.layer, tensors[step.layer.input], tensors[step.output]
    (down, across), (above, left) = layer.stride, layer.padding
    _, height, _ = source.map_shape
    _, output_height, output_width = output.map_shape
    rows = config.array.rows
    if output_height == 1:
        # The array's other rows read outside the image: nothing. Odd, so that banks differ.
        down = (height + above) | 1
    elif rows > 1 and down not in BANK_SAFE_STRIDES:
        raise CompileError(
            f"layer {layer.name}: a vertical stride of {down} would let two of the array's {rows} "
            "rows read the same bank; use a stride of 1 or 2, or an array of one row"
        )
    return {
        "input_base": source.base,
        "input_pitch": source.pitch,
        "input_height": height,
        "input_row_bytes": source.row_bytes,
        "row_origin": -above,
        "row_step": down,
        "column_origin": -left * source.pixel_bytes,
        "column_step": across * source.pixel_bytes,
        "tile_rows": ceil(output_height / rows),
        "columns": output_width,
        **{name: getattr(mapping, name) for name in _RUNS},
        **_output(output),
    }


def _output(output: Placement) -> dict[str, int]:
    return {
        "output_base": output.base,
        "output_pitch": output.pitch,
        "output_limit": output.limit,
        "output_height": output.map_shape[1],
        "output_row_bytes": output.row_bytes,
    }


def _mac(
    network: IntegerNetwork, layer: Conv2d, mapping: Mapping, bases: Bases, config: EngineConfig
) -> dict[str, int]:
    return {
        "opcode": Opcode.MAC,
        "bits": layer.bits,
        "diagonal": int(mapping.kind is Kind.DIAGONAL),
        "pad_code": network.tensors[layer.input].zero_point,
        "weight_base": bases.weights,
        "weight_steps": mapping.weight_steps(layer.bits, config),
        "parameter_base": bases.parameters,
        "parameter_words": mapping.groups * mapping.tiles * config.array.drain_beats,
        "zero_point": layer.requantization.zero_point,
        "minimum": layer.requantization.minimum,
        "maximum": layer.requantization.maximum,
    }


def _addition(
    network: IntegerNetwork, layer: Add, main: int, residual: Placement
) -> dict[str, int]:
    zero_points = [network.tensors[name].zero_point for name in layer.inputs]
    return {
        "residual": 1,
        "residual_base": residual.base,
        "residual_pitch": residual.pitch,
        "add_multiplier_main": int(layer.multiplier[main]),
        "add_multiplier_residual": int(layer.multiplier[1 - main]),
        "add_zero_main": zero_points[main],
        "add_zero_residual": zero_points[1 - main],
        "add_shift": layer.shift,
        "add_zero_point": layer.zero_point,
        "add_minimum": layer.minimum,
        "add_maximum": layer.maximum,
    }
