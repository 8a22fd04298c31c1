"""SRAM macros: what the sources say, the errors that the module states, and how words are cut."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.config import ENGINES
from synth import sram
from synth.errors import SynthesisInputError
from synth.memory_traffic import memories
from synth.sram import MACRO_BITS, TECHNOLOGY, Sram, WideMemory, check_node, interpolate, macro_runs

SPICE: list[dict[str, Any]] = json.loads(sram.TABLE.with_name("sram_spice.json").read_text())
SHAPES = [(bits, ports) for bits in MACRO_BITS for ports in (1, 2)]


@pytest.mark.parametrize(("bits", "ports"), SHAPES)
def test_a_macro_that_was_run_has_its_run_s_figures(bits: int, ports: int) -> None:
    for run in macro_runs(bits, ports):
        macro = Sram(words=int(run["words"]), bits=bits, ports=ports)
        figures = (macro.read_energy_fj, macro.write_energy_fj, macro.area_um2, macro.access_ns)
        expected = [run[name] for name in ("read_fj", "write_fj", "area_um2", "access_ns")]
        assert figures == pytest.approx(expected)


@pytest.mark.parametrize(
    ("figure", "bound"),
    [("read_fj", 0.19), ("write_fj", 0.31), ("area_um2", 0.09), ("access_ns", 0.29)],
)
def test_a_run_left_out_is_met_as_stated(figure: str, bound: float) -> None:
    errors = []
    for shape in SHAPES:
        runs = macro_runs(*shape)
        for run in runs[1:-1]:
            others = {each["words"]: each[figure] for each in runs if each is not run}
            errors.append(abs(interpolate(others, int(run["words"])) / run[figure] - 1))
    assert bound - 0.01 <= max(errors) <= bound


@given(st.integers(1, 4096), st.sampled_from(SHAPES))
def test_more_words_cost_no_less(words: int, shape: tuple[int, int]) -> None:
    bits, ports = shape
    small = Sram(words=words, bits=bits, ports=ports)
    large = Sram(words=min(2 * words, 4096), bits=bits, ports=ports)
    assert small.read_energy_fj <= large.read_energy_fj
    assert small.write_energy_fj <= large.write_energy_fj
    assert small.area_um2 <= large.area_um2
    assert small.leakage_nw <= large.leakage_nw


def test_a_second_port_costs() -> None:
    one, two = (Sram(words=1024, bits=64, ports=ports) for ports in (1, 2))
    for name in ("read_energy_fj", "write_energy_fj", "area_um2", "access_ns", "leakage_nw"):
        assert getattr(one, name) < getattr(two, name)


def leakage_terms(run: dict[str, Any]) -> list[float]:
    return [run["words"] * run["bits"], run["bits"], 1.0]


def leakage_fit(runs: list[dict[str, Any]]) -> np.ndarray:
    """Least squares of the relative error."""
    terms = [[term / run["leakage_nw"] for term in leakage_terms(run)] for run in runs]
    return np.linalg.lstsq(np.array(terms), np.ones(len(runs)), rcond=None)[0]


def test_leakage_is_the_fit_of_the_simulations() -> None:
    fit = leakage_fit(SPICE)
    constants = (sram.CELL_LEAKAGE_NW, sram.COLUMN_LEAKAGE_NW, sram.MACRO_LEAKAGE_NW)
    assert constants == pytest.approx(fit, rel=1e-3)
    for run in SPICE:
        assert fit @ leakage_terms(run) == pytest.approx(run["leakage_nw"], rel=0.04)
        others = leakage_fit([each for each in SPICE if each is not run])
        assert others @ leakage_terms(run) == pytest.approx(run["leakage_nw"], rel=0.08)


def test_other_sources_are_within_the_band() -> None:
    """OpenRAM's simulations: power over the shortest period, twice the delay. Horowitz' caches."""
    least, most = TECHNOLOGY.energy_band
    ratios, delays = [], []
    for run in SPICE:
        if run["bits"] in MACRO_BITS:
            macro = Sram(words=run["words"], bits=run["bits"])
            energy_fj = run["read_mw"] * 2 * run["access_ns"] * 1e3
            ratios.append(energy_fj / macro.read_energy_fj)
            delays.append(run["access_ns"] / macro.access_ns)
    assert min(ratios) == pytest.approx(1.1, abs=0.05)
    assert max(ratios) == pytest.approx(1.6, abs=0.05)
    assert (min(delays), max(delays)) == pytest.approx((1.8, 2.2), abs=0.1)
    ratios += [
        pico_joule * 1e3 / Sram(words=kib * 128, bits=64).read_energy_fj
        for kib, pico_joule in ((8, 10), (32, 20))
    ]
    assert least <= min(ratios)
    assert max(ratios) == pytest.approx(most, abs=0.05)


@pytest.mark.parametrize(
    ("words", "bits", "banks", "widths"),
    [
        (2048, 32, 1, [32]),
        (512, 54, 1, [64]),
        (512, 432, 1, [128, 128, 128, 64]),
        (256, 216, 1, [128, 128]),
        (8192, 64, 1, [64]),
        (8193, 32, 2, [32]),
        (8192, 1536, 2, [128] * 12),
    ],
)
def test_wide_words_are_cut_into_macros(
    words: int, bits: int, banks: int, widths: list[int]
) -> None:
    memory = WideMemory(words=words, bits=bits)
    assert [macro.bits for macro in memory.bank] == widths
    assert {macro.words for macro in memory.bank} == {-(-words // banks)}
    assert (memory.banks, memory.macros) == (banks, banks * len(widths))


def test_an_access_reaches_one_bank() -> None:
    memory = WideMemory(words=8192, bits=160)
    bank = [Sram(words=4096, bits=128), Sram(words=4096, bits=32)]
    assert memory.banks == 2
    assert memory.read_energy_fj == pytest.approx(sum(macro.read_energy_fj for macro in bank))
    assert memory.write_energy_fj == pytest.approx(sum(macro.write_energy_fj for macro in bank))
    assert memory.slice_write_energy_fj == bank[0].write_energy_fj
    assert memory.area_um2 == pytest.approx(2 * sum(macro.area_um2 for macro in bank))
    assert memory.leakage_nw == pytest.approx(2 * sum(macro.leakage_nw for macro in bank))
    assert memory.access_ns == max(macro.access_ns for macro in bank)


@pytest.mark.parametrize("preset", ENGINES)
def test_the_macros_of_the_presets_were_run(preset: str) -> None:
    for _, memory in memories(ENGINES[preset]).values():
        for macro in memory.bank:
            assert macro.words in [run["words"] for run in macro_runs(macro.bits, macro.ports)]


def test_a_small_macro_costs_what_the_smallest_run_costs() -> None:
    small, run = Sram(words=5, bits=32), Sram(words=128, bits=32)
    assert (small.area_um2, small.read_energy_fj) == (run.area_um2, run.read_energy_fj)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"bits": 48},
            r"^a macro's bits must be one of \(32, 64, 128\) and its ports of \(1, 2\), not 48 ",
        ),
        ({"ports": 3}, r"its ports of \(1, 2\), not 32 and 3"),
        ({"words": 0}, r"words of a macro of 32 bits must be in 1\.\.8192, not 0"),
        ({"words": 8193}, r"words of a macro of 32 bits must be in 1\.\.8192, not 8193"),
    ],
)
def test_other_macros_are_refused(changes: dict[str, int], complaint: str) -> None:
    with pytest.raises(SynthesisInputError, match=complaint):
        Sram(**({"words": 64, "bits": 32} | changes))


def test_other_nodes_are_refused() -> None:
    check_node(45)
    with pytest.raises(
        SynthesisInputError, match=r"^there is no memory model for 180 nm, only for 45 nm: give"
    ):
        check_node(180)
