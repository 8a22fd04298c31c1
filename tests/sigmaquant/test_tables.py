import io

from rich.console import Console

from sigmaquant.findings import Findings
from sigmaquant.tables import Table, area_table, layer_table, percent


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


def test_layer_table_ends_with_the_sums(findings: Findings):
    *layers, total = layer_table(findings.simulation).rows
    assert len(layers) == len(findings.simulation.layers)
    cycles = sum(layer.cycles_simulated for layer in findings.simulation.layers)
    int8 = sum(layer.cycles_model for layer in findings.simulation.baseline)
    assert total[0] == "all layers"
    assert (total[2], total[5]) == (f"= {cycles:,}", f"{int8:,}")


def test_a_layer_that_failed_is_seen(findings: Findings):
    simulation = findings.simulation
    wrong = simulation.layers[0].model_copy(
        update={"bit_exact": False, "stalled_cycles_simulated": 1, "stalled_cycles_model": 2}
    )
    broken = simulation.model_copy(update={"layers": [wrong, *simulation.layers[1:]]})
    row = layer_table(broken).rows[0]
    assert row[-1] == "NO"
    assert row[3] == "1 ≠ 2"


def test_tables_fit_a_terminal_of_80_columns(findings: Findings):
    for table in (
        findings.seeds,
        layer_table(findings.simulation),
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
