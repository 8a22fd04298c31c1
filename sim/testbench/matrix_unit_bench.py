"""Runs layers through the matrix unit's Verilog: codes equal golden, cycles equal the cycle model.

cocotb loads this module. SIGMAQUANT_STIMULUS names a folder with one stimulus folder per run;
SIGMAQUANT_RESULTS one that takes a JSON file per run, passed or failed; SIGMAQUANT_PID a file that
takes the simulator's process id.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

from compiler.streams import collect_codes
from hw.requantizer import LayerParameters
from sim.testbench.stimulus import MANIFEST, Stimulus, read, stream_words

STIMULUS = Path(os.environ["SIGMAQUANT_STIMULUS"])
RESULTS = Path(os.environ["SIGMAQUANT_RESULTS"])
Path(os.environ["SIGMAQUANT_PID"]).write_text(str(os.getpid()))
RUNS = sorted(folder.name for folder in STIMULUS.iterdir() if (folder / MANIFEST).exists())
SURPLUS_CYCLES = 32


class Source:
    """Drives one input stream; each word waits its gap after the previous one was taken."""

    def __init__(self, dut, name: str, words: Sequence[int], gaps: Sequence[int]):
        self._valid, self._ready = dut[f"{name}__valid"], dut[f"{name}__ready"]
        self._payload = dut[f"{name}__payload"]
        self._words, self._gaps = words, gaps
        self._index = -1
        self._wait = 0
        self._offering = False
        self._next()

    @property
    def exhausted(self) -> bool:
        """Whether every word was taken."""
        return self._index == len(self._words)

    def _next(self) -> None:
        self._index += 1
        self._wait = self._gaps[self._index % len(self._gaps)]
        self._offering = False
        self._valid.value = 0
        self._offer()

    def _offer(self) -> None:
        if self._index < len(self._words) and self._wait == 0:
            self._payload.value = self._words[self._index]
            self._valid.value = 1
            self._offering = True

    def after_edge(self) -> None:
        """Look at the handshake of the clock edge just passed and prepare the next one."""
        if self._offering:
            if self._ready.value == 1:
                self._next()
        elif self._wait:
            self._wait -= 1
            self._offer()


class Sink:
    """Takes the output stream; refuses for a gap after each word."""

    def __init__(self, dut, name: str, gaps: Sequence[int]):
        self._valid, self._ready = dut[f"{name}__valid"], dut[f"{name}__ready"]
        self._payload = dut[f"{name}__payload"]
        self._gaps = gaps
        self.words: list[int] = []
        self._refuse(gaps[0])

    def _refuse(self, cycles: int) -> None:
        self._wait = cycles
        self._ready.value = int(cycles == 0)

    def after_edge(self) -> bool:
        """Take the word of the clock edge just passed, if there was one; tell whether there was."""
        if self._wait:
            self._refuse(self._wait - 1)
            return False
        if self._valid.value != 1:
            return False
        self.words.append(self._payload.value.to_unsigned())
        self._refuse(self._gaps[len(self.words) % len(self._gaps)])
        return True


async def reset(dut, stimulus: Stimulus) -> None:
    """Reset and configure; every input is driven."""
    plan, streams = stimulus.streams.plan, stimulus.streams
    for name in ("activations", "weights", "parameters"):
        dut[f"{name}__valid"].value = 0
        dut[f"{name}__payload"].value = 0
    dut["output__ready"].value = 0
    dut.beats.value = plan.beats
    layer: dict[int | str, int] = {
        "zero_point": streams.zero_point,
        "minimum": streams.minimum,
        "maximum": streams.maximum,
    }
    dut.layer.value = LayerParameters.const(layer).as_value().value
    dut.rst.value = 1
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value = 0


async def run(dut, stimulus: Stimulus) -> tuple[list[int], int]:
    """Stream one layer through; returns the output words and the cycles it took."""
    await reset(dut, stimulus)
    stalls = stimulus.stalls
    activations, weights, parameters = stream_words(stimulus.streams)
    sources = [
        Source(dut, "activations", activations, stalls.activations),
        Source(dut, "weights", weights, stalls.weights),
        Source(dut, "parameters", parameters, stalls.parameters),
    ]
    sink = Sink(dut, "output", stalls.output)
    edge = RisingEdge(dut.clk)
    cycle = last = 0
    limit = 2 * stimulus.cycles + 1000
    while len(sink.words) < len(parameters):
        await edge
        cycle += 1
        assert cycle < limit, f"no end after {cycle} cycles: {len(sink.words)} words came out"
        for source in sources:
            source.after_edge()
        if sink.after_edge():
            last = cycle
    for _ in range(SURPLUS_CYCLES):
        await edge
        assert not sink.after_edge(), "a surplus word came out after the layer's last one"
    assert all(source.exhausted for source in sources), "input words were left over"
    return sink.words, last


def first_difference(got: np.ndarray, expected: np.ndarray) -> str:
    """Where hardware and golden model part, for people."""
    channel, position = (int(axis[0]) for axis in np.nonzero(got != expected))
    return (
        f"{np.count_nonzero(got != expected)} of {expected.size} codes differ, first at channel "
        f"{channel}, position {position}: hardware {got[channel, position]}, golden model "
        f"{expected[channel, position]}"
    )


@cocotb.test()
@cocotb.parametrize(name=RUNS)
async def layer(dut, name: str) -> None:
    """One layer, as its stimulus tells."""
    stimulus = read(STIMULUS / name)
    Clock(dut.clk, 10, unit="ns").start()
    words, cycles = await run(dut, stimulus)
    codes = collect_codes(stimulus.streams.plan, words)
    bit_exact = bool(np.array_equal(codes, stimulus.codes))
    RESULTS.mkdir(parents=True, exist_ok=True)
    record = {"cycles": cycles, "bit_exact": bit_exact}
    (RESULTS / f"{name}.json").write_text(json.dumps(record))
    assert bit_exact, f"{name}: {first_difference(codes, stimulus.codes)}"
    assert cycles == stimulus.cycles, (
        f"{name}: {cycles} cycles simulated, the cycle model says {stimulus.cycles}"
    )
