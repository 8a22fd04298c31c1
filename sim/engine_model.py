"""Cycle model of the engine: from a program's descriptors to the counts the hardware counts.

An operation is followed edge by edge through fetch, matrix or pool unit, residual adder and writer
(`sim.engine_timeline`, `sim.matrix_unit_timeline`). All rows of tiles behave alike but for what the
row before left behind; as soon as that repeats, the rest is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Protocol

from hw.config import EngineConfig
from hw.engine.program import Opcode
from sim.engine_timeline import ADD_LATENCY, Fetch, Output, OutputRow, PoolTimeline
from sim.matrix_unit_timeline import MatrixUnitTimeline, PatternStream
from sim.micro_operations import activation_reads, group_sizes, micro_operations, tile_starts


@dataclass(frozen=True, kw_only=True)
class OperationTiming:
    """What one operation costs.

    cycles: edges from launch to the one at which the writer accepts the last beat.
    starved: cycles between the array's first and last step in which it waited for activations.
    The others are the engine's counters: steps are weight beats taken by the array, blocked the
    cycles in which it stood still for a finished tile, reads and writes are in memory words.
    """

    cycles: int
    starved: int
    steps: int
    blocked: int
    activation_reads: int
    activation_writes: int
    residual_reads: int
    weight_reads: int
    parameter_reads: int


def operation_timing(
    fields: dict[str, int], config: EngineConfig, *, follow_all: bool = False
) -> OperationTiming:
    """Timing of the operation with the descriptor `fields`, not END.

    follow_all: follow every row of tiles instead of stopping where they repeat; the same result.
    """
    rows = fields["tile_rows"]
    tiles = fields["columns"] * fields["groups"] * fields["tiles"]
    row = OutputRow.of(fields, config)
    written_rows = min(fields["output_height"], rows * config.array.rows)
    operation = _Operation(fields, config, row)
    operation.run(rows, follow_all=follow_all)
    mac = fields["opcode"] == Opcode.MAC
    positions = rows * fields["columns"]
    steps = positions * fields["weight_steps"] if mac else 0
    words = ceil(fields["weight_steps"] / config.array.columns) if fields["diagonal"] else 0
    return OperationTiming(
        cycles=operation.last + ADD_LATENCY,
        starved=max(0, operation.active - steps - operation.blocked),
        steps=steps,
        blocked=operation.blocked,
        activation_reads=activation_reads(fields, config),
        activation_writes=written_rows * row.words,
        residual_reads=written_rows * row.words if fields["residual"] else 0,
        weight_reads=positions * words if fields["diagonal"] else steps,
        parameter_reads=rows * tiles * config.array.drain_beats if mac else 0,
    )


class _Part(Protocol):
    """What has a state in time."""

    def shift(self, cycles: int) -> None: ...

    def state(self, base: int) -> tuple[object, ...]: ...


class _Operation:
    """All units of one operation."""

    def __init__(self, fields: dict[str, int], config: EngineConfig, row: OutputRow):
        self._fetch = Fetch()
        self._output = Output(row, residual=bool(fields["residual"]))
        self._parts: list[_Part] = [self._fetch, self._output]
        self._unit = self._build_unit(fields, config)
        self._parts.append(self._unit)
        self._groups = [
            group_sizes(micro_operations(fields, config, start % config.word_bytes))
            for start in tile_starts(fields).reshape(-1).tolist()
        ]
        self._skipped_blocked = 0

    def _build_unit(
        self, fields: dict[str, int], config: EngineConfig
    ) -> MatrixUnitTimeline | PoolTimeline:
        drain_beats = config.array.drain_beats
        if fields["opcode"] == Opcode.MAX_POOL:
            return PoolTimeline(drain_beats=drain_beats, groups=self._fetch, output=self._output)
        # Both readers have their first word one edge after launch + 1, then one every cycle.
        readers = [PatternStream((0,), last=1) for _ in range(2)]
        self._parts += readers
        return MatrixUnitTimeline(
            beats=config.array.datapath.beats(fields["bits"]),
            drain_beats=drain_beats,
            activations=self._fetch,
            weights=readers[0],
            parameters=readers[1],
            output=self._output,
        )

    @property
    def last(self) -> int:
        """Edge at which the last beat left."""
        return self._unit.out

    @property
    def active(self) -> int:
        """Cycles from the array's first step to its last."""
        if isinstance(self._unit, PoolTimeline) or self._unit.first_step is None:
            return 0
        return self._unit.step - self._unit.first_step + 1

    @property
    def blocked(self) -> int:
        """Cycles in which the array stood still for a finished tile."""
        return self._followed_blocked + self._skipped_blocked

    @property
    def _followed_blocked(self) -> int:
        return 0 if isinstance(self._unit, PoolTimeline) else self._unit.blocked

    def run(self, rows: int, *, follow_all: bool) -> None:
        """Follow `rows` rows of tiles, skipping whole periods once the state repeats."""
        seen: dict[object, tuple[int, int, int]] = {}
        done = 0
        while done < rows:
            self._row()
            done += 1
            now = self._unit.out
            state = tuple(part.state(now) for part in self._parts)
            if state in seen and not follow_all:
                before, then, blocked = seen[state]
                periods = (rows - done) // (done - before)
                for part in self._parts:
                    part.shift(periods * (now - then))
                self._skipped_blocked += periods * (self._followed_blocked - blocked)
                done += periods * (done - before)
                seen.clear()
            else:
                seen[state] = (done, now, self._followed_blocked)

    def _row(self) -> None:
        self._output.row()
        for groups in self._groups:
            self._fetch.tile(groups)
            self._unit.tile(len(groups))
