import io

from rich.console import Console

from sigmaquant.energy_results import EnergyResult, NetworkEnergy
from sigmaquant.findings import Findings
from sigmaquant.tables import (
    Table,
    area_table,
    energy_table,
    frontier_table,
    layer_table,
    memory_table,
    percent,
)


def test_a_table_reads_the_same_on_the_terminal_and_in_markdown():
    table = Table(headers=("layer", "bits"), rows=(("stem", "8"), ("head", "2")))
    assert table.markdown() == "| layer | bits |\n| --- | ---: |\n| stem | 8 |\n| head | 2 |\n"
    file = io.StringIO()
    Console(file=file, width=60).print(table.rich("Bits"))
    assert all(word in file.getvalue() for word in ("Bits", "stem", "head", "8"))


def test_seed_table_has_every_accuracy_of_every_seed(findings: Findings):
    table = findings.seeds
    assert [row[0] for row in table.rows] == ["seed 1", "seed 2", "seed 3"]
    first = findings.networks[0]
    assert table.rows[0][4] == percent(first.golden_accuracy, 2)
    assert table.rows[0][6] == percent(first.size_ratio)


def number(cell: str) -> int:
    return int(cell.removeprefix("= ").replace(",", ""))


def test_layer_table_adds_up_to_the_whole_program(findings: Findings):
    *parts, total = layer_table(findings.simulation).rows
    assert [row[0] for row in parts] == [
        "block1.conv2 + add" if name == "block1.conv2" else name
        for name in (*(layer.name for layer in findings.shown.layers), "start")
    ]
    assert total[0] == "whole program"
    for column, cycles in zip((2, 5), findings.cycles, strict=True):
        assert sum(number(row[column]) for row in parts) == number(total[column]) == cycles


def test_layer_table_has_no_bits_where_there_are_no_weights(findings: Findings):
    engine = findings.simulation.engine
    pool = engine.layers[0].model_copy(update={"bits": 0})
    layers = [pool, *engine.layers[1:]]
    changed = {"engine": engine.model_copy(update={"layers": layers})}
    assert layer_table(findings.simulation.model_copy(update=changed)).rows[0][1] == ""


def test_an_operation_that_failed_is_seen(findings: Findings):
    engine = findings.simulation.engine
    wrong = engine.layers[0].model_copy(update={"cycles_simulated": 1, "cycles_model": 2})
    broken = engine.model_copy(
        update={"layers": [wrong, *engine.layers[1:]], "cycles_simulated": engine.cycles_model + 1}
    )
    rows = layer_table(findings.simulation.model_copy(update={"engine": broken})).rows
    assert rows[0][2] == "1 ≠ 2"
    assert rows[-1][2] == f"{engine.cycles_model + 1:,} ≠ {engine.cycles_model:,}"
    assert broken.exact_layers == len(engine.layers) - 1
    assert broken.model_copy(update={"bit_exact": False}).exact_layers == 0


def test_memory_table_counts_what_both_engines_move(findings: Findings):
    simulation = findings.simulation
    *rows, total = memory_table(simulation).rows
    layer, rival = simulation.engine.layers[2], simulation.baseline.layers[2]
    ours, theirs = layer.counters, rival.counters
    assert rows[2][0] == "block1.conv2 + add"
    moved = [
        32 * (ours["activation_reads"] + 5),
        32 * ours["activation_writes"],
        192 * ours["weight_reads"],
        32 * (theirs["activation_reads"] + 5),
        32 * theirs["activation_writes"],
        192 * theirs["weight_reads"],
    ]
    assert rows[2][1:] == (f"{layer.macs:,}", *(f"{each / 1000:,.1f}" for each in moved))
    assert sum(number(row[1]) for row in rows) == number(total[1])
    steps = sum(each.counters["weight_reads"] for each in simulation.engine.layers)
    assert total[4] == f"{192 * steps / 1000:,.1f}"


def test_tables_of_the_same_things_stand_beside_each_other():
    left = Table(headers=("layer", "bits"), rows=(("stem", "8"), ("start", "")))
    right = Table(headers=("layer", "read", "written"), rows=(("stem", "1", "2"),))
    assert left.beside(right) == Table(
        headers=("layer", "bits", "read", "written"),
        rows=(("stem", "8", "1", "2"), ("start", "", "", "")),
    )


def test_tables_fit_a_terminal_of_80_columns(findings: Findings):
    for table in (
        findings.seeds,
        layer_table(findings.simulation),
        memory_table(findings.simulation),
        area_table(findings.synthesis),
    ):
        file = io.StringIO()
        Console(file=file, width=80).print(table.rich("Title"))
        assert "…" not in file.getvalue()
        assert all(cell in file.getvalue() for row in table.rows for cell in row)


def test_area_table_has_both_designs_and_their_ratio(findings: Findings):
    rows = area_table(findings.synthesis).rows
    assert [row[0] for row in rows] == ["8 bits", "6 bits", "4 bits", "2 bits", "this network"]
    assert rows[0][1:] == ("320.0", "300.0", percent(320 / 300))


def test_energy_table_has_every_width_the_network_and_one_image():
    def uniform(scale: float) -> EnergyResult:
        return EnergyResult(
            preset="edge",
            voltage=1.0,
            leakage_nw=1.0,
            fj_per_mac={"8": 100 * scale, "2": 25 * scale, "3": 30 * scale},
            fj_per_mac_error={"8": 1.0, "2": 1.0, "3": 1.0},
            settled_fj_per_mac={"8": 80 * scale, "2": 20 * scale, "3": 25 * scale},
            cycles_per_mac={"8": 0.01, "2": 0.004, "3": 0.005},
            netlist_sha256="",
            method="",
            versions={},
        )

    def network(scale: float) -> NetworkEnergy:
        return NetworkEnergy(
            preset="edge",
            network="net",
            energy_nj=1000 * scale,
            fj_per_mac=40 * scale,
            fj_per_mac_error=1.0,
            settled_fj_per_mac=30 * scale,
            clock_fj_per_cycle=1.0,
            leakage_nw=1.0,
            layers=[],
            netlist_sha256="",
        )

    table = energy_table([uniform(1), uniform(2)], [network(1), network(4)])
    assert [row[0] for row in table.rows] == ["8 bits", "2 bits", "this network", "one image, nJ"]
    assert table.rows[0][1:] == ("100.0", "80.0", "200.0", "160.0", percent(0.5))
    assert table.rows[-1] == ("one image, nJ", "1,000.0", "", "4,000.0", "", percent(0.25))
    assert {len(row) for row in table.rows} == {len(table.headers)}


def test_frontier_table_has_what_the_search_saw(findings: Findings):
    shown = findings.shown
    table = frontier_table(shown)
    assert [row[1] for row in table.rows] == [percent(p.size_ratio) for p in shown.frontier]
    assert table.rows
