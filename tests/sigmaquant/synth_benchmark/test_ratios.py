import pytest

from sigmaquant.synth_benchmark.plan import BEST_INT8, OURS, PLAIN_INT8, PLAN
from sigmaquant.synth_benchmark.ratios import bars, ratios
from sigmaquant.synth_benchmark.record import Figures
from tests.helpers import synth_figures as made


@pytest.fixture(scope="module")
def found() -> Figures:
    return made.made_up()


def test_every_demand_has_a_ratio(found: Figures):
    names = set(PLAN.limits) | {f"{name}_{made.NETWORK}" for name in PLAN.network_limits}
    assert names <= set(found.main.ratios)
    assert [bar.name for bar in found.bars] == [
        *PLAN.limits,
        *(f"{name}_{made.NETWORK}" for name in PLAN.network_limits),
    ]


def test_each_figure_is_held_against_the_rival_that_is_best_in_it(found: Figures):
    designs = dict(found.main.designs)
    booth, plain = BEST_INT8
    small = designs[booth].area_per_mac_cycle
    frugal = {width: each / 2 for width, each in designs[plain].energy_fj_per_mac.items()}
    designs[plain] = designs[plain].model_copy(update={"energy_fj_per_mac": frugal})
    ours = designs[OURS]

    against = ratios(designs, {})

    assert against["area_8bit_of_best_int8"] == pytest.approx(
        ours.area_per_mac_cycle["8"] / small["8"]
    )
    assert against["energy_8bit_of_best_int8"] == pytest.approx(
        ours.energy_fj_per_mac["8"] / frugal["8"]
    )


def test_a_rival_that_is_not_there_gives_no_ratio(found: Figures):
    designs = {OURS: found.main.designs[OURS], BEST_INT8[0]: found.main.designs[BEST_INT8[0]]}
    against = ratios(designs, {})
    assert {name.partition("_of_")[2] for name in against} == {"best_int8"}


@pytest.mark.parametrize(("value", "met"), [(0.30, True), (0.3001, False), (None, False)])
def test_a_demand_holds_up_to_its_limit(value: float | None, met: bool):
    name = "area_mix_of_int8_pe"
    given = {} if value is None else {name: value}
    (bar,) = [bar for bar in bars(PLAN, given, []) if bar.name == name]
    assert (bar.limit, bar.value, bar.met) == (0.30, value, met)


def test_area_against_processing_elements(found: Figures):
    share = made.AREAS[OURS] / made.AREAS[PLAIN_INT8] * 4.7 / 8
    assert found.main.ratios["area_mix_of_int8_pe"] == pytest.approx(share)
