# amaranth: UnusedElaboratable=no
"""Counters: sums of what happened since they were cleared."""

from __future__ import annotations

import random
from typing import Any

from hw.config import EngineConfig
from hw.engine.counters import COUNTER_BITS, Counters, event_shapes
from hw.engine.layer_unit import LayerUnit
from hw.engine.registers import COUNTERS
from tests.helpers.clocked import pulse, simulate


def test_sums_of_random_events(config: EngineConfig) -> None:
    dut, rng = Counters(config), random.Random(8)
    sums = dict.fromkeys(event_shapes(config), 0)

    async def bench(ctx: Any) -> None:
        for name in sums:
            ctx.set(getattr(dut, name), 1)
        await ctx.tick().repeat(3)
        await pulse(ctx, dut.clear)
        for _ in range(200):
            for name, shape in event_shapes(config).items():
                value = rng.randrange(shape.stop)
                ctx.set(getattr(dut, name), value)
                sums[name] += value
            await ctx.tick()
        assert {name: ctx.get(getattr(dut, f"{name}_count")) for name in sums} == sums

    simulate(dut, bench)


def test_every_event_of_the_layer_unit_fits_and_has_a_register(config: EngineConfig) -> None:
    layers = LayerUnit(config)
    counters = Counters(config)
    for name in event_shapes(config):
        assert len(getattr(counters, name)) == len(getattr(layers, name))
        assert len(getattr(counters, f"{name}_count")) == COUNTER_BITS
        assert name in COUNTERS or f"{name}s" in COUNTERS
    assert len(COUNTERS) == 1 + len(event_shapes(config))
