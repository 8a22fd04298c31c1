"""Runs operations of a compiled network on a `LayerUnit` in Amaranth's simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from amaranth.hdl import ResetInserter, Signal
from numpy.typing import NDArray

from compiler.memory import Placement
from compiler.program import Operation, Program, stream_words
from hw.engine.layer_unit import LayerUnit
from hw.engine.load_port import LoadTarget
from tests.helpers.clocked import pulse, simulate

COUNTERS = (
    "step",
    "blocked",
    "activation_reads",
    "activation_writes",
    "residual_reads",
    "weight_read",
    "parameter_read",
)
LIMIT = 20_000


@dataclass
class LayerRun:
    """What one operation did.

    codes: of its output tensor. cycles: edges from launch to `finished`. counters: sums of the
    per-cycle events. steps: edges, from launch, at which the array took a weight beat.
    errors: number of address errors.
    """

    codes: NDArray[np.uint8]
    cycles: int
    counters: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    steps: list[int] = field(default_factory=list)
    errors: int = 0


def run_operations(
    program: Program,
    operations: Sequence[Operation],
    codes: dict[str, NDArray[np.uint8]],
    *,
    reload: bool = True,
    reset_after: int | None = None,
    stop_at_error: bool = False,
) -> list[LayerRun]:
    """Run each operation on its inputs, taken from `codes` by tensor name.

    Weights and parameters are loaded once. reload: load the inputs before every operation; without
    it only before the first, the others find what those before them wrote. reset_after: break
    every operation off after so many edges, reset, run it again. stop_at_error: reset after an
    operation's first address error and go on with the next one.
    """
    reset = Signal()
    dut = LayerUnit(program.config)
    runs: list[LayerRun] = []

    async def bench(ctx) -> None:
        await _load_words(ctx, dut, LoadTarget.WEIGHTS, program.weights)
        await _load_words(ctx, dut, LoadTarget.PARAMETERS, program.parameters)
        for index, operation in enumerate(operations):
            if reload or index == 0:
                for name in operation.inputs:
                    await _load_tensor(ctx, dut, program.tensors[name], codes[name])
            ctx.set(dut.load.valid, 0)
            if reset_after is not None:
                await _start(ctx, dut, operation)
                await ctx.tick().repeat(reset_after)
                await pulse(ctx, reset)
            run = await _run(ctx, dut, operation, stop_at_error)
            if run.errors:
                await pulse(ctx, reset)
            run.codes = await _send_tensor(ctx, dut, operation.output)
            runs.append(run)

    simulate(ResetInserter(reset)(dut), bench)
    return runs


async def _load(
    ctx, dut: LayerUnit, target: LoadTarget, bank: int, address: int, data: list[int]
) -> None:
    for lane, word in enumerate(data):
        values = {"valid": 1, "target": target, "bank": bank, "lane": lane, "data": word}
        ctx.set(dut.load, values | {"address": address})
        await ctx.tick()


async def _load_words(ctx, dut: LayerUnit, target: LoadTarget, memory: NDArray[np.uint8]) -> None:
    if not len(memory):
        return
    words = np.array(stream_words(memory)).reshape(len(memory), -1).tolist()
    for address, data in enumerate(words):
        await _load(ctx, dut, target, 0, address, data)


async def _load_tensor(ctx, dut: LayerUnit, tensor: Placement, codes: NDArray[np.uint8]) -> None:
    words = tensor.stream_words(codes)
    slices = dut.config.line_bytes // 4
    for y in range(tensor.map_shape[1]):
        row = words[y * tensor.row_words : (y + 1) * tensor.row_words]
        line = tensor.base + y // dut.config.banks * tensor.pitch
        for index in range(0, len(row), slices):
            part = row[index : index + slices]
            place = line + index // slices
            await _load(ctx, dut, LoadTarget.ACTIVATIONS, y % dut.config.banks, place, part)


async def _start(ctx, dut: LayerUnit, operation: Operation) -> None:
    ctx.set(dut.descriptor, operation.fields)
    await pulse(ctx, dut.start)


async def _run(ctx, dut: LayerUnit, operation: Operation, stop_at_error: bool) -> LayerRun:
    run = LayerRun(np.zeros(0, np.uint8), 0)
    await _start(ctx, dut, operation)
    finished = 0
    while not (finished or (stop_at_error and run.errors)):
        *_, finished, error, step, counts = await ctx.tick().sample(
            dut.finished, dut.address_error, dut.step, _counters(dut)
        )
        run.cycles += 1
        run.errors += error
        if step:
            run.steps.append(run.cycles)
        for index, name in enumerate(COUNTERS):
            run.counters[name] += counts >> 8 * index & 255
        assert run.cycles < LIMIT, f"{operation.names} does not finish"
    return run


def _counters(dut: LayerUnit):
    """All per-cycle events as bytes of one number: fewer things to sample."""
    return sum(getattr(dut, name) << 8 * index for index, name in enumerate(COUNTERS))


async def _send_tensor(ctx, dut: LayerUnit, tensor: Placement) -> NDArray[np.uint8]:
    words = []
    for y in range(tensor.map_shape[1]):
        row = b""
        for index in range(tensor.pitch):
            ctx.set(dut.send_enable, 1)
            ctx.set(dut.send_bank, y % dut.config.banks)
            ctx.set(dut.send_line, tensor.base + y // dut.config.banks * tensor.pitch + index)
            await ctx.tick()
            row += ctx.get(dut.send_data).to_bytes(dut.config.line_bytes, "little")
        words += np.frombuffer(row, "<u4")[: tensor.row_words].tolist()
    ctx.set(dut.send_enable, 0)
    return tensor.codes(words)
