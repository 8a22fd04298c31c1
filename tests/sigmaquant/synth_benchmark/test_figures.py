from dataclasses import replace

import pytest

from sigmaquant.synth_benchmark.figures import figures, image, library
from sigmaquant.synth_benchmark.plan import BEST_INT8, BRICKS, OURS, PLAN
from sigmaquant.synth_benchmark.record import MIX, Figures
from tests.helpers import synth_figures as made

BAND = (1.0, 2.4)


@pytest.fixture(scope="module")
def found() -> Figures:
    return made.made_up()


def test_a_record_has_what_is_published(found: Figures):
    stored = found.model_dump(mode="json")
    design = stored["libraries"][made.LIBRARY]["designs"][OURS]
    assert set(design["area_per_mac_cycle"]) == {"2", "4", "6", "8", "mix"}
    assert set(design["energy_fj_per_mac"]) == {"2", "4", "6", "8", "mix"}
    assert {"area_um2", "period_ns"} <= set(design)
    assert Figures.model_validate(stored) == found


def test_the_mix_weighs_area_by_time_and_energy_by_work(found: Figures):
    design = found.main.designs[OURS]
    mean = sum(share * bits for bits, share in PLAN.mix.items())
    assert design.area_per_mac_cycle[MIX] == pytest.approx(
        design.area_per_mac_cycle["8"] * mean / 8
    )
    assert design.energy_fj_per_mac[MIX] == pytest.approx(design.energy_fj_per_mac["8"] * mean / 8)


def test_an_array_that_misses_the_clock_has_a_slower_one(found: Figures):
    designs = found.main.designs
    assert designs[BRICKS].period_ns == designs[BRICKS].critical_path_ns > made.PERIOD_NS
    assert designs[OURS].period_ns == made.PERIOD_NS


def test_an_image_takes_energy_while_it_computes_waits_and_leaks(found: Figures):
    each = found.main.inference[made.NETWORK][OURS]
    assert each.engine
    assert each.time_us == pytest.approx(9_000 * made.PERIOD_NS / 1000)
    assert each.active_nj == pytest.approx(200.0 * 4_000_000 / 1e6)
    assert each.idle_nj == pytest.approx(500 * 20_000.0 / 1e6)
    # 2 mW for 18 us are 36 nJ.
    assert each.leakage_nj == pytest.approx(36.0)
    assert each.array_nj == pytest.approx(800 + 10 + 36)
    assert each.energy_delay_nj_us == pytest.approx(846 * 18)
    assert each.area_time_um2_us == pytest.approx(131_945 * 18)
    assert each.memory_nj == dict.fromkeys(made.MEMORIES, 250.0)
    assert each.memory_leakage_nj == pytest.approx(4 * 1.0 * 18)


def test_without_a_node_there_are_no_memories():
    each = library(PLAN, made.measured(memories=False)).inference[made.NETWORK][OURS]
    assert (each.memory_nj, each.memory_leakage_nj, each.memory_area_um2) == (None, None, None)


def test_without_an_engine_the_cycles_are_the_array_s(found: Figures):
    latency = made.latency(OURS)
    alone = latency.model_copy(update={"engine": latency.engine.model_copy(
        update={"cycles": None, "steps": None, "memories": []}
    )})  # fmt: skip
    each = image(found.main.designs[OURS], alone, None, memories=True)
    assert (each.engine, each.cycles, each.steps) == (False, latency.cycles, latency.steps)
    assert (each.array_nj, each.memory_nj) == (None, None)


def test_an_energy_that_was_not_measured_is_a_demand_not_met():
    measured = made.measured(energies={OURS: made.energy(OURS)})
    found = figures(PLAN, {made.LIBRARY: measured}, BAND, 1.0)
    missing = [bar for bar in found.bars if bar.value is None]
    assert {bar.name for bar in missing} == {
        name for name in PLAN.limits if name.startswith("energy")
    }
    assert not any(bar.met for bar in missing)
    assert found.main.designs[BEST_INT8[0]].energy_fj_per_mac == {}


def test_demands_are_made_of_allocated_networks_alone():
    latencies = {name: {OURS: made.latency(OURS)} for name in (made.NETWORK, "digits")}
    measured = made.measured(latencies=latencies, networks={})
    found = figures(replace(PLAN, limits={}), {made.LIBRARY: measured}, BAND, 1.0)
    assert [bar.name for bar in found.bars] == [
        f"{name}_{made.NETWORK}" for name in PLAN.network_limits
    ]
