"""The controller: launch edges and cycles exactly as its constants say, and every way to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hw.config import EngineConfig
from hw.engine.controller import DESCRIPTOR_CYCLES, FIRST_LAUNCH, NEXT_LAUNCH, Controller
from hw.engine.program import DESCRIPTOR_WORDS, ErrorCode, Opcode, descriptor_words
from hw.engine.registers import NO_TIMEOUT
from tests.helpers.clocked import simulate
from tests.helpers.descriptors import operation

END = {"opcode": Opcode.END, "output_height": 1, "output_row_bytes": 1}
SENDING = 5


@pytest.fixture
def config(config: EngineConfig) -> EngineConfig:
    """Room for four descriptors."""
    return replace(config, program_words=128)


@dataclass
class Run:
    """What a run did; edges are counted from the one that sees `start`, which is edge 0.

    launches: edge and parameter_base of each. resets: edges that see `layer_reset`. ended: edge
    after which it is no longer busy.
    """

    launches: list[tuple[int, int]] = field(default_factory=list)
    resets: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    sends: int = 0
    ended: int = 0
    error: ErrorCode = ErrorCode.NONE
    done: int = 0
    cycles: int = 0


class Bench:
    """Stands for program memory, layer unit, sender and host."""

    def __init__(self, dut: Controller, layers: list[dict[str, int]]):
        self.dut = dut
        self.words = [word for fields in layers for word in descriptor_words(fields)]
        self.length = len(self.words)
        self.durations = [10] * len(layers)
        self.at: dict[int, Any] = {}
        self.timeout = NO_TIMEOUT

    async def run(self, ctx: Any, edges: int = 400) -> Run:
        """Run once. at: signals that are pulsed at an edge."""
        dut, run, running, sending = self.dut, Run(), 0, 0
        ctx.set(dut.program_length, self.length)
        ctx.set(dut.timeout, self.timeout)
        durations = list(self.durations)
        for edge in range(edges):
            ctx.set(dut.start, edge == 0)
            for signal in (dut.abort, dut.clear, dut.address_error, dut.send_error, dut.load_error):
                ctx.set(signal, self.at.get(edge) is signal)
            ctx.set(dut.finished, running == 1)
            ctx.set(dut.send_finished, sending == 1)
            word = self.words[ctx.get(dut.program_address) % len(self.words)]
            *_, launch, send, reset, stop = await ctx.tick().sample(
                dut.launch, dut.send, dut.layer_reset, dut.stop
            )
            ctx.set(dut.program_word, word)
            running, sending = max(running - 1, 0), max(sending - 1, 0)
            if reset:
                run.resets.append(edge)
                running = 0
            if stop:
                run.stops.append(edge)
                sending = 0
            if launch:
                run.launches.append((edge, ctx.get(dut.descriptor.parameter_base)))
                running = durations.pop(0)
            if send:
                run.sends += 1
                sending = SENDING
            if run.ended == 0 and not ctx.get(dut.busy):
                run.ended = edge
        run.error = ErrorCode(ctx.get(dut.error))
        run.done, run.cycles = ctx.get(dut.done), ctx.get(dut.cycles)
        assert not ctx.get(dut.busy)
        return run


def layers_of(config: EngineConfig, count: int, **fields: int) -> list[dict[str, int]]:
    return [
        operation(config, output_row_bytes=4, parameter_words=1, parameter_base=index) | fields
        for index in range(count)
    ]


def perform(
    config: EngineConfig,
    layers: list[dict[str, int]],
    change: Callable[[Bench], None] | None = None,
) -> Run:
    """A run of a valid program; a good one of one layer follows where it fails."""
    bench = Bench(Controller(config), layers)
    if change:
        change(bench)
    runs: list[Run] = []

    async def testbench(ctx: Any) -> None:
        ctx.set(bench.dut.program_valid, 1)
        runs.append(await bench.run(ctx))
        if runs[0].error:
            ignored = await bench.run(ctx, 40)
            assert (ignored.error, ignored.launches) == (runs[0].error, [])
            ctx.set(bench.dut.clear, 1)
            await ctx.tick()
            ctx.set(bench.dut.clear, 0)
            assert ctx.get(bench.dut.error) == ErrorCode.NONE
        good = Bench(bench.dut, [*layers_of(config, 1), END])
        after = await good.run(ctx, 100)
        assert (after.error, after.done, after.launches) == (0, 1, [(FIRST_LAUNCH, 0)])

    simulate(bench.dut, testbench)
    return runs[0]


@pytest.mark.parametrize("durations", [[50, 40, 60], [1, 1, 1], [17, 18, 19], [5, 30, 2]])
def test_launches_and_cycles(config: EngineConfig, durations: list[int]) -> None:
    def change(bench: Bench) -> None:
        bench.durations = durations

    run = perform(config, [*layers_of(config, 3), END], change)
    launches, finished = [FIRST_LAUNCH], 0
    for duration in durations:
        finished = launches[-1] + duration
        launches.append(max(finished + NEXT_LAUNCH, launches[-1] + DESCRIPTOR_CYCLES))
    assert run.launches == [(edge, k) for k, edge in enumerate(launches[:-1])]
    assert run.cycles == finished
    # The units are reset at the edge before each launch, and before sending.
    assert run.resets == [edge - 1 for edge in launches]
    assert (run.sends, run.done, run.error, run.stops) == (1, 1, ErrorCode.NONE, [])
    assert run.ended == launches[-1] + SENDING


def test_the_constants_count_the_words_of_a_descriptor() -> None:
    assert FIRST_LAUNCH == DESCRIPTOR_WORDS + 3
    assert DESCRIPTOR_CYCLES == DESCRIPTOR_WORDS + 2
    assert NEXT_LAUNCH == 2


def test_a_program_without_layers_takes_no_cycles(config: EngineConfig) -> None:
    run = perform(config, [END])
    assert (run.done, run.cycles, run.launches, run.sends) == (1, 0, [], 1)


WRONG: dict[str, tuple[dict[str, int], ErrorCode]] = {
    "opcode": ({"opcode": 9}, ErrorCode.OPCODE),
    "width_1": ({"bits": 1}, ErrorCode.WEIGHT_WIDTH),
    "width_9": ({"bits": 9}, ErrorCode.WEIGHT_WIDTH),
    "no_tiles": ({"tiles": 0}, ErrorCode.FIELD),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("place", [0, 1])
def test_a_wrong_descriptor_is_not_launched(config: EngineConfig, name: str, place: int) -> None:
    fields, error = WRONG[name]
    layers = [*layers_of(config, 2), END]
    layers[place] |= fields
    run = perform(config, layers)
    assert (run.error, run.done, run.sends) == (error, 0, 0)
    assert len(run.launches) == place
    assert run.ended == FIRST_LAUNCH - 1 + place * DESCRIPTOR_CYCLES


def test_a_program_without_an_end(config: EngineConfig) -> None:
    run = perform(config, layers_of(config, 2))
    assert (run.error, len(run.launches), run.sends) == (ErrorCode.OPCODE, 2, 0)


def test_an_empty_program(config: EngineConfig) -> None:
    def change(bench: Bench) -> None:
        bench.length = 0

    assert perform(config, [END], change).error == ErrorCode.OPCODE


def test_a_wrong_end_sends_nothing(config: EngineConfig) -> None:
    run = perform(config, [END | {"output_height": 0}])
    assert (run.error, run.sends) == (ErrorCode.FIELD, 0)


@pytest.mark.parametrize("late", [0, 1])
def test_timeout_is_the_last_cycle_allowed(config: EngineConfig, late: int) -> None:
    finished = FIRST_LAUNCH + DESCRIPTOR_CYCLES + 30

    def change(bench: Bench) -> None:
        bench.durations = [4, 30]
        bench.timeout = finished - late

    run = perform(config, [*layers_of(config, 2), END], change)
    if late:
        assert (run.error, run.done, run.ended) == (ErrorCode.TIMEOUT, 0, finished)
        assert run.stops == run.resets[-1:] == [finished]
    else:
        assert (run.error, run.done, run.cycles) == (ErrorCode.NONE, 1, finished)


@pytest.mark.parametrize("timeout", [0, 20, FIRST_LAUNCH - 1])
def test_a_timeout_before_the_first_launch(config: EngineConfig, timeout: int) -> None:
    def change(bench: Bench) -> None:
        bench.timeout = timeout

    run = perform(config, [*layers_of(config, 1), END], change)
    assert (run.error, run.ended) == (ErrorCode.TIMEOUT, FIRST_LAUNCH)


def stopping(edge: int, signal: str) -> Callable[[Bench], None]:
    def change(bench: Bench) -> None:
        bench.at = {edge: getattr(bench.dut, signal)}

    return change


@pytest.mark.parametrize("edge", [FIRST_LAUNCH + 1, FIRST_LAUNCH + 9, FIRST_LAUNCH + 10])
def test_an_address_error_stops_the_layer_at_once(config: EngineConfig, edge: int) -> None:
    run = perform(config, [*layers_of(config, 2), END], stopping(edge, "address_error"))
    assert (run.error, run.ended, run.done) == (ErrorCode.ADDRESS, edge, 0)
    assert run.resets[-1] == edge
    assert len(run.launches) == 1


def test_a_result_beyond_the_memory(config: EngineConfig) -> None:
    edge = FIRST_LAUNCH + 3
    run = perform(config, [END], stopping(edge, "send_error"))
    assert (run.error, run.ended, run.done, run.sends) == (ErrorCode.ADDRESS, edge, 0, 1)


@pytest.mark.parametrize("edge", range(1, 2 * FIRST_LAUNCH, 3))
def test_abort_ends_a_run_without_an_error(config: EngineConfig, edge: int) -> None:
    run = perform(config, [*layers_of(config, 1), END], stopping(edge, "abort"))
    assert (run.error, run.done, run.ended, run.stops) == (ErrorCode.NONE, 0, edge, [edge])


def test_clear_does_not_disturb_a_run(config: EngineConfig) -> None:
    run = perform(config, [*layers_of(config, 1), END], stopping(FIRST_LAUNCH + 2, "clear"))
    assert (run.error, run.done) == (ErrorCode.NONE, 1)


def test_errors_of_an_idle_engine_are_kept_until_cleared(config: EngineConfig) -> None:
    dut = Controller(config)

    async def pulsed(ctx: Any, *signals: Any) -> tuple[int, int]:
        for signal in signals:
            ctx.set(signal, 1)
        await ctx.tick()
        for signal in signals:
            ctx.set(signal, 0)
        return ctx.get(dut.error), ctx.get(dut.busy)

    async def bench(ctx: Any) -> None:
        assert await pulsed(ctx, dut.start) == (ErrorCode.NO_PROGRAM, 0)
        assert await pulsed(ctx, dut.load_error) == (ErrorCode.NO_PROGRAM, 0)
        assert await pulsed(ctx, dut.clear) == (ErrorCode.NONE, 0)
        assert await pulsed(ctx, dut.checksum_error) == (ErrorCode.CHECKSUM, 0)
        assert await pulsed(ctx, dut.abort) == (ErrorCode.CHECKSUM, 0)
        assert await pulsed(ctx, dut.clear) == (ErrorCode.NONE, 0)
        assert await pulsed(ctx, dut.load_error) == (ErrorCode.LOAD, 0)
        assert await pulsed(ctx, dut.clear) == (ErrorCode.NONE, 0)
        ctx.set(dut.program_valid, 1)
        assert await pulsed(ctx, dut.start, dut.clear) == (ErrorCode.NONE, 0)
        assert await pulsed(ctx, dut.start, dut.abort) == (ErrorCode.NONE, 0)
        assert await pulsed(ctx, dut.start) == (ErrorCode.NONE, 1)

    simulate(dut, bench)
