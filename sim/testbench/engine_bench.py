"""Runs a network on the engine's Verilog through its AXI ports alone, as a host would.

cocotb loads this module. SIGMAQUANT_STIMULUS names the stimulus folder; SIGMAQUANT_RESULTS a folder
that takes a JSON file per run, passed or failed; SIGMAQUANT_PID a file that takes the simulator's
process id. The host's side of AXI4-Lite and AXI4-Stream is cocotbext-axi.
"""

from __future__ import annotations

import json
import logging
import os
import random
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, SimTimeoutError, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiStreamBus,
    AxiStreamSink,
    AxiStreamSource,
)

from compiler.memory import Placement
from hw.engine.registers import COUNTERS, IDENTITY, REGISTERS, LoadTarget
from sim.testbench.engine_stimulus import EngineRun, read

# It supports cocotb versions for which there is no other way.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"cocotbext\.")

STIMULUS = Path(os.environ["SIGMAQUANT_STIMULUS"])
RESULTS = Path(os.environ["SIGMAQUANT_RESULTS"])
Path(os.environ["SIGMAQUANT_PID"]).write_text(str(os.getpid()))
PERIOD = 10  # ns
STALL_PROBABILITY = 0.3
MARGIN = 500  # cycles to begin and end a run, and to send a row or two


class Host:
    """The engine seen from its host."""

    def __init__(self, dut):
        # A line per transfer, with all its data, would be megabytes.
        logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.WARNING)
        self._dut = dut
        self._registers = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
        self._load = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
        self._result = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)

    def stall(self) -> None:
        """From now on, let every channel wait at random, the host's side of all handshakes."""
        read, write = self._registers.read_if, self._registers.write_if
        assert read
        assert write
        channels = (
            *(self._load, self._result, read.ar_channel, read.r_channel),
            *(write.aw_channel, write.w_channel, write.b_channel),
        )
        for seed, channel in enumerate(channels):
            channel.set_pause_generator(_pauses(seed))

    async def reset(self) -> None:
        """Two cycles of reset."""
        self._dut.rst.value = 1
        for _ in range(2):
            await RisingEdge(self._dut.clk)
        self._dut.rst.value = 0
        await RisingEdge(self._dut.clk)

    async def get(self, register: str) -> int:
        """Value of a register."""
        return await self._registers.read_dword(REGISTERS[register].offset)

    async def set(self, register: str, value: int) -> None:
        """Write a register."""
        await self._registers.write_dword(REGISTERS[register].offset, value)

    async def load(self, target: LoadTarget, words: Sequence[int] | np.ndarray) -> None:
        """Fill a memory from its beginning, or `load_address` set before; returns when it is in.

        A network without weights has none to load.
        """
        if not len(words):
            return
        await self.set("load_target", target)
        await self._load.send(np.asarray(words, "<u4").tobytes())
        await self._load.wait()

    async def load_tensor(self, place: Placement, words: np.ndarray) -> None:
        """Put a tensor where the program expects it."""
        await self.set("load_address", place.base)
        await self.set("load_pitch", place.pitch)
        await self.set("load_row_bytes", place.row_bytes)
        await self.load(LoadTarget.ACTIVATIONS, words)
        await self.set("load_address", 0)

    async def run(self, program: Sequence[int], cycles: int) -> list[int]:
        """Load and run a program that takes `cycles`, its result included; the result's words.

        Nothing is done here while the engine runs: it says when it is done.
        """
        await self.load(LoadTarget.PROGRAM, program)
        await self.set("control", REGISTERS["control"].word(start=1))
        if not self._dut.irq.value:
            try:
                await with_timeout(RisingEdge(self._dut.irq), 2 * cycles * PERIOD, "ns")
            except SimTimeoutError:
                raise AssertionError(f"no irq in {2 * cycles} cycles") from None
        status = REGISTERS["status"].fields_of(await self.get("status"))
        error = await self.get("error")
        assert not status["error"], f"error code {error}"
        assert status["done"], f"irq without done: {status}"
        assert self._result.count() == 1, "the result is not one packet"
        frame = self._result.recv_nowait()
        return np.frombuffer(bytes(frame.tdata), "<u4").tolist()

    async def counters(self) -> dict[str, int]:
        """All counters of the last run."""
        return {name: await self.get(name) for name in COUNTERS}


def _pauses(seed: int) -> Iterator[bool]:
    rng = random.Random(seed)
    while True:
        yield rng.random() < STALL_PROBABILITY


def differences(run: EngineRun, codes: np.ndarray, counters: dict[str, int]) -> list[str]:
    """What hardware and expectation do not agree on, for people."""
    found = []
    if not np.array_equal(codes, run.codes):
        places = np.argwhere(codes != run.codes)
        first = tuple(places[0].tolist())
        found.append(
            f"{len(places)} of {codes.size} codes differ, first at {first}: hardware "
            f"{codes[first]}, golden model {run.codes[first]}"
        )
    found += [
        f"{name}: {counters[name]} simulated, the cycle model says {expected}"
        for name, expected in run.counters.items()
        if counters[name] != expected
    ]
    return found


@cocotb.test()
async def network(dut) -> None:
    """Every operation by itself, on what the one before left; then the whole program."""
    stimulus = read(STIMULUS)
    Clock(dut.clk, PERIOD, unit="ns").start()
    host = Host(dut)
    await host.reset()
    if stimulus.stalls:
        host.stall()
    assert await host.get("identity") == IDENTITY
    assert await host.get("configuration") == stimulus.configuration, "another configuration"
    await host.load(LoadTarget.WEIGHTS, stimulus.weights)
    await host.load(LoadTarget.PARAMETERS, stimulus.parameters)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for index, run in enumerate(stimulus.runs):
        if index in (0, len(stimulus.runs) - 1):
            await host.load_tensor(stimulus.input, stimulus.image)
        sent = run.result.map_shape[1] * run.result.row_words
        words = await host.run(run.program, run.counters["cycles"] + sent + MARGIN)
        codes = run.result.codes(words)
        counters = await host.counters()
        found = differences(run, codes, counters)
        record = {"counters": counters, "differences": found}
        (RESULTS / f"{index:03d}.json").write_text(json.dumps(record))
        assert not found, f"{run.name}: {'; '.join(found)}"
