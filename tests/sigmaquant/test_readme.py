import json
import re
from pathlib import Path

import pytest

from sigmaquant import benchmark, cli, digits_record, provenance, readme
from sigmaquant.errors import ReadmeError, StoreError
from sigmaquant.findings import Findings
from sigmaquant.fpga_results import FpgaResult, FpgaResults
from sigmaquant.tables import percent
from tests.helpers import benchmark_figures, explored, synth_figures
from tests.synth.fpga import records as fpga_records

MARKED = (
    "# Title\n\n<!-- figures: sigmaquant readme --write -->\nold\n<!-- end of figures -->\n\n"
    "<!-- resnet20: sigmaquant readme --write -->\nold\n<!-- end of resnet20 -->\n\n"
    "<!-- synth: sigmaquant readme --write -->\nold\n<!-- end of synth -->\n\n"
    "<!-- explore: sigmaquant readme --write -->\nold\n<!-- end of explore -->\n\n"
    "<!-- fpga: sigmaquant readme --write -->\nold\n<!-- end of fpga -->\n\nEnd\n"
)
# Records that were made; the benchmarks need data that does not come with the tool.
RECORDED = ["digits", *(page.name for page in readme.PAGES if page.exists())]


# Made-up records by name: figures, a text of the README's part, and a figure of the page.
def placed() -> FpgaResults:
    """Figures of an FPGA that was never programmed."""
    result = FpgaResult(
        design="array-tiny", device="ecp5-85k", record=fpga_records.record(), reason=""
    )
    large = FpgaResult(design="array-edge", device="ecp5-85k", record=None, reason="edge is large")
    return FpgaResults(command="sigmaquant fpga", versions={}, results=[result, large])


RECORDS = {
    "fpga": (placed, "| array-tiny | ecp5-85k |", "1,747"),
    "resnet20": (benchmark_figures.made_up, "SigmaQuant, budget 2.25 bits", "1,234"),
    "synth": (
        synth_figures.made_up,
        "of that of the best INT8 array with",
        "131,945",
    ),
    "explore": (
        lambda: explored.record(*explored.ALL),
        "edge has the least area x time x energy",
        "70,000",
    ),
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, findings: Findings) -> Path:
    """A project folder of its own, with a record of made-up findings."""
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr(digits_record, "PICTURES", tmp_path / "docs")
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    monkeypatch.setattr(readme, "DOCS", tmp_path / "docs")
    (tmp_path / "README.md").write_text(MARKED)
    digits_record.write(findings)
    return tmp_path


def test_the_readme_agrees_with_the_committed_record():
    readme.check()


@pytest.mark.parametrize("name", RECORDED)
def test_the_committed_pictures_are_those_of_the_record(name: str):
    inputs = benchmark.read_record(name)["inputs"]
    pictures = sorted((benchmark.ROOT / "docs" / name).glob("*.svg"))
    assert [f"picture {path.stem}" for path in pictures] == sorted(
        key for key in inputs if key.startswith("picture ")
    )
    for path in pictures:
        assert provenance.file_sha256(path) == inputs[f"picture {path.stem}"]


def test_every_picture_of_the_readme_is_there():
    used = re.findall(r'src="([^"]+)"', readme.README.read_text())
    assert used
    assert all((benchmark.ROOT / path).is_file() for path in used)


def test_written_figures_pass_the_check_and_the_rest_stays(house: Path, findings: Findings):
    readme.write(house / "README.md")
    readme.check(house / "README.md")
    text = (house / "README.md").read_text()
    assert text.startswith("# Title\n")
    assert text.endswith("<!-- end of fpga -->\n\nEnd\n")
    for network in findings.networks:
        assert percent(network.golden_accuracy, 2) in text
    ours, rival = findings.cycles
    assert f"One image takes {ours:,} cycles from start to the last code written, {rival:,}" in text
    readme.write(house / "README.md")
    assert (house / "README.md").read_text() == text


def test_a_figure_changed_in_the_readme_fails(house: Path):
    path = house / "README.md"
    readme.write(path)
    path.write_text(path.read_text().replace("150.0", "149.0"))
    message = r"README\.md: its figures differ from benchmarks/digits\.json; run: sigmaquant readme"
    with pytest.raises(ReadmeError, match=message):
        readme.check(path)


