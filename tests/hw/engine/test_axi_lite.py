"""The AXI4-Lite subordinate: every transfer once and in order, whatever waits for whatever."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hw.engine.axi_lite import AxiLite, Response
from tests.helpers.clocked import simulate

TRANSFERS = 60
BAD = 0x3F  # the word address that the register side refuses


class Channel:
    """Manager's side of a channel: items are offered, or accepted, with random waits."""

    def __init__(self, rng: random.Random, probability: float, items: list[int] | None = None):
        self.rng, self.probability = rng, probability
        self.items = items or []
        self.now = False
        self.done: list[Any] = []

    def choose(self) -> bool:
        """Valid or ready of this cycle; a valid stays until it is taken."""
        wanted = bool(self.items) and len(self.done) < len(self.items) if self.items else True
        self.now = wanted and (self.now or self.rng.random() < self.probability)
        return self.now

    def item(self) -> int:
        return self.items[min(len(self.done), len(self.items) - 1)]

    def took(self, item: Any) -> None:
        self.done.append(item)
        self.now = False


@pytest.mark.parametrize("probability", [1.0, 0.4])
def test_writes(probability: float) -> None:
    rng = random.Random(3)
    addresses = [rng.choice([0x00, 0x04, 0x7F, 0xFC]) for _ in range(TRANSFERS)]
    words = [rng.getrandbits(36) for _ in range(TRANSFERS)]
    dut: Any = AxiLite(8)
    aw, w = Channel(rng, probability, addresses), Channel(rng, probability, words)
    b = Channel(rng, probability)
    seen: list[tuple[int, int, int]] = []

    async def bench(ctx: Any) -> None:
        held = None
        for _ in range(TRANSFERS * 12):
            ctx.set(dut.awvalid, aw.choose())
            ctx.set(dut.awaddr, aw.item())
            ctx.set(dut.wvalid, w.choose())
            ctx.set(dut.wdata, w.item() & 0xFFFF_FFFF)
            ctx.set(dut.wstrb, w.item() >> 32)
            ctx.set(dut.bready, b.choose())
            ctx.set(dut.write_error, ctx.get(dut.write_address) == BAD)
            valid, response = ctx.get(dut.bvalid), ctx.get(dut.bresp)
            assert held is None or (valid, response) == (1, held), "an answer must stay"
            *_, took_aw, took_w, write, address, data, strobe = await ctx.tick().sample(
                dut.awvalid & dut.awready,
                dut.wvalid & dut.wready,
                dut.write,
                dut.write_address,
                dut.write_data,
                dut.write_strobe,
            )
            if write:
                seen.append((address, data, strobe))
            if took_aw:
                aw.took(aw.item())
            if took_w:
                w.took(w.item())
            held = response if valid and not b.now else None
            if valid and b.now:
                b.took(response)

    simulate(dut, bench)
    assert seen == [
        (address >> 2, word & 0xFFFF_FFFF, word >> 32)
        for address, word in zip(addresses, words, strict=True)
    ]
    assert b.done == [
        Response.SLVERR if address >> 2 == BAD else Response.OKAY for address in addresses
    ]


@pytest.mark.parametrize("probability", [1.0, 0.4])
def test_reads(probability: float) -> None:
    rng = random.Random(4)
    addresses = [4 * rng.randrange(64) for _ in range(TRANSFERS)]
    dut: Any = AxiLite(8)
    ar, r = Channel(rng, probability, addresses), Channel(rng, probability)

    async def bench(ctx: Any) -> None:
        held = None
        for cycle in range(TRANSFERS * 8):
            ctx.set(dut.arvalid, ar.choose())
            ctx.set(dut.araddr, ar.item())
            ctx.set(dut.rready, r.choose())
            # Registers change all the time: what counts is the edge at which `read` is high.
            word = ctx.get(dut.read_address)
            ctx.set(dut.read_data, word << 16 | (cycle if not ctx.get(dut.read) else 0xABC))
            ctx.set(dut.read_error, word == BAD)
            valid, answer = ctx.get(dut.rvalid), (ctx.get(dut.rdata), ctx.get(dut.rresp))
            assert held is None or (valid, answer) == (1, held), "an answer must stay"
            *_, took = await ctx.tick().sample(dut.arvalid & dut.arready)
            if took:
                ar.took(ar.item())
            held = answer if valid and not r.now else None
            if valid and r.now:
                r.took(answer)

    simulate(dut, bench)
    expected = [
        (word << 16 | 0xABC, Response.SLVERR if word == BAD else Response.OKAY)
        for word in (address >> 2 for address in addresses)
    ]
    assert r.done == expected


def test_no_output_follows_an_input_within_a_cycle() -> None:
    dut: Any = AxiLite(8)
    inputs = (dut.awvalid, dut.wvalid, dut.bready, dut.arvalid, dut.rready)
    outputs = (dut.awready, dut.wready, dut.bvalid, dut.arready, dut.rvalid)
    rng = random.Random(5)

    async def bench(ctx: Any) -> None:
        for _ in range(100):
            before = [ctx.get(signal) for signal in outputs]
            for signal in inputs:
                ctx.set(signal, rng.getrandbits(1))
                assert [ctx.get(signal) for signal in outputs] == before
            await ctx.tick()

    simulate(dut, bench)
