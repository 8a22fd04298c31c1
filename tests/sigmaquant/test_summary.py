import json

import pytest
from pydantic import ValidationError

from sigmaquant.findings import Findings
from sigmaquant.summary import Summary


def test_the_summary_has_exactly_the_promised_keys(findings: Findings):
    summary = json.loads(Summary.of(findings).model_dump_json())
    assert list(summary) == [
        "float_accuracy",
        "int8_accuracy",
        "allocated",
        "layers",
        "cycles",
        "area_um2_per_mac_cycle",
        "liberty",
        "versions",
    ]
    assert [list(each) for each in summary["allocated"]] == [
        ["seed", "accuracy", "golden_accuracy", "size_ratio", "mean_bits", "met"]
    ] * 3
    assert {tuple(each) for each in summary["layers"]} == {
        (
            *("name", "bits", "macs", "cycles", "int8_cycles", "cycles_model", "cycles_simulated"),
            *("utilization", "bound", "counters", "bit_exact"),
        )
    }
    assert list(summary["cycles"]) == list(summary["area_um2_per_mac_cycle"])
    assert {name: set(areas) for name, areas in summary["area_um2_per_mac_cycle"].items()} == {
        "pair_sum": {"2", "4", "6", "8"},
        "int8": {"2", "4", "6", "8"},
    }
    assert set(summary["liberty"]) == {"name", "sha256"}


def test_the_summary_carries_the_findings(findings: Findings):
    summary = Summary.of(findings)
    assert summary.float_accuracy == findings.pretrained.accuracy.test
    assert summary.int8_accuracy == pytest.approx(0.989 - 0.002 * 2)
    assert [each.golden_accuracy for each in summary.allocated] == [
        each.golden_accuracy for each in findings.networks
    ]
    assert [layer.bits for layer in summary.layers] == [
        layer.bits for layer in findings.allocations[0].layers
    ]
    assert tuple(summary.cycles.values()) == findings.cycles
    simulation = findings.simulation
    assert [layer.int8_cycles for layer in summary.layers] == [
        layer.cycles for layer in simulation.baseline.layers
    ]
    assert summary.layers[0].counters == simulation.engine.layers[0].counters


def test_met_needs_the_test_split_as_well(findings: Findings):
    good = next(index for index, met in enumerate(findings.met) if met)
    networks = list(findings.networks)
    networks[good] = networks[good].model_copy(
        update={"golden_accuracy": findings.float_accuracy - 0.011}
    )
    worse = findings.model_copy(update={"networks": networks})
    assert findings.met[good]
    assert not worse.met[good]
    assert not Summary.of(worse).allocated[good].met


def test_met_needs_the_search_to_have_met_it(findings: Findings):
    allocations = [each.model_copy(update={"met": False}) for each in findings.allocations]
    assert findings.model_copy(update={"allocations": allocations}).met == [False] * 3


@pytest.mark.parametrize(
    "change",
    [
        {"float_accuracy": 1.2},
        {"allocated": []},
        {"layers": []},
        {"more": 1},
        {"int8_accuracy": float("nan")},
    ],
)
def test_an_impossible_summary_is_refused(findings: Findings, change: dict):
    good = Summary.of(findings).model_dump()
    with pytest.raises(ValidationError):
        Summary.model_validate(good | change)
