"""Accesses of the memories: the counts are those of the simulated enables, and add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Cat, Signal, Value
from amaranth.lib.memory import Memory

from compiler.program import Program, compile_network
from hw.config import ArrayConfig, EngineConfig, engine_preset
from hw.engine.load_port import SLICE_BITS, LoadTarget
from sim.networks import build
from sim.networks.builder import NetworkBuilder
from sim.program_model import program_timing
from synth.memory_traffic import (
    MEMORIES,
    Accesses,
    energy_fj,
    memories,
    memory_figures,
    total,
    traffic,
)
from tests.helpers import engine_host

# Every memory has a depth of its own, by which its ports are told apart; words of two slices.
CONFIG = EngineConfig(
    array=ArrayConfig(unit="pair_sum2", rows=2, columns=2, lanes=12),
    activation_lines=16,
    weight_words=256,
    parameter_words=64,
    program_words=128,
)
DEPTHS = {"activations": 16, "weights": 256, "parameters": 64, "program": 128}


@dataclass
class Enables:
    """Enables of all ports of the memories of one depth, and how often they were high."""

    read: list[Value] = field(default_factory=list)
    write: list[Value] = field(default_factory=list)
    reads: int = 0
    slice_writes: int = 0


@pytest.fixture
def enables(monkeypatch: pytest.MonkeyPatch) -> dict[int, Enables]:
    """Filled by depth when an engine is elaborated from now on."""
    found = {depth: Enables() for depth in DEPTHS.values()}
    read_port, write_port = Memory.read_port, Memory.write_port

    def record_read(self: Memory, **options: Any) -> Any:
        port = read_port(self, **options)
        found[self.depth].read.append(port.en)
        return port

    def record_write(self: Memory, **options: Any) -> Any:
        port = write_port(self, **options)
        found[self.depth].write.append(port.en)
        return port

    monkeypatch.setattr(Memory, "read_port", record_read)
    monkeypatch.setattr(Memory, "write_port", record_write)
    monkeypatch.setattr(engine_host, "_simulation", engine_host._Simulation)
    return found


def small_program() -> Program:
    """Convolutions with a residual: every kind of access to activation memory."""
    network = NetworkBuilder(np.random.default_rng(3), (3, 3, 4))
    network.conv("first", "image", 3, 3, 2)
    network.conv("second", "first", 3, 1, 3, padding=(0, 0))
    network.add("sum", "second", "first")
    return compile_network(network.network("traffic", made_by="tests"), CONFIG)


class CountingHost(engine_host.Host):
    """A host that also counts enables at every clock edge while `counts`."""

    def __init__(self, enables: dict[int, Enables]):
        super().__init__(CONFIG)
        self.enables, self.counts = enables, False

    async def _receive(self, ctx: Any) -> None:
        dut, each = self.dut, list(self.enables.values())
        result = Cat(dut.m_axis_tvalid, dut.m_axis_tlast, dut.m_axis_tdata)
        signals = [Cat(*ports) for enable in each for ports in (enable.read, enable.write)]
        ctx.set(dut.m_axis_tready, 1)
        async for _, _, word, *values in ctx.tick().sample(result, *signals):
            if word & 1:
                self.open.append(word >> 2)
            if word & 3 == 3:
                self.packets.append(self.open)
                self.open = []
            if self.counts:
                for index, enable in enumerate(each):
                    enable.reads += values[2 * index].bit_count()
                    enable.slice_writes += values[2 * index + 1].bit_count()


def test_counts_are_those_of_the_simulated_enables(enables: dict[int, Enables]) -> None:
    """From the first word of the image to the last one of the result, by the memories' ports."""
    program = small_program()
    codes = np.random.default_rng(5).integers(0, 256, program.input.shape, np.uint8)
    host = CountingHost(enables)
    cycles = 0

    async def bench(ctx: Any) -> None:
        nonlocal cycles
        await host.load_weights(ctx, program)
        await host.load(ctx, LoadTarget.PROGRAM, program.words)
        await ctx.tick().repeat(3)
        host.counts = True
        await host.load_input(ctx, program, codes)
        await host.control(ctx, "start")
        outcome = await host.outcome(ctx)
        host.counts = False
        assert (outcome.error, len(outcome.packets)) == (0, 1)
        cycles = await host.read(ctx, "cycles")

    host.simulate(bench)
    sums = total(traffic(program))
    slices = 8 * CONFIG.word_bytes // SLICE_BITS
    assert slices == 2
    for name in ("activations", "weights", "parameters"):
        counted = enables[DEPTHS[name]]
        expected = sums[name]
        writes = slices * expected.word_writes + expected.slice_writes
        assert (counted.reads, counted.slice_writes) == (expected.reads, writes), name
    # The enable of program memory's read port is constant, so that what counts is a run's length.
    (enable,) = enables[DEPTHS["program"]].read
    assert isinstance(enable, Signal)
    assert enable.init == 1
    assert sums["program"] == Accesses(reads=cycles)


def test_phases_are_the_image_the_operations_and_the_result() -> None:
    program = small_program()
    phases = traffic(program)
    names = [", ".join(operation.names) for operation in program.operations]
    assert [phase.name for phase in phases] == ["input", *names, "result"]
    image, result = phases[0].accesses["activations"], phases[-1].accesses["activations"]
    # Three rows of four pixels of three bytes: three slices each.
    assert image == Accesses(slice_writes=9)
    # Three rows of four pixels of four bytes: a line of 16 bytes each, two words.
    assert result == Accesses(reads=6)
    for phase in phases:
        assert list(phase.accesses) == list(MEMORIES)


def test_residual_words_are_read_too() -> None:
    program = small_program()
    timing = program_timing(program).operations[-1].timing
    assert timing.residual_reads
    last = traffic(program)[-2].accesses["activations"]
    assert last.reads == timing.activation_reads + timing.residual_reads


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("tiny", {"activations": (4, 256, 64), "weights": (1, 8192, 64)}),
        ("edge", {"activations": (8, 256, 256), "weights": (1, 2048, 1536)}),
        ("edge_int8", {"parameters": (1, 1024, 216), "program": (1, 2048, 32)}),
    ],
)
def test_memories_of_an_engine(preset: str, expected: dict[str, tuple[int, int, int]]) -> None:
    found = memories(engine_preset(preset))
    assert list(found) == list(MEMORIES)
    for name, size in expected.items():
        count, memory = found[name]
        assert (count, memory.words, memory.bits) == size
        assert memory.ports == (2 if name == "activations" else 1)


def test_energy_is_accesses_times_energy_each() -> None:
    _, memory = memories(engine_preset("edge"))["activations"]
    accesses = Accesses(reads=5, word_writes=3, slice_writes=2)
    assert energy_fj(memory, accesses) == pytest.approx(
        5 * memory.read_energy_fj + 3 * memory.write_energy_fj + 2 * memory.slice_write_energy_fj
    )


def test_figures_of_a_network() -> None:
    program = compile_network(build("resnet8", 4), engine_preset("edge"))
    figures = {each.name: each for each in memory_figures(program)}
    sums = total(traffic(program))
    for name, (count, memory) in memories(program.config).items():
        each = figures[name]
        assert each.accesses == sums[name]
        assert each.energy_nj == pytest.approx(energy_fj(memory, sums[name]) / 1e6)
        assert each.area_um2 == pytest.approx(count * memory.area_um2)
        assert each.leakage_energy_nj(1e-3) == pytest.approx(1e-3 * count * memory.leakage_nw)
    assert figures["weights"].energy_nj == max(each.energy_nj for each in figures.values())
