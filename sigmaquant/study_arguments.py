"""The words of the commands that compare methods or arrays: sweep, explore and benchmark."""

from typing import Any

from sigmaquant import explore_config, sweep_config
from sigmaquant.benchmark_config import BenchmarkConfiguration, SynthBenchmarkConfiguration
from sigmaquant.command_flags import Command, add, add_fields, add_settings
from sigmaquant.explore_config import ExploreConfiguration
from sigmaquant.sweep_config import SweepConfiguration


def add_sweep(commands: Any) -> None:
    """Accuracy against a cost, over budgets, seeds and methods."""
    sweep = add(
        commands,
        Command(
            name="sweep",
            summary="the Pareto front of a network: accuracy against a cost, over seeds",
            description="Allocates and trains for every method, budget and seed, and shows "
            "accuracy against size, or against another cost with --over and --limits. Writes "
            "build/sweep.json and build/sweep/index.html.",
            example="sigmaquant sweep --sizes 0.25,0.3125,0.4 --methods sigmaquant,uniform",
        ),
    )
    add_settings(sweep, SweepConfiguration, sweep_config.WITHOUT)


def add_explore(commands: Any) -> None:
    """Area, time and energy over the shapes and units of arrays."""
    explore = add(
        commands,
        Command(
            name="explore",
            summary="the design space of the array: area, time and energy on a network",
            description="Synthesises every array asked for, counts its cycles on the network and "
            "simulates its netlist: which arrays none beats in area, time and energy, and where "
            "the preset of --array stands. Writes build/explore.json and build/explore/index.html.",
            example="sigmaquant explore --network-folder build/networks/seed1 --rows 2,4 "
            "--columns 8,16 --lanes 24,48",
        ),
    )
    add_settings(explore, ExploreConfiguration, explore_config.WITHOUT)
    text = "also write benchmarks/explore.json and the picture of docs/explore.md"
    explore.add_argument("--record", action="store_true", help=text)


def add_benchmark(commands: Any) -> None:
    """The fixed plans of published records."""
    benchmark = add(
        commands,
        Command(
            name="benchmark",
            summary="the fixed comparisons behind docs/: of methods, and of arrays",
            description="Runs a fixed plan and writes its record to benchmarks/ and its pictures "
            "to docs/.",
            example="sigmaquant benchmark resnet20 --weights resnet20.npz --data cifar10:FOLDER",
        ),
    )
    plans = benchmark.add_subparsers(dest="plan", metavar="plan", required=True)
    resnet20 = add(
        plans,
        Command(
            name="resnet20",
            summary="SigmaQuant and its rivals on CIFAR-10 (make benchmark)",
            description="Runs the plan of sigmaquant/resnet20_plan.py: SigmaQuant and its rivals "
            "at three sizes, integer networks, and which statistic ranks the layers. Writes "
            "benchmarks/resnet20.json and the pictures of docs/resnet20.",
            example="sigmaquant benchmark resnet20 --weights resnet20.npz --data cifar10:FOLDER",
        ),
    )
    add_fields(resnet20, BenchmarkConfiguration)
    synth = add(
        plans,
        Command(
            name="synth",
            summary="the shift-add array and its rivals: area, time, energy "
            "(make benchmark PLAN=synth)",
            description="Runs the plan of sigmaquant/synth_benchmark/plan.py: every array through "
            "one synthesis flow, its netlist on layers of ResNet-20 and on the allocated networks. "
            "Writes benchmarks/synth.json and the pictures of docs/synth. Networks are those of "
            "the plan resnet20: what that run has trained is found in the build folder.",
            example="sigmaquant benchmark synth --liberty nangate45.lib --weights resnet20.npz "
            "--data cifar10:FOLDER",
        ),
    )
    add_fields(synth, SynthBenchmarkConfiguration)
