"""Programs: launches follow one another, shares of the peak add up, the bound is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compiler.program import Program, compile_network
from hw.config import EngineConfig, engine_preset
from hw.engine.controller import DESCRIPTOR_CYCLES, FIRST_LAUNCH, NEXT_LAUNCH
from sim.networks import build
from sim.program_model import alone_cycles, program_timing
from tests.helpers.descriptors import operation
from tests.helpers.networks import random_network


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_network(build("resnet20", None), engine_preset("edge"))


def test_cycles_of_a_program_are_those_of_its_operations(program: Program) -> None:
    timing = program_timing(program)
    *others, last = timing.operations
    assert timing.cycles == FIRST_LAUNCH + sum(each.cycles for each in others) + last.cycles
    assert last.cycles == last.timing.cycles
    for each in others:
        assert each.cycles == max(each.timing.cycles + NEXT_LAUNCH, DESCRIPTOR_CYCLES)


def test_an_operation_alone_takes_its_program_s_start(program: Program) -> None:
    first = program.operations[0]
    alone = replace(program, operations=(first,))
    timing = program_timing(alone)
    assert timing.cycles == alone_cycles(timing.operations[0].timing)
    assert timing.utilization == timing.utilization_overall


def test_a_program_without_macs_uses_nothing(program: Program) -> None:
    pools = tuple(each for each in program.operations if not each.macs)
    assert pools
    timing = program_timing(replace(program, operations=pools))
    assert timing.utilization == timing.utilization_overall == 0


def test_small_operations_wait_for_the_next_descriptor(small_engine: EngineConfig) -> None:
    program = compile_network(random_network(1, image=(3, 4, 4)), small_engine)
    small = replace(program.operations[0], fields=operation(small_engine))
    timing = program_timing(replace(program, operations=(small,) * 3))
    alone = timing.operations[-1].cycles
    assert alone + NEXT_LAUNCH < DESCRIPTOR_CYCLES
    cycles = [each.cycles for each in timing.operations]
    assert cycles == [DESCRIPTOR_CYCLES, DESCRIPTOR_CYCLES, alone]


def test_shares_and_bounds(program: Program) -> None:
    timing = program_timing(program)
    shares = {
        operation.names[0]: share
        for operation, share in zip(program.operations, timing.operations, strict=True)
    }
    assert shares["conv1"].bound == "lanes"
    assert shares["stage1_block1_conv1"].bound == "fill"
    assert shares["stage2_block1_shortcut"].bound == "lanes"
    assert shares["linear"].utilization < 0.1
    assert all(0 <= share.utilization <= 1 for share in timing.operations)
    assert 0.9 < timing.utilization_overall < timing.utilization < 1


@pytest.mark.parametrize(
    ("network", "least"), [("resnet20", 0.9), ("resnet8", 0.8), ("ds_cnn", 0.5)]
)
@pytest.mark.parametrize("bits", [None, 8])
def test_the_array_is_used(network: str, least: float, bits: int | None) -> None:
    timing = program_timing(compile_network(build(network, bits), engine_preset("edge")))
    assert timing.utilization >= least


def test_cycles_follow_the_width() -> None:
    cycles = {
        bits: program_timing(compile_network(build("resnet20", bits), engine_preset("edge"))).cycles
        for bits in (8, 6, 4, 2)
    }
    for bits in (6, 4, 2):
        assert cycles[bits] / cycles[8] == pytest.approx(bits / 8, rel=0.1)
