"""The `sigmaquant` command line: flags in, an exit code out."""

import argparse
import errno
import os
import shlex
import signal
import sys
import threading
from collections.abc import Sequence

from rich.console import Console as RichConsole

from sigmaquant import (
    areas,
    benchmark_command,
    commands,
    explore,
    fpga,
    networks,
    resnet20_plan,
    sweep,
)
from sigmaquant.area_config import AreaConfiguration
from sigmaquant.arguments import build_parser
from sigmaquant.benchmark_config import BenchmarkConfiguration, SynthBenchmarkConfiguration
from sigmaquant.config import Configuration
from sigmaquant.console import Console
from sigmaquant.errors import is_expected, one_line
from sigmaquant.explore_config import ExploreConfiguration
from sigmaquant.fpga import FpgaConfiguration
from sigmaquant.networks import NetworksConfiguration
from sigmaquant.sweep_config import SweepConfiguration
from sigmaquant.synth_benchmark import command as synth_benchmark
from sigmaquant.synth_benchmark import plan as synth_benchmark_plan

FAILED = 1
LOG_WIDTH = 100  # columns where nobody's terminal says
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_MACHINE_ERRORS = {errno.EACCES, errno.ENOSPC, errno.EROFS, errno.ENOTDIR, errno.ENOENT}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0, 1 for an error, 130 for an interruption.

    An error of a room's own class is told in one line on stderr. Anything else is a bug and
    keeps its traceback.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = build_parser().parse_args(words)
    command = shlex.join(["sigmaquant", *words])
    # Amaranth's own Yosys writes the Verilog, whatever else is on PATH: the same text everywhere.
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"
    _stop_cleanly_on_termination()
    try:
        _run(arguments, command)
    except KeyboardInterrupt:
        _complain(f"interrupted; finished steps are kept, go on with: {command}")
        return INTERRUPTED
    except (ValueError, RuntimeError, OSError) as error:
        if not (is_expected(error) or _is_machine_error(error)):
            raise
        _complain(f"error: {one_line(error)}")
        return FAILED
    return 0


def _run(arguments: argparse.Namespace, command: str) -> None:
    console = Console(RichConsole(width=None if sys.stdout.isatty() else LOG_WIDTH))
    values = vars(arguments)
    match arguments.command:
        case "report":
            commands.report(arguments.build, console)
        case "train":
            commands.train(arguments.output)
        case "networks":
            flags = {field: values[field] for field in NetworksConfiguration.model_fields}
            asked = NetworksConfiguration.load(flags)
            networks.run(asked, console, command=command, fresh=arguments.fresh)
        case "fpga":
            flags = {field: values[field] for field in FpgaConfiguration.model_fields}
            designs = FpgaConfiguration.load(flags)
            fpga.run(
                designs, console, command=command, fresh=arguments.fresh, publish=arguments.record
            )
        case "sweep":
            flags = {name: values.get(name) for name in SweepConfiguration.model_fields}
            wanted = SweepConfiguration.load(arguments.config, flags)
            sweep.run(wanted, console, command=command, fresh=arguments.fresh)
        case "explore":
            flags = {name: values.get(name) for name in ExploreConfiguration.model_fields}
            space = ExploreConfiguration.load(arguments.config, flags)
            explore.run(
                space, console, command=command, fresh=arguments.fresh, publish=arguments.record
            )
        case "benchmark":
            _run_benchmark(arguments, console)
        case "area":
            flags = {name: values[name] for name in AreaConfiguration.model_fields}
            designs = AreaConfiguration.load(flags)
            areas.run(designs, console, command=command, fresh=arguments.fresh)
        case "readme":
            commands.readme(console, write=arguments.write)
        case "versions":
            commands.versions(console)
        case name:
            flags = {field: values[field] for field in Configuration.model_fields}
            configuration = Configuration.load(arguments.config, flags)
            run = commands.Run(configuration, console, command=command, fresh=arguments.fresh)
            if name == "demo":
                run.demo(record=arguments.record)
            else:
                {"allocate": run.allocate, "simulate": run.simulate, "synth": run.synth}[name]()


def _run_benchmark(arguments: argparse.Namespace, console: Console) -> None:
    values, fresh = vars(arguments), arguments.fresh
    if arguments.plan == "synth":
        flags = {name: values[name] for name in SynthBenchmarkConfiguration.model_fields}
        wanted = SynthBenchmarkConfiguration.load(flags)
        synth_benchmark.run(wanted, synth_benchmark_plan.PLAN, console, fresh=fresh)
        return
    flags = {name: values[name] for name in BenchmarkConfiguration.model_fields}
    asked = BenchmarkConfiguration.load(flags)
    benchmark_command.run(asked, resnet20_plan.PLAN, console, fresh=fresh)


def _is_machine_error(error: Exception) -> bool:
    """A full disk or a forbidden folder: the machine's state, named by the text of the error."""
    return isinstance(error, OSError) and error.errno in _MACHINE_ERRORS


def _complain(text: str) -> None:
    sys.stderr.write(f"sigmaquant: {text}\n")


def _stop_cleanly_on_termination() -> None:
    """A termination signal ends a run like Ctrl-C does: children stop, finished steps stay."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
