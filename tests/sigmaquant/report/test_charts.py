import re

import pytest

from sigmaquant.findings import Findings
from sigmaquant.report import theme
from sigmaquant.report.charts import (
    area_chart,
    bits_chart,
    cycles_chart,
    uniform_chart,
    zones_chart,
)


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_bits_chart_shows_every_layer_of_every_seed(findings: Findings):
    shown = texts(bits_chart(findings).svg)
    for allocation in findings.allocations:
        for layer in allocation.layers:
            assert layer.name in shown
    cells = [int(text) for text in shown if re.fullmatch("[2468]", text)]
    bits = [layer.bits for allocation in findings.allocations for layer in allocation.layers]
    assert len(cells) >= len(bits)


def test_zones_chart_numbers_every_round_and_names_the_zones(findings: Findings):
    chart = zones_chart(findings)
    shown = texts(chart.svg)
    assert shown.count("5") >= len(findings.allocations)
    assert "iteration" in shown
    assert len(chart.table.rows) == sum(len(each.trajectory) for each in findings.allocations)


def test_uniform_chart_marks_what_lies_below_the_frame(findings: Findings):
    chart = uniform_chart(findings)
    assert any(re.fullmatch(r"2 bits: 92\.8 % ↓", text) for text in texts(chart.svg))
    assert "float" in texts(chart.svg)


def test_uniform_chart_admits_a_uniform_network_that_is_as_good(findings: Findings):
    assert "hardly worse" not in uniform_chart(findings).finding
    uniform = [
        point.model_copy(update={"accuracy": findings.pretrained.accuracy})
        if point.bits == 2
        else point
        for point in findings.uniform
    ]
    better = uniform_chart(findings.model_copy(update={"uniform": uniform}))
    assert "Uniform 2 bits is no larger and hardly worse" in better.finding


def test_cycles_chart_tells_the_totals_either_way(findings: Findings):
    ours, rival = findings.cycles
    assert f"{rival / ours:.2f} times as fast" in cycles_chart(findings).finding
    simulation = findings.simulation
    slower = simulation.model_copy(
        update={"baseline": simulation.baseline.model_copy(update={"cycles_model": ours // 2})}
    )
    chart = cycles_chart(findings.model_copy(update={"simulation": slower}))
    assert "times slower" in chart.finding


def test_cycles_chart_says_what_was_simulated_and_what_not(findings: Findings):
    chart = cycles_chart(findings)
    layers = findings.simulation.engine.layers
    assert f"{len(layers)} of {len(layers)} operations, each also run alone" in chart.method
    assert "memory system included" in chart.method
    assert "same compiler and cycle model" in chart.method
    assert "not simulated" in chart.method
    assert {"MACs", "kB in", "INT8 in"} <= set(chart.table.headers)


def test_cycles_chart_labels_bits_only_where_there_are_weights(findings: Findings):
    engine = findings.simulation.engine
    pool = engine.layers[0].model_copy(update={"name": "pool", "bits": 0})
    changed = {"engine": engine.model_copy(update={"layers": [pool, *engine.layers[1:]]})}
    simulation = findings.simulation.model_copy(update=changed)
    shown = texts(cycles_chart(findings.model_copy(update={"simulation": simulation})).svg)
    assert "pool" in shown
    assert f"block1.conv2 + add ({engine.layers[2].bits} b)" in shown


def test_uniform_chart_shows_networks_better_than_float(findings: Findings):
    networks = [
        network.model_copy(update={"golden_accuracy": 1.0}) for network in findings.networks
    ]
    chart = uniform_chart(findings.model_copy(update={"networks": networks}))
    heights = [float(text) for text in texts(chart.svg) if re.fullmatch(r"[\d.]+", text)]
    assert max(heights) >= 100
    assert "costs no accuracy" in chart.finding


def test_area_chart_labels_large_areas_in_thousands(findings: Findings):
    synthesis = findings.synthesis
    scaled = {
        name: design.model_copy(
            update={
                "per_mac_cycle_um2": {
                    width: 40 * area for width, area in design.per_mac_cycle_um2.items()
                }
            }
        )
        for name, design in (("array", synthesis.array), ("baseline", synthesis.baseline))
    }
    shown = texts(
        area_chart(
            findings.model_copy(update={"synthesis": synthesis.model_copy(update=scaled)})
        ).svg
    )
    assert "1000 µm² per MAC/cycle" in shown
    assert {"12.8", "12.0", "3.2"} <= set(shown)


def test_area_chart_labels_every_bar(findings: Findings):
    shown = texts(area_chart(findings).svg)
    for areas in (findings.synthesis.array, findings.synthesis.baseline):
        for value in areas.per_mac_cycle_um2.values():
            assert f"{value:.0f}" in shown


@pytest.mark.parametrize("make", [bits_chart, zones_chart, uniform_chart, cycles_chart, area_chart])
def test_a_chart_stands_alone_with_its_palette(findings: Findings, make):
    picture = theme.standalone(make(findings).svg)
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", picture))
    assert all(f"--{name}:" in picture for name in used)


@pytest.mark.parametrize(
    ("zone", "colour"),
    [
        ("bit-increase", "zone-increase"),
        ("Bit_Decrease", "zone-decrease"),
        ("TARGET", "zone-target"),
        ("somewhere", "zone-other"),
    ],
)
def test_a_zone_has_its_colour_however_it_is_spelt(zone: str, colour: str):
    assert theme.zone_colour(zone) == theme.colour(colour)


def test_text_is_readable_on_its_cell_in_both_themes():
    for bits in range(2, 9):
        text = "on-strong" if bits >= 6 else "on-light"
        assert theme.bits_text_colour(bits) == theme.colour(text)
        for ink, paper in zip(theme.PALETTE[text], theme.PALETTE[f"bits-{bits}"], strict=True):
            assert contrast(ink, paper) >= 4.5, (bits, ink, paper)


def test_text_and_lines_stand_out_from_the_card_in_both_themes():
    for theme_index in (0, 1):
        paper = theme.PALETTE["surface"][theme_index]
        for name in ("ink", "muted", "ours", "good", "accent"):
            assert contrast(theme.PALETTE[name][theme_index], paper) >= 4.5, name
        assert contrast(theme.PALETTE["rival"][theme_index], paper) >= 2.5


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
