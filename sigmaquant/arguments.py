"""The command line's words: subcommands, flags and their help."""

import argparse
from pathlib import Path
from typing import Any

from sigmaquant.area_config import AreaConfiguration
from sigmaquant.command_flags import Command, add, add_fields, add_settings
from sigmaquant.config import Configuration, flag
from sigmaquant.fpga import FpgaConfiguration
from sigmaquant.networks import NetworksConfiguration
from sigmaquant.study_arguments import add_benchmark, add_explore, add_sweep

EPILOG = """\
examples:
  sigmaquant demo                               everything, with a report at the end
  sigmaquant demo --size-ratio 0.3 --seeds 7    another budget, one seed
  sigmaquant demo --config mine.toml            settings from a file; flags win over it
  sigmaquant allocate --cycles 1200             a budget in cycles of the engine instead of bytes
  sigmaquant allocate --network net.py:Net --data arrays:mine.npz   your own network and images
  sigmaquant sweep --sizes 0.25,0.3125,0.4      accuracy against size, with error bars
  sigmaquant synth --liberty my.lib             area and energy with your own standard cells

A stopped run goes on where it was: finished steps are kept in the build folder and reused as
long as their inputs, sources and package versions are the same.
"""


_RUNS = (
    Command(
        name="demo",
        summary="everything: allocate, export, simulate, synthesise, report",
        description="From the trained network and a budget to bits per layer, integers, the "
        "simulated engine, its cycles and area, and build/report/index.html.",
        example="sigmaquant demo --seeds 1,2,3",
    ),
    Command(
        name="allocate",
        summary="bits per layer for the budget, exported as integer networks",
        description="Allocates bits per layer for each seed, exports the integer networks to "
        "build/networks and measures them on the test split in pure integers. Budgets may be given "
        "together; all of them have to hold.",
        example="sigmaquant allocate --network resnet20 --weights resnet20.npz --data "
        "cifar10:FOLDER --size-ratio 0.4 --accuracy-drop 0.003",
    ),
    Command(
        name="simulate",
        summary="the whole network on the simulated engine (make sim)",
        description="Runs the first seed's network on the engine's generated Verilog over AXI: a "
        "test image, every layer alone, then the whole program. A wrong bit or a wrong count "
        "fails.",
        example="sigmaquant simulate --images 2",
    ),
    Command(
        name="synth",
        summary="area and energy of the array and the INT8 baseline (make synth)",
        description="Puts both designs through one synthesis flow and simulates their netlists on "
        "the network: area per MAC/cycle and fJ per MAC by weight width and for the first seed's "
        "own network. Writes build/cost-table-ARRAY.json for --cost-table.",
        example="sigmaquant synth --array tiny --baseline tiny_int8",
    ),
)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="sigmaquant",
        description="From a trained network and a budget to bits per layer, a verified shift-add "
        "accelerator, and its area and cycles.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for command in _RUNS:
        run = add(commands, command)
        add_settings(run, Configuration)
        if command.name == "demo":
            text = "also write benchmarks/digits.json and the pictures of the README"
            run.add_argument("--record", action="store_true", help=text)
    add_sweep(commands)
    add_explore(commands)
    _add_area(commands)
    _add_networks(commands)
    _add_fpga(commands)
    add_benchmark(commands)
    _add_report(commands)
    _add_train(commands)
    _add_readme(commands)
    add(
        commands,
        Command(
            name="versions",
            summary="versions of everything a figure depends on",
            description="Lists the installed versions, as every record carries them.",
            example="sigmaquant versions",
        ),
    )
    return parser


def _add_area(commands: Any) -> None:
    area = add(
        commands,
        Command(
            name="area",
            summary="area and longest path of any unit, array or engine, at several clocks",
            description="Puts designs through one synthesis flow, for every clock period asked "
            "for, and compares them. Writes build/areas.json and build/areas/index.html.",
            example="sigmaquant area --designs array-edge,unit-edge --periods 1.5,2,3,4",
        ),
    )
    add_fields(area, AreaConfiguration)


def _add_networks(commands: Any) -> None:
    networks = add(
        commands,
        Command(
            name="networks",
            summary="whole networks on the simulated engine (make networks)",
            description="Runs networks of the field through the engine's generated Verilog over "
            "AXI, every layer alone and then the whole program. A wrong bit or a wrong count "
            "fails. Writes build/networks.json with cycles and utilization by layer.",
            example="sigmaquant networks --networks resnet8,resnet20:4",
        ),
    )
    add_fields(networks, NetworksConfiguration)


def _add_fpga(commands: Any) -> None:
    fpga = add(
        commands,
        Command(
            name="fpga",
            summary="LUTs, flip-flops and clock on an FPGA, placed and routed (make fpga)",
            description="Puts arrays, or engines with their memories, through Yosys and nextpnr. "
            "The registers around a design, there for its many ports, are not counted. A design "
            "that does not fit is told with what it needs. Writes build/fpga.json.",
            example="sigmaquant fpga --array tiny,tiny_int8 --device ecp5-85k",
        ),
    )
    switches = ("engine", "no_dsp")
    add_fields(fpga, FpgaConfiguration, switches)
    for name in switches:
        text = FpgaConfiguration.model_fields[name].description
        fpga.add_argument(flag(name), dest=name, action="store_const", const=True, help=text)
    text = "also write benchmarks/fpga.json, the record of docs/fpga.md"
    fpga.add_argument("--record", action="store_true", help=text)


def _add_report(commands: Any) -> None:
    report = add(
        commands,
        Command(
            name="report",
            summary="draw the last demo's report again",
            description="Writes build/report/index.html and build/summary.json again from "
            "build/findings.json, and shows the tables.",
            example="sigmaquant report",
        ),
    )
    report.add_argument(
        "--build", type=Path, default=Path("build"), metavar="FOLDER", help="the demo's folder"
    )


def _add_train(commands: Any) -> None:
    train = add(
        commands,
        Command(
            name="train",
            summary="train the shipped digits network again",
            description="Trains the float network in a minute or so and tells its accuracy; the "
            "shipped checkpoint was made by this command.",
            example="sigmaquant train --output digits.safetensors",
        ),
    )
    train.add_argument(
        "--output",
        type=Path,
        default=Path("build/digits.safetensors"),
        metavar="FILE",
        help="the checkpoint to write (default: build/digits.safetensors)",
    )


def _add_readme(commands: Any) -> None:
    readme = add(
        commands,
        Command(
            name="readme",
            summary="keep README.md's figures equal to benchmarks/",
            description="The figures in README.md and the pages in docs/ come from the records in "
            "benchmarks/: check that they agree, or write them.",
            example="sigmaquant readme --check",
        ),
    )
    mode = readme.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true", help="exit 1 where README and record differ")
    mode.add_argument("--write", action="store_true", help="write the figures into README.md")
