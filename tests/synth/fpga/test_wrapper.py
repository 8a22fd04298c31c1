"""The wrapper in simulation: the design computes in it what it computes alone."""

import random

from amaranth.sim import Simulator

from synth.fpga.wrapper import ScanWrapper
from tests.synth.small_designs import ACCUMULATOR_BITS, MultiplyAccumulate

BITS = 4
CYCLES = 200
RESET_AT = range(120, 123)


def simulated(scanned: list[int]) -> list[int]:
    """scan_out before each clock edge."""
    wrapper = ScanWrapper(lambda: MultiplyAccumulate(BITS))
    simulator = Simulator(wrapper)
    simulator.add_clock(1e-6, domain="scan")
    seen: list[int] = []

    async def drive(context) -> None:
        for cycle, bit in enumerate(scanned):
            context.set(wrapper.scan_in, bit)
            context.set(wrapper.rst, cycle in RESET_AT)
            seen.append(context.get(wrapper.scan_out))
            await context.tick("scan")

    simulator.add_testbench(drive)
    simulator.run()
    return seen


def modelled(scanned: list[int]) -> list[int]:
    """The same in plain integers; ports in the order x, w, clear."""
    mask = (1 << ACCUMULATOR_BITS) - 1
    held = accumulator = captured = signature = reset = 0
    seen = []
    for cycle, bit in enumerate(scanned):
        seen.append(signature >> (ACCUMULATOR_BITS - 1))
        x, w, clear = held & 15, held >> BITS & 15, held >> 2 * BITS
        product = x * (w - 16 if w > 7 else w)
        signature = (captured ^ signature << 1) & mask
        captured = accumulator
        accumulator = 0 if reset else (product + (0 if clear else accumulator)) & mask
        held = (held << 1 | bit) & 0x1FF
        reset = cycle in RESET_AT
    return seen


def test_the_design_computes_the_same_within_its_wrapper() -> None:
    generator = random.Random(1)
    scanned = [generator.getrandbits(1) for _ in range(CYCLES)]
    expected = modelled(scanned)
    assert simulated(scanned) == expected
    assert 0 < sum(expected[150:]) < CYCLES - 150
    scanned[160] ^= 1
    assert modelled(scanned) != expected, "an input that no output shows would prove nothing"