def test_a_figure_changed_in_the_record_fails(house: Path):
    readme.write(house / "README.md")
    record = house / "benchmarks" / "digits.json"
    content = json.loads(record.read_text())
    content["figures"]["cycles"]["pair_sum"] += 1
    record.write_text(json.dumps(content))
    with pytest.raises(ReadmeError, match="figures differ"):
        readme.check(house / "README.md")


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_without_a_benchmark_there_is_no_part_and_no_page(page: readme._Page):
    readme.write()
    text = readme.README.read_text()
    part = page.part()
    assert not text[text.index(part.begin) + len(part.begin) : text.index(part.end)].strip()
    assert not page.path.exists()
    page.path.parent.mkdir(exist_ok=True)
    page.path.write_text("# Made up\n")
    name = page.name
    message = rf"{name}\.md: its figures differ from benchmarks/{name}\.json; run: sigmaquant"
    with pytest.raises(ReadmeError, match=message):
        readme.check()


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_the_benchmark_has_its_part_and_its_page(page: readme._Page):
    made_up, text, figure = RECORDS[page.name]
    content = made_up().model_dump(mode="json", by_alias=True)
    benchmark.write_record(page.name, content, f"sigmaquant benchmark {page.name}", {})
    with pytest.raises(ReadmeError, match=r"README\.md: its figures differ from benchmarks/"):
        readme.check()
    readme.write()
    readme.check()
    assert text in readme.README.read_text()
    written = page.path.read_text()
    assert figure in written
    page.path.write_text(written.replace(figure, "1,233"))
    with pytest.raises(ReadmeError, match=rf"{page.name}\.md: its figures differ from"):
        readme.check()


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("name", "missing", "command"),
    [
        ("resnet20", "float", "make benchmark"),
        ("synth", "libraries", "make benchmark PLAN=synth"),
        ("explore", "command", "sigmaquant explore --record"),
        ("fpga", "command", "sigmaquant fpga --record"),
    ],
)
def test_a_benchmark_of_another_version_is_named(name: str, missing: str, command: str):
    benchmark.write_record(name, {"images": {}}, f"sigmaquant benchmark {name}", {})
    message = (
        rf"{name}\.json: not as this version writes it \({missing}: field required\); make it "
        f"again: {command}$"
    )
    with pytest.raises(StoreError, match=message):
        readme.write()


@pytest.mark.parametrize("text", ["# No marks\n", MARKED + MARKED])
def test_marks_have_to_be_there_once(house: Path, text: str):
    (house / "README.md").write_text(text)
    with pytest.raises(ReadmeError, match="needs exactly one part between"):
        readme.check(house / "README.md")


def test_a_missing_record_is_named(house: Path):
    (house / "benchmarks" / "digits.json").unlink()
    with pytest.raises(StoreError, match=r"digits\.json: no such record"):
        readme.check(house / "README.md")


def test_a_record_of_another_version_is_named(house: Path):
    record = house / "benchmarks" / "digits.json"
    content = json.loads(record.read_text())
    del content["figures"]["cycles"]
    record.write_text(json.dumps(content))
    message = r"digits\.json: not as this version writes it \(cycles: field required\)"
    with pytest.raises(StoreError, match=message):
        readme.check(house / "README.md")


def test_the_command_checks_and_writes(house: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["readme", "--check"]) == 1
    assert "figures differ" in capsys.readouterr().err
    assert cli.main(["readme", "--write"]) == 0
    assert cli.main(["readme", "--check"]) == 0
    assert (house / "README.md").read_text() != MARKED


def test_the_readme_says_plainly_what_speaks_against_it(house: Path):
    readme.write(house / "README.md")
    text = (house / "README.md").read_text()
    assert f"At uniform 8 bits the shift-add array is {percent(20 / 300)} larger" in text
    assert "Uniform 2 bits is smaller still" not in text

    record = house / "benchmarks" / "digits.json"
    content = json.loads(record.read_text())
    content["figures"]["uniform"][-1]["accuracy"] = 0.98
    record.write_text(json.dumps(content))
    readme.write(house / "README.md")
    assert "Uniform 2 bits is smaller still and hardly worse" in (house / "README.md").read_text()
