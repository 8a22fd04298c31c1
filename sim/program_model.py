"""Cycle model of whole programs, and what share of the array's peak each operation reaches."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from compiler.program import Operation, Program
from hw.config import EngineConfig
from hw.engine.controller import DESCRIPTOR_CYCLES, FIRST_LAUNCH, NEXT_LAUNCH
from sim.engine_model import OperationTiming, operation_timing

# Width whose peak counts where a layer has no weights.
WEIGHTLESS_BITS = 8


@dataclass(frozen=True, kw_only=True)
class OperationShare:
    """An operation within its program.

    cycles: from its launch to the next one, of the last operation to the program's end.
    utilization: its useful multiply-accumulates over those the array could do at this width in
    these cycles. bound: what keeps it from the peak most: rows, columns or lanes that hold nothing
    of the layer, fetch, drain, or fill: the way in and out of the pipeline, and the descriptor;
    pool where the array does nothing.
    """

    timing: OperationTiming
    cycles: int
    utilization: float
    bound: str


@dataclass(frozen=True, kw_only=True)
class ProgramTiming:
    """A program from start to the last code written.

    cycles: what the engine's counter says. utilization: mean over the operations, weighted with
    their multiply-accumulates. utilization_overall: all multiply-accumulates over what the array
    could do in all cycles, each operation's at its width.
    """

    cycles: int
    operations: tuple[OperationShare, ...]
    utilization: float
    utilization_overall: float


def alone_cycles(timing: OperationTiming) -> int:
    """Cycles of a program of this operation alone."""
    return FIRST_LAUNCH + timing.cycles


def program_timing(program: Program) -> ProgramTiming:
    """Timing of `program` as a whole."""
    config = program.config
    timings = [operation_timing(operation.fields, config) for operation in program.operations]
    launches = [FIRST_LAUNCH]
    for timing in timings:
        finished = launches[-1] + timing.cycles
        launches.append(max(finished + NEXT_LAUNCH, launches[-1] + DESCRIPTOR_CYCLES))
    end = launches[-2] + timings[-1].cycles
    ends = [*launches[1:-1], end]
    operations = tuple(
        _share(operation, timing, until - launch, config)
        for operation, timing, launch, until in zip(
            program.operations, timings, launches[:-1], ends, strict=True
        )
    )
    macs = [operation.macs for operation in program.operations]
    shares = zip(operations, macs, strict=True)
    peak = sum(
        share.cycles * peak_rate(operation, config)
        for share, operation in zip(operations, program.operations, strict=True)
    )
    return ProgramTiming(
        cycles=end,
        operations=operations,
        utilization=sum(share.utilization * count for share, count in shares) / (sum(macs) or 1),
        utilization_overall=sum(macs) / peak,
    )


def peak_rate(operation: Operation, config: EngineConfig) -> float:
    """Multiply-accumulates a cycle that the array could do at the operation's width."""
    return config.array.macs_per_cycle(operation.bits or WEIGHTLESS_BITS)


def _share(
    operation: Operation, timing: OperationTiming, cycles: int, config: EngineConfig
) -> OperationShare:
    return OperationShare(
        timing=timing,
        cycles=cycles,
        utilization=operation.macs / (cycles * peak_rate(operation, config)),
        bound=_bound(operation, timing, cycles, config),
    )


def _bound(operation: Operation, timing: OperationTiming, cycles: int, config: EngineConfig) -> str:
    """The largest of the factors by which cycles exceed the ideal ones."""
    if not timing.steps:
        return "pool"
    fields, array = operation.fields, config.array
    ideal = max(1.0, operation.macs / peak_rate(operation, config))
    channels, height, _ = operation.output.map_shape
    factors = {
        "rows": fields["tile_rows"] * array.rows / height,
        "columns": fields["groups"] * fields["tiles"] * array.columns / channels,
        "fetch": 1 + timing.starved / timing.steps,
        "drain": 1 + timing.blocked / timing.steps,
        "fill": cycles / (timing.steps + timing.starved + timing.blocked),
    }
    factors["lanes"] = timing.steps / ideal / factors["rows"] / factors["columns"]
    return max(factors, key=lambda name: log(factors[name]))
