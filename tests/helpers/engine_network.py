"""A small network on a small engine, and what its run must give."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.program import Program, compile_network
from hw.config import ArrayConfig, EngineConfig
from sim.golden import run
from sim.networks.builder import NetworkBuilder
from sim.program_model import program_timing
from tests.helpers.engine_host import Host
from tests.helpers.networks import random_images

SEED = 9
CONFIG = EngineConfig(
    array=ArrayConfig(unit="pair_sum2", rows=2, columns=2, lanes=6),
    activation_lines=16,
    weight_words=256,
    parameter_words=64,
    program_words=128,
)
COUNTED = (
    "steps",
    "blocked",
    "activation_reads",
    "activation_writes",
    "residual_reads",
    "weight_reads",
    "parameter_reads",
)


def compiled() -> tuple[Program, NDArray[np.uint8], NDArray[np.uint8]]:
    """A program of two operations, the image, the codes it must give."""
    build = NetworkBuilder(np.random.default_rng(SEED), (2, 2, 5))
    build.conv("first", "image", 2, 3, 2)
    build.conv("second", "first", 2, 1, 3, padding=(0, 0))
    build.add("sum", "second", "first")
    network = build.network("engine", made_by="tests")
    images = random_images(network, 1, SEED)
    codes = run(network, images)[network.output][0]
    return compile_network(network, CONFIG), images[0], codes


PROGRAM, IMAGE, CODES = compiled()


def with_checksum(words: list[int]) -> list[int]:
    """A program with these words."""
    return [*words, zlib.crc32(np.array(words, "<u4").tobytes())]


def expected_counters() -> dict[str, int]:
    """What the cycle model says of `PROGRAM`."""
    timing = program_timing(PROGRAM)
    shares = [share.timing for share in timing.operations]
    sums = {name: sum(getattr(share, name) for share in shares) for name in COUNTED}
    return {"cycles": timing.cycles} | sums


async def check_run(ctx: Any, host: Host) -> None:
    """The whole network; weights and parameters must be there."""
    await host.load_input(ctx, PROGRAM, IMAGE)
    outcome = await host.run(ctx, PROGRAM.words)
    assert (outcome.error, outcome.status["done"], outcome.status["busy"]) == (0, 1, 0)
    (packet,) = outcome.packets
    np.testing.assert_array_equal(PROGRAM.output.codes(packet), CODES)
    assert await host.read(ctx, "cycles") == expected_counters()["cycles"]
