# amaranth: UnusedElaboratable=no
"""The engine behind its ports: whole networks with every counter, aborts and loads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hw.engine.engine import Engine
from hw.engine.load_port import LoadTarget
from hw.engine.registers import configuration_id
from tests.helpers.engine_host import Host
from tests.helpers.engine_network import (
    CODES,
    CONFIG,
    IMAGE,
    PROGRAM,
    check_run,
    expected_counters,
)


@pytest.mark.parametrize("waits", [False, True])
def test_a_network_twice(waits: bool) -> None:
    """Codes are golden and counters are the model's, whatever the host does meanwhile."""
    host = Host(CONFIG, waits=waits)

    async def bench(ctx: Any) -> None:
        assert await host.read(ctx, "configuration") == configuration_id(CONFIG)
        await host.load_weights(ctx, PROGRAM)
        await check_run(ctx, host)
        assert await host.counters(ctx) == expected_counters()
        await host.load_input(ctx, PROGRAM, IMAGE)
        await host.control(ctx, "start")
        (packet,) = (await host.outcome(ctx)).packets
        np.testing.assert_array_equal(PROGRAM.output.codes(packet), CODES)
        assert await host.counters(ctx) == expected_counters()

    host.simulate(bench)


async def start(ctx: Any, host: Host) -> None:
    await host.load_input(ctx, PROGRAM, IMAGE)
    await host.load(ctx, LoadTarget.PROGRAM, PROGRAM.words)
    await ctx.tick().repeat(3)
    await host.control(ctx, "start")


def test_abort_during_a_run() -> None:
    """At once, without an error; loads wait as long as the run lasts."""
    host = Host(CONFIG)

    async def bench(ctx: Any) -> None:
        await host.load_weights(ctx, PROGRAM)
        for edges in (3, 25, 40, 60):
            await start(ctx, host)
            await ctx.tick().repeat(edges)
            assert await host.read(ctx, "status") & 7 == 1
            assert not ctx.get(host.dut.s_axis_tready)
            await host.control(ctx, "abort")
            assert await host.read(ctx, "status") & 7 == 0
            await check_run(ctx, host)

    host.simulate(bench)


def test_abort_while_the_host_does_not_take_the_result() -> None:
    """The offered word stays, a word of 0 closes the packet, the next result is a packet again."""
    host = Host(CONFIG)

    async def bench(ctx: Any) -> None:
        await host.load_weights(ctx, PROGRAM)
        host.takes = False
        await start(ctx, host)
        await ctx.tick().repeat(expected_counters()["cycles"] + 30)
        assert ctx.get(host.dut.m_axis_tvalid)
        assert await host.read(ctx, "status") & 7 == 1
        await host.control(ctx, "abort")
        assert await host.read(ctx, "status") & 7 == 0
        host.takes = True
        await ctx.tick().repeat(8)
        assert [(len(packet), packet[-1]) for packet in host.packets] == [(2, 0)]
        host.packets.clear()
        await check_run(ctx, host)

    host.simulate(bench)


@pytest.mark.parametrize("bit", ["abort", "clear"])
def test_a_forgotten_load_does_not_move_the_next_one(bit: str) -> None:
    host = Host(CONFIG)

    async def bench(ctx: Any) -> None:
        await host.write(ctx, "load_target", LoadTarget.PARAMETERS)
        ctx.set(host.dut.s_axis_tvalid, 1)
        await ctx.tick().until(host.dut.s_axis_tready)
        ctx.set(host.dut.s_axis_tvalid, 0)
        assert await host.read(ctx, "status") == 1 << 4
        await host.control(ctx, bit)
        assert await host.read(ctx, "status") == 0
        await host.load_weights(ctx, PROGRAM)
        await check_run(ctx, host)

    host.simulate(bench)


def test_the_ports_have_the_names_of_the_bus() -> None:
    names = set(Engine(CONFIG).signature.members)
    channels = {
        "aw": ("addr", "prot", "valid", "ready"),
        "w": ("data", "strb", "valid", "ready"),
        "b": ("resp", "valid", "ready"),
        "ar": ("addr", "prot", "valid", "ready"),
        "r": ("data", "resp", "valid", "ready"),
    }
    expected = {f"s_axil_{c}{signal}" for c, signals in channels.items() for signal in signals}
    for stream in ("s_axis", "m_axis"):
        expected |= {f"{stream}_{name}" for name in ("tdata", "tvalid", "tready", "tlast")}
    assert names == expected | {"irq"}
