"""Cycles of a network on an engine as a sum over its layers, each at any of its widths.

In a program the next operation is launched a fixed time after the one before has ended, or when its
descriptor has been read, whichever is later (`sim.program_model`). Both depend on the operation
before alone, mapping and fusion on shapes and on the layer's own width. So the cycles of a program
are exactly the sum of its operations', whatever mix of widths the other layers have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from compiler.program import compile_network
from hw.config import MAX_ACCUMULATOR_WIDTH, MAX_WORDS, EngineConfig
from hw.engine.controller import FIRST_LAUNCH
from quant.integer_network import IntegerNetwork
from sim.errors import CostTableError
from sim.program_model import program_timing


@dataclass(frozen=True, kw_only=True)
class CycleTable:
    """Cycles of one image, from the start command to the last code written.

    by_layer: layer with weights -> weight bits -> cycles. constant: all that no width changes: the
    program's start, pools, additions of their own, shortcuts whose weights are fixed.
    """

    by_layer: dict[str, dict[int, int]]
    constant: int

    def of(self, bits: Mapping[str, int]) -> int:
        """Cycles at `bits` of every layer, those of `sim.program_model` for such a program."""
        return self.constant + sum(self.by_layer[layer][width] for layer, width in bits.items())


def cycle_table(networks: Mapping[int, IntegerNetwork], config: EngineConfig) -> CycleTable:
    """The table of one network that `networks` holds at several uniform widths, by width.

    A layer that has the same bits in all of them belongs to the constant. Whether an allocation
    fits weight memory and accumulators is not asked here: compile it for the real engine. Raises
    CostTableError where that is not one network at two or more uniform widths, CompileError where
    it does not fit the other memories, or the largest weight memory that an engine may have.
    """
    if len(networks) < 2:
        raise CostTableError(
            f"a cycle table needs a network at two or more widths, not at {sorted(networks)}"
        )
    costs = {bits: _cycles(network, config) for bits, network in networks.items()}
    names = _common_names(costs)
    layers = _layers_of_width(networks)
    by_layer: dict[str, dict[int, int]] = {}
    constant = FIRST_LAUNCH
    first = next(iter(costs.values()))
    for operation in names:
        chosen = [name for name in operation if name in layers]
        if chosen:
            by_layer[chosen[0]] = {bits: cost[operation] for bits, cost in costs.items()}
        else:
            constant += first[operation]
    return CycleTable(by_layer=by_layer, constant=constant)


def _cycles(network: IntegerNetwork, config: EngineConfig) -> dict[tuple[str, ...], int]:
    """Cycles of every operation of the program, by the names of the layers that it computes."""
    # Uniform 8 bits may be more than the engine holds, though a mix is not.
    roomy = replace(
        config,
        array=replace(config.array, accumulator_width=MAX_ACCUMULATOR_WIDTH),
        weight_words=MAX_WORDS,
    )
    program = compile_network(network, roomy)
    timing = program_timing(program)
    return {
        operation.names: share.cycles
        for operation, share in zip(program.operations, timing.operations, strict=True)
    }


def _common_names(costs: Mapping[int, Mapping[tuple[str, ...], int]]) -> list[tuple[str, ...]]:
    """The operations, which have to be the same at every width."""
    first, *others = costs
    for bits in others:
        if list(costs[bits]) != list(costs[first]):
            raise CostTableError(
                f"a cycle table is of one network: at {bits} bits it has other layers than at "
                f"{first} bits"
            )
    return list(costs[first])


def _layers_of_width(networks: Mapping[int, IntegerNetwork]) -> set[str]:
    """Names of the layers that have the width that their network is listed at."""
    widths: dict[str, dict[int, int]] = {}
    for bits, network in networks.items():
        for layer in network.mac_layers:
            widths.setdefault(layer.name, {})[bits] = layer.bits
    chosen = set()
    for name, found in widths.items():
        if all(bits == width for bits, width in found.items()):
            chosen.add(name)
        elif len(set(found.values())) > 1:
            raise CostTableError(
                f"layer {name}: a cycle table needs every layer at the network's width or at a "
                f"fixed one, this has {list(found.values())} at {list(found)}"
            )
    return chosen
