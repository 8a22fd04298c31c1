"""Runs a component in Amaranth's simulator."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from amaranth.sim import Simulator


def simulate(dut: Any, bench: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    """Run `bench` to its end; clock edges are what it waits for with `ctx.tick()`."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


async def pulse(ctx: Any, signal: Any) -> None:
    """One clock edge that sees `signal` high."""
    ctx.set(signal, 1)
    await ctx.tick()
    ctx.set(signal, 0)
