"""What Yosys maps, counted apart for design and wrapper."""

import json
from pathlib import Path

import pytest
from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hw.generate import rtlil
from synth import yosys
from synth.errors import DoesNotFitError, SynthesisToolError
from synth.fpga.devices import DEVICES, Device, device
from synth.fpga.mapping import (
    FLIP_FLOPS,
    Mapped,
    check_fits,
    flip_flops,
    luts,
    map_design,
)
from synth.fpga.wrapper import ScanWrapper
from synth.yosys import Step
from tests.synth.small_designs import ACCUMULATOR_BITS, Grid

INPUTS, OUTPUTS = 4 * 4 + 1, 4 * ACCUMULATOR_BITS


class Store(wiring.Component):
    """A memory of `depth` bytes; `asynchronous`: without a register at its read port."""

    address: Signal
    write: Signal
    data: Signal
    read: Signal

    def __init__(self, depth: int, *, asynchronous: bool = False):
        self._depth, self._domain = depth, "comb" if asynchronous else "sync"
        super().__init__({"address": In(12), "write": In(1), "data": In(8), "read": Out(8)})

    def elaborate(self, platform: object) -> Module:
        del platform
        m = Module()
        m.submodules.bytes = memory = Memory(shape=unsigned(8), depth=self._depth, init=[])
        write, read = memory.write_port(), memory.read_port(domain=self._domain)
        m.d.comb += [
            write.addr.eq(self.address),
            write.en.eq(self.write),
            write.data.eq(self.data),
            read.addr.eq(self.address),
            self.read.eq(read.data),
        ]
        return m


def alone(family_device: Device, folder: Path) -> dict[str, int]:
    """Cells of the grid without a wrapper, through Yosys' command as it is documented."""
    (folder / "grid.il").write_text(rtlil(Grid(), "top"))
    family = family_device.family
    commands = (
        "read_rtlil grid.il",
        f"{family.synthesis} -top top {family.without_dsp} -run :map_luts",
        "splitnets",
        f"{family.synthesis} -top top {family.without_dsp} -run map_luts:",
        "tee -q -o grid.json stat -json",
    )
    yosys.run([Step("map", commands)], folder, "grid")
    return json.loads((folder / "grid.json").read_text())["design"]["num_cells_by_type"]


def test_the_wrapper_takes_no_logic_away(
    family_device: Device, mapped_grid: Mapped, tmp_path: Path
) -> None:
    cells, family = alone(family_device, tmp_path), family_device.family
    assert luts(mapped_grid.design, family) == luts(cells, family) > 100
    assert flip_flops(mapped_grid.design, family) == flip_flops(cells, family) == OUTPUTS + 1


def test_the_wrapper_costs_what_it_says(family_device: Device, mapped_grid: Mapped) -> None:
    family = family_device.family
    assert luts(mapped_grid.wrapper, family) == OUTPUTS - 1
    assert flip_flops(mapped_grid.wrapper, family) == 1 + INPUTS + 2 * OUTPUTS


@pytest.mark.parametrize(
    ("name", "depth", "asynchronous", "cell"),
    [
        ("ecp5-25k", 4096, False, "DP16KD"),
        ("ecp5-25k", 64, True, "TRELLIS_DPR16X4"),
        ("ice40-hx8k", 4096, False, "ICE40_RAM4K"),
        ("ice40-hx8k", 64, True, FLIP_FLOPS),
    ],
)
def test_where_a_memory_went_is_told(
    name: str, depth: int, asynchronous: bool, cell: str, tmp_path: Path
) -> None:
    wrapper = ScanWrapper(lambda: Store(depth, asynchronous=asynchronous))
    mapped = map_design(rtlil(wrapper, "top"), device(name), tmp_path, dsp=True)
    assert list(mapped.memories.values()) == [cell]


def test_missing_statistics_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: object, folder: Path, *__: object) -> Path:
        (folder / "statistics.json").write_text('{"modules": {"\\\\top": {}}}')
        return folder / "yosys.log"

    monkeypatch.setattr(yosys, "run", nothing)
    message = r"^Yosys reported no cells in .*statistics\.json \(log: .*yosys\.log\)$"
    with pytest.raises(SynthesisToolError, match=message):
        map_design(rtlil(ScanWrapper(Grid), "top"), device("ecp5-25k"), tmp_path, dsp=True)


def mapped(design: dict[str, int], wrapper: dict[str, int]) -> Mapped:
    return Mapped(netlist=Path("none"), design=design, wrapper=wrapper, memories={})


def test_what_does_not_fit_is_told_with_both_numbers() -> None:
    large = mapped({"LUT4": 20000, "CCU2C": 3000, "DP16KD": 57}, {"LUT4": 10, "TRELLIS_FF": 30000})
    with pytest.raises(DoesNotFitError) as failure:
        check_fits("array-big", large, device("ecp5-25k"))
    assert str(failure.value) == (
        "array-big does not fit ecp5-25k: with its wrapper it needs 26,010 LUTs (it has 24,288), "
        "30,000 flip-flops (it has 24,288), 57 block RAMs (it has 56); take a larger device or a "
        "smaller preset"
    )
    check_fits("array-big", large, device("ecp5-85k"))


def test_blocks_are_counted_by_their_mapped_names() -> None:
    blocks = mapped({"SB_RAM40_4K": 33, "SB_MAC16": 1}, {})
    with pytest.raises(DoesNotFitError, match=r"33 block RAMs \(it has 32\), 1 DSP blocks"):
        check_fits("engine", blocks, DEVICES["ice40-hx8k"])
