from pathlib import Path

import pytest

from hw.config import preset
from sigmaquant.config import Configuration
from sigmaquant.findings import Findings
from sigmaquant.results import SynthesisResult
from sigmaquant.steps import synthesise
from synth.errors import LibertyError


def test_the_mix_counts_the_macs_of_the_allocation(findings: Findings):
    base, shown = findings.synthesis, findings.shown
    result = synthesise.combine(base.array, base.baseline, shown)
    total = sum(layer.macs for layer in shown.layers)
    for bits, share in result.mix.items():
        assert share == pytest.approx(
            sum(layer.macs for layer in shown.layers if layer.bits == int(bits)) / total
        )
    assert sum(result.mix.values()) == pytest.approx(1)


def test_area_at_the_mix_is_area_times_cycles_over_macs(findings: Findings):
    base, shown = findings.synthesis, findings.shown
    result = synthesise.combine(base.array, base.baseline, shown)
    for before, design in ((base.array, result.array), (base.baseline, result.baseline)):
        array = preset(design.preset)
        cycles = sum(layer.macs / array.macs_per_cycle(layer.bits) for layer in shown.layers)
        macs = sum(layer.macs for layer in shown.layers)
        assert design.per_mac_cycle_um2["mix"] == pytest.approx(before.area_um2 * cycles / macs)


def test_areas_of_two_libraries_do_not_compare(findings: Findings):
    base = findings.synthesis
    other = base.baseline.model_copy(
        update={"liberty": base.liberty.model_copy(update={"sha256": "0" * 64})}
    )
    with pytest.raises(ValueError, match="different libraries or clock periods"):
        SynthesisResult(array=base.array, baseline=other, mix=base.mix)


def test_a_missing_library_is_named_when_the_step_is_made(tmp_path: Path):
    configuration = Configuration(liberty=tmp_path / "none.lib", build=tmp_path)
    with pytest.raises(LibertyError, match=r"there is no liberty file .*none\.lib"):
        synthesise.step(configuration, "edge")


def test_tools_that_run_elsewhere_find_the_library():
    assert synthesise.cache(Configuration(build=Path("build"))).is_absolute()


def test_another_library_is_another_result(tmp_path: Path):
    keys = set()
    for content in ("library (a) {}", "library (b) {}"):
        path = tmp_path / "cells.lib"
        path.write_text(content)
        configuration = Configuration(liberty=path, build=tmp_path)
        keys.add(synthesise.step(configuration, "edge").key())
    assert len(keys) == 2
