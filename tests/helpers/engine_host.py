"""The host of an `Engine` in Amaranth's simulator: registers, loads and results through AXI."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Cat
from amaranth.sim import Simulator
from numpy.typing import NDArray

from compiler.program import Program, stream_words
from hw.config import EngineConfig
from hw.engine.engine import Engine
from hw.engine.load_port import LoadTarget
from hw.engine.program import ErrorCode
from hw.engine.registers import COUNTERS, REGISTERS

LIMIT = 20_000
Bench = Callable[[Any], Coroutine[Any, Any, None]]


@dataclass
class Outcome:
    """How a run ended. packets: what came on the result stream since the start."""

    status: dict[str, int]
    error: ErrorCode
    packets: list[list[int]]


class _Simulation:
    """A simulator that runs other coroutines each time: it takes longer to make than to run."""

    def __init__(self, config: EngineConfig):
        self.dut: Any = Engine(config)
        self._bench: Bench | None = None
        self._background: Bench | None = None
        self._simulator = Simulator(self.dut)
        self._simulator.add_clock(1e-6)
        self._simulator.add_testbench(self._run_bench)
        self._simulator.add_testbench(self._run_background, background=True)

    def run(self, bench: Bench, background: Bench) -> None:
        """From reset and empty memories on, to the end of `bench`."""
        if self._bench:
            self._simulator.reset()
        self._bench, self._background = bench, background
        self._simulator.run()

    async def _run_bench(self, ctx: Any) -> None:
        assert self._bench
        await self._bench(ctx)

    async def _run_background(self, ctx: Any) -> None:
        assert self._background
        await self._background(ctx)


_simulation = functools.cache(_Simulation)


class Host:
    """Talks to one engine; with `waits` every handshake of its own waits at random."""

    def __init__(self, config: EngineConfig, *, waits: bool = False, seed: int = 1):
        self.config = config
        self._simulation = _simulation(config)
        self.dut: Any = self._simulation.dut
        self.waits, self.rng = waits, random.Random(seed)
        self.packets: list[list[int]] = []
        self.open: list[int] = []
        self.takes = True
        self.written: dict[str, int] = {}

    def simulate(self, bench: Bench) -> None:
        """Run `bench`, with a receiver of results beside it."""
        self._simulation.run(bench, self._receive)

    def _acts(self) -> bool:
        return not self.waits or self.rng.random() < 0.6

    async def _receive(self, ctx: Any) -> None:
        dut, held = self.dut, None
        while True:
            ctx.set(dut.m_axis_tready, self.takes and self._acts())
            *_, ready, valid, data, last = await ctx.tick().sample(
                dut.m_axis_tready, dut.m_axis_tvalid, dut.m_axis_tdata, dut.m_axis_tlast
            )
            assert held is None or (valid and held == (data, last)), "an offered word must stay"
            held = (data, last) if valid and not ready else None
            if valid and ready:
                self.open.append(data)
                if last:
                    self.packets.append(self.open)
                    self.open = []

    async def write(self, ctx: Any, register: str, word: int) -> int:
        """Write a register; returns `bresp`. Address and data may come in either order."""
        dut = self.dut
        ctx.set(dut.s_axil_awaddr, REGISTERS[register].offset)
        ctx.set(Cat(dut.s_axil_wdata, dut.s_axil_wstrb), word | 15 << 32)
        valids = Cat(dut.s_axil_awvalid, dut.s_axil_wvalid, dut.s_axil_bready)
        readies = Cat(dut.s_axil_awready, dut.s_axil_wready, dut.s_axil_bvalid)
        todo, offered, response = 0b111, 0, 0
        while todo:
            # What is offered stays so until it is taken; the answer comes last.
            acts = sum(self._acts() << index for index in range(3))
            offered = todo & (offered | acts)
            ctx.set(valids, offered)
            *_, ready, response = await ctx.tick().sample(readies, dut.s_axil_bresp)
            todo &= ~(offered & ready)
        ctx.set(valids, 0)
        return response

    async def read(self, ctx: Any, register: str) -> int:
        """Value of a register."""
        dut = self.dut
        ctx.set(dut.s_axil_araddr, REGISTERS[register].offset)
        ctx.set(dut.s_axil_arvalid, 1)
        await ctx.tick().until(dut.s_axil_arready)
        ctx.set(dut.s_axil_arvalid, 0)
        ctx.set(dut.s_axil_rready, 1)
        *_, data, response = (
            await ctx.tick().sample(dut.s_axil_rdata, dut.s_axil_rresp).until(dut.s_axil_rvalid)
        )
        ctx.set(dut.s_axil_rready, 0)
        assert response == 0
        return data

    async def control(self, ctx: Any, bit: str) -> None:
        """Write 1 to a bit of `control`."""
        assert await self.write(ctx, "control", REGISTERS["control"].word(**{bit: 1})) == 0

    async def load(
        self, ctx: Any, target: LoadTarget, words: Sequence[int], **registers: int
    ) -> None:
        """A whole load; registers: load_address and so on, 0 unless named."""
        dut = self.dut
        names = ("load_address", "load_pitch", "load_row_bytes")
        values = dict.fromkeys(names, 0) | registers | {"load_target": target}
        for name, value in values.items():
            if self.written.get(name) != value:
                assert await self.write(ctx, name, value) == 0
                self.written[name] = value
        # One assignment instead of three: the simulator settles after each.
        offer = Cat(dut.s_axis_tvalid, dut.s_axis_tlast, dut.s_axis_tdata)
        for index, word in enumerate(words):
            while not self._acts():
                ctx.set(dut.s_axis_tvalid, 0)
                await ctx.tick()
            last = index == len(words) - 1
            ctx.set(offer, word << 2 | last << 1 | 1)
            await ctx.tick().until(dut.s_axis_tready)
        ctx.set(dut.s_axis_tvalid, 0)

    async def load_weights(self, ctx: Any, program: Program) -> None:
        """Weights and parameters."""
        await self.load(ctx, LoadTarget.WEIGHTS, stream_words(program.weights))
        await self.load(ctx, LoadTarget.PARAMETERS, stream_words(program.parameters))

    async def load_input(self, ctx: Any, program: Program, codes: NDArray[np.uint8]) -> None:
        """The input tensor."""
        place = program.input
        await self.load(
            ctx,
            LoadTarget.ACTIVATIONS,
            place.stream_words(codes),
            load_address=place.base,
            load_pitch=place.pitch,
            load_row_bytes=place.row_bytes,
        )

    async def outcome(self, ctx: Any) -> Outcome:
        """Wait until the engine says that it is done."""
        for _ in range(LIMIT):
            if ctx.get(self.dut.irq):
                break
            await ctx.tick()
        else:
            raise AssertionError("no irq")
        # The word that closes a result that ended early comes behind the interrupt.
        await ctx.tick().repeat(20)
        status = REGISTERS["status"].fields_of(await self.read(ctx, "status"))
        packets, self.packets = self.packets, []
        return Outcome(status, ErrorCode(await self.read(ctx, "error")), packets)

    async def run(self, ctx: Any, words: Sequence[int]) -> Outcome:
        """Load a program, start it unless it was refused, wait for its end."""
        await self.load(ctx, LoadTarget.PROGRAM, words)
        await ctx.tick().repeat(3)
        if not await self.read(ctx, "error"):
            await self.control(ctx, "start")
        return await self.outcome(ctx)

    async def counters(self, ctx: Any) -> dict[str, int]:
        """All counters."""
        return {name: await self.read(ctx, name) for name in COUNTERS}
