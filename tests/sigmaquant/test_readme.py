import json
import re
from pathlib import Path

import pytest

from sigmaquant import benchmark, cli, digits_record, provenance, readme, resnet20_record
from sigmaquant.errors import ReadmeError, StoreError
from sigmaquant.findings import Findings
from sigmaquant.tables import percent
from tests.helpers.benchmark_figures import made_up

MARKED = (
    "# Title\n\n<!-- figures: sigmaquant readme --write -->\nold\n<!-- end of figures -->\n\n"
    "<!-- resnet20: sigmaquant readme --write -->\nold\n<!-- end of resnet20 -->\n\nEnd\n"
)
# Records that were made; the benchmark's needs data that does not come with the tool.
RECORDED = ["digits", *(["resnet20"] if resnet20_record.exists() else [])]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, findings: Findings) -> Path:
    """A project folder of its own, with a record of made-up findings."""
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr(digits_record, "PICTURES", tmp_path / "docs")
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    monkeypatch.setattr(readme, "PAGE", tmp_path / "docs" / "resnet20.md")
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
    assert text.endswith("<!-- end of resnet20 -->\n\nEnd\n")
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
def test_without_a_benchmark_there_is_no_part_and_no_page():
    readme.write()
    text = readme.README.read_text()
    begin, end = "<!-- resnet20: sigmaquant readme --write -->", "<!-- end of resnet20 -->"
    assert not text[text.index(begin) + len(begin) : text.index(end)].strip()
    assert not readme.PAGE.exists()
    readme.PAGE.parent.mkdir(exist_ok=True)
    readme.PAGE.write_text("# Made up\n")
    message = r"resnet20\.md: its figures differ from benchmarks/resnet20\.json; run: sigmaquant"
    with pytest.raises(ReadmeError, match=message):
        readme.check()


@pytest.mark.usefixtures("house")
def test_the_benchmark_has_its_part_and_its_page():
    figures = made_up()
    content = figures.model_dump(mode="json", by_alias=True)
    benchmark.write_record("resnet20", content, "sigmaquant benchmark resnet20", {})
    with pytest.raises(ReadmeError, match=r"README\.md: its figures differ from benchmarks/"):
        readme.check()
    readme.write()
    readme.check()
    assert "SigmaQuant, budget 2.25 bits" in readme.README.read_text()
    page = readme.PAGE.read_text()
    readme.PAGE.write_text(page.replace("1,234", "1,233"))
    with pytest.raises(ReadmeError, match=r"resnet20\.md: its figures differ from"):
        readme.check()


@pytest.mark.usefixtures("house")
def test_a_benchmark_of_another_version_is_named():
    benchmark.write_record("resnet20", {"images": {}}, "sigmaquant benchmark resnet20", {})
    message = r"resnet20\.json: not as this version writes it \(float: field required\); make it"
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
