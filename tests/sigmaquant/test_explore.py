"""The exploration from end to end: two tiny arrays, a small network, a library of a few cells."""

import json
from pathlib import Path

import numpy as np
import pytest

from quant.integer_network import save
from sigmaquant import benchmark, cli, explore_document, provenance
from sigmaquant.explore_record import ExploreRecord
from sim.networks.builder import NetworkBuilder
from tests.synth import small_library


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]):
    def run(words: list[str], code: int = 0) -> str:
        assert cli.main(words) == code
        captured = capsys.readouterr()
        return " ".join((captured.out + captured.err).split())

    return run


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A command line for arrays of 2 MAC a cycle; the preset, of 8, is left out."""
    builder = NetworkBuilder(np.random.default_rng(1), (1, 4, 4), images=2)
    builder.conv("conv", "image", 4, 3, 2)
    save(builder.network("small", "test"), tmp_path / "network")
    rng = np.random.default_rng(2)
    parts = {}
    for part in ("train", "validation", "test"):
        parts[f"{part}_images"] = rng.random((2, 1, 4, 4), dtype=np.float32)
        parts[f"{part}_labels"] = np.array([0, 1])
    np.savez(tmp_path / "images.npz", **parts)
    (tmp_path / "small.lib").write_text(small_library.text())
    return [
        *("explore", "--array", "tiny", "--rows", "1", "--columns", "1,2", "--lanes", "4,8"),
        *("--presets", "", "--peak", "2", "--energy-cycles", "4", "--jobs", "1"),
        *("--network-folder", str(tmp_path / "network")),
        *("--data", f"arrays:{tmp_path / 'images.npz'}"),
        *("--liberty", str(tmp_path / "small.lib"), "--build", str(tmp_path / "build")),
    ]


def test_arrays_are_measured_once_and_more_energy_synthesises_nothing_again(
    words: list[str], tmp_path: Path, shown, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path / "benchmarks")
    monkeypatch.setattr(explore_document, "PICTURES", tmp_path / "docs")
    text = shown(words)
    assert "left out: tiny: 8 MAC a cycle at 8 bits, not 2." in text
    assert "left out: 2 combinations: another peak than 2 MAC a cycle at 8 bits." in text
    path = tmp_path / "build" / "explore.json"
    found = ExploreRecord.model_validate(json.loads(path.read_text()))
    assert found.command.startswith("sigmaquant explore --array tiny")
    assert [each.label for each in found.arrays] == ["pair_sum2-1x1x8", "pair_sum2-1x2x4"]
    assert found.network.macs == {"2": 16 * 4 * 9}
    for each in found.arrays:
        assert each.area.area_um2 > 0
        assert each.energy.energy_nj > each.energy.settled_nj > 0
        assert each.timing.engine_cycles is not None
        assert each.timing.engine_cycles > each.timing.cycles
    # 9 products a result: two groups of 8 lanes, three of 4.
    assert [each.timing.cycles for each in found.arrays] == [16 * 4 * 2, 16 * 2 * 3]
    assert set(found.inputs) == {"images.npz"}
    page = (tmp_path / "build" / "explore" / "index.html").read_text()
    assert "tiny is not among the arrays: 8 MAC a cycle at 8 bits, not 2." in page
    assert "✓" not in shown([*words, "--record"])
    kept, published = explore_document.read()
    assert str(tmp_path) not in str(kept)
    assert kept["command"].endswith("--data arrays:images.npz --liberty small.lib --record")
    assert published.arrays == found.arrays
    (picture,) = (tmp_path / "docs").iterdir()
    assert kept["inputs"]["picture explore"] == provenance.file_sha256(picture)
    assert kept["inputs"]["images.npz"] == found.inputs["images.npz"]
    found = ExploreRecord.model_validate(json.loads(path.read_text()))
    assert json.loads(path.read_text())["arrays"] == json.loads(found.model_dump_json())["arrays"]
    words[words.index("--energy-cycles") + 1] = "20"
    text = shown(words)
    assert "= [2/6] Synthesise pair_sum2-1x1x8" in text
    assert "✓ [3/6] Energy of one image on pair_sum2-1x1x8" in text
    more = ExploreRecord.model_validate(json.loads(path.read_text()))
    assert more.arrays[0].energy.window_cycles > found.arrays[0].energy.window_cycles


def test_a_folder_without_a_network_is_one_line(words: list[str], tmp_path: Path, shown):
    words[words.index("--network-folder") + 1] = str(tmp_path / "none")
    text = shown(words, code=1)
    assert text.startswith("sigmaquant: error:")
    assert "network.json" in text
