import gzip
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from synth import library_source
from synth.errors import LibertyError
from synth.liberty import Liberty, load
from tests.synth import small_library

# Folder with nangate45_typ.lib.gz and sky130hd_tt.lib.gz, which are not part of this repository.
PDK = os.environ.get("SIGMAQUANT_PDK", "")

Write = Callable[[str], Path]


def test_cells_are_known_by_their_functions(small: Liberty) -> None:
    assert small.name == "small"
    assert (small.nand2.name, small.inverter.name) == ("NAND2", "INV")
    assert [cell.name for cell in small.buffers] == ["BUF"]
    assert [cell.name for cell in small.flip_flops] == ["DFF"]
    full, half = small.full_adder, small.half_adder
    assert full is not None
    assert (full.cell.name, full.sum_pin, full.carry_pin) == ("ADDF", "S", "CO")
    assert half is not None
    assert (half.cell.name, half.sum_pin, half.carry_pin) == ("ADDH", "S", "CO")


def test_record_names_the_very_file(small: Liberty) -> None:
    digest = hashlib.sha256(small.path.read_bytes()).hexdigest()

    assert small.to_record() == {"name": "small", "sha256": digest, "nand2_area_um2": 2.0}


def test_reserved_cells_are_not_chosen(write_library: Write) -> None:
    library = load(write_library(small_library.text(dont_use=["ADDF", "BUF"])))

    assert library.full_adder is None
    assert library.buffers == ()
    assert library.reserved == ["BUF", "ADDF"]


def test_table_without_axes_has_those_of_its_template(small: Liberty) -> None:
    setup = small.cells["DFF"].arcs["D"][0]["tables"]["rise_constraint"]

    assert [axis["points"] for axis in setup["axes"]] == [[0.0, 1.0], [0.0, 1.0]]
    assert setup["values"] == [small_library.SETUP_NS] * 4


def test_units_become_nanoseconds_and_femtofarads(small: Liberty, write_library: Write) -> None:
    text = small_library.text().replace('"1ns"', '"10ps"').replace("(1, ff)", "(0.5, pf)")
    cell = load(write_library(text)).cells["INV"]

    assert cell.capacitance["A"] == 500 * small.cells["INV"].capacitance["A"]
    table = cell.arcs["Y"][0]["tables"]["cell_rise"]
    assert table["axes"][1]["points"] == [0.0, 25_000.0, 50_000.0]
    assert table["values"][0] == pytest.approx(0.01 * small_library.COMBINATIONAL["INV"][2])


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(
        LibertyError, match=r"^cannot read the liberty file .*no\.lib: No such file"
    ):
        load(tmp_path / "no.lib")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_cut_off_file_is_refused(write_library: Write, share: float) -> None:
    text = small_library.text()
    message = (
        r"^the liberty file .* is damaged: \d+ groups are opened and \d+ closed; get a complete"
    )
    with pytest.raises(LibertyError, match=message):
        load(write_library(text[: int(share * len(text))]))


@pytest.mark.parametrize("text", ["", "hello", "module x; endmodule", "cell (x) { }"])
def test_other_files_are_refused(write_library: Write, text: str) -> None:
    with pytest.raises(LibertyError, match=r"^the liberty file .* is damaged: "):
        load(write_library(text))


def test_syntax_error_names_the_line(write_library: Write) -> None:
    text = small_library.text().replace("area : 1.0;", "area : : ;", 1)
    with pytest.raises(
        LibertyError, match=r"is damaged: Syntax error in liberty file on line \d+\.$"
    ):
        load(write_library(text))


def test_table_of_the_wrong_size_is_named(write_library: Write) -> None:
    text = small_library.text().replace('"0.05, 0.05", "0.05, 0.05"', '"0.05, 0.05"', 1)
    message = r"is damaged: a rise_constraint table has 2 values, its axes 4$"
    with pytest.raises(LibertyError, match=message):
        load(write_library(text))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("NAND2", r"^there is no usable two-input NAND in .*cells\.lib$"),
        ("INV", r"^there is no usable inverter in .*cells\.lib$"),
        ("DFF", r"^the liberty file .*cells\.lib has no usable flip-flop$"),
    ],
)
def test_library_without_a_basic_cell(write_library: Write, cell: str, message: str) -> None:
    with pytest.raises(LibertyError, match=message):
        load(write_library(small_library.text(without=[cell])))


def test_missing_area_is_an_error_where_it_is_needed(write_library: Write) -> None:
    library = load(write_library(small_library.text().replace("    area : 4.0;\n", "")))

    with pytest.raises(LibertyError, match=r"^the library gives no area for cell XOR2$"):
        library.area_um2("XOR2")
    with pytest.raises(LibertyError, match=r"^library small has no cell XOR9$"):
        library.area_um2("XOR9")


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Liberty:
    cache = tmp_path_factory.mktemp("published")
    if request.param == "osu018":
        try:
            return load(library_source.locate(None, cache))
        except LibertyError as error:
            pytest.skip(f"the default library cannot be fetched here: {error}")
    path = Path(PDK) / f"{request.param}.lib.gz"
    if not PDK or not path.is_file():
        pytest.skip(f"no {path.name}: set SIGMAQUANT_PDK to a folder that has it")
    return load(library_source.locate(path, cache))


@pytest.mark.parametrize(
    ("published", "nand2_um2", "full_adder", "flip_flop", "reserved"),
    [
        ("osu018", 24.0, ("FAX1", "YS", "YC"), "DFFNEGX1", 0),
        ("nangate45_typ", 0.798, ("FA_X1", "S", "CO"), "DFF_X1", 9),
        (
            "sky130hd_tt",
            3.7536,
            ("sky130_fd_sc_hd__fa_1", "SUM", "COUT"),
            "sky130_fd_sc_hd__dfxtp_1",
            28,
        ),
    ],
    indirect=["published"],
)
def test_published_libraries(
    published: Liberty,
    nand2_um2: float,
    full_adder: tuple[str, str, str],
    flip_flop: str,
    reserved: int,
) -> None:
    adder = published.full_adder
    assert adder is not None
    assert (adder.cell.name, adder.sum_pin, adder.carry_pin) == full_adder
    assert published.half_adder is not None
    assert published.nand2_area_um2 == pytest.approx(nand2_um2)
    assert published.flip_flops[0].name == flip_flop
    assert len(published.reserved) == reserved


def test_gzipped_library_is_the_same_library(small: Liberty, tmp_path: Path) -> None:
    packed = tmp_path / "small.lib.gz"
    packed.write_bytes(gzip.compress(small.path.read_bytes()))

    assert load(library_source.locate(packed, tmp_path)).sha256 == small.sha256
