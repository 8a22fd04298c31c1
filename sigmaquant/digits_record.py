"""benchmarks/digits.json: the demo's figures, and how the README shows them."""

from pathlib import Path
from statistics import fmean
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from sigmaquant import benchmark, provenance
from sigmaquant.findings import HARDLY, Findings
from sigmaquant.store import write_atomically
from sigmaquant.summary import Summary
from sigmaquant.tables import WIDTHS, Table, count, percent, width_label

NAME = "digits"
PICTURES = benchmark.ROOT / "docs" / "digits"


class UniformFigure(BaseModel):
    """Every layer at one width; accuracy on the test split, mean over the seeds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bits: int
    size_ratio: float
    accuracy: float


class DigitsFigures(Summary):
    """The summary, and what it is compared with. Areas carry `mix` beside the widths."""

    uniform: list[UniformFigure]
    mix: dict[str, float] = Field(description="share of the MACs by weight width")
    simulator: str

    @classmethod
    def of(cls, findings: Findings) -> Self:
        """The figures of a run."""
        summary = Summary.of(findings).model_dump()
        designs = findings.synthesis.designs
        areas = {
            name: {width: design.per_mac_cycle_um2[width] for width in WIDTHS}
            for name, design in designs.items()
        }
        return cls.model_validate(
            summary
            | {
                "area_um2_per_mac_cycle": areas,
                "uniform": [
                    {
                        "bits": bits,
                        "size_ratio": findings.uniform_size(bits),
                        "accuracy": findings.uniform_accuracy(bits),
                    }
                    for bits in findings.uniform_bits
                ],
                "mix": findings.synthesis.mix,
                "simulator": findings.simulation.simulator,
            }
        )


def write(findings: Findings) -> list[Path]:
    """Writes the record and the README's pictures; returns their paths."""
    from sigmaquant.report import theme
    from sigmaquant.report.charts import area_chart, uniform_chart

    inputs = {
        "checkpoint": findings.pretrained.checkpoint_sha256,
        f"liberty {findings.synthesis.liberty.name}": findings.synthesis.liberty.sha256,
    }
    paths = []
    for make in (uniform_chart, area_chart):
        chart = make(findings)
        path = PICTURES / f"{chart.name}.svg"
        write_atomically(path, theme.standalone(chart.svg))
        inputs[f"picture {chart.name}"] = provenance.file_sha256(path)
        paths.append(path)
    figures = DigitsFigures.of(findings).model_dump(mode="json")
    record = benchmark.write_record(NAME, figures, findings.provenance.command, inputs)
    return [record, *paths]


def markdown() -> str:
    """The README's figures, from the committed record."""
    record, figures = benchmark.read_figures(NAME, DigitsFigures, "make demo ARGS=--record")
    ours, rival = figures.cycles.values()
    exact = sum(
        layer.bit_exact and layer.cycles_model == layer.cycles_simulated for layer in figures.layers
    )
    simulation = (
        f"Simulation of the whole engine ({figures.simulator}): {exact} of {len(figures.layers)} "
        "operations bit-exact with the cycle count of the model. One image takes "
        f"{count(ours)} cycles from start to the last code written, {count(rival)} on an engine "
        "with as much memory around the INT8 array of equal 8-bit throughput."
    )
    return "\n".join(
        (
            f"`{record['command']}`, library {figures.liberty.name}:",
            "",
            _networks(figures).markdown(),
            *_smaller(figures),
            simulation,
            "",
            "Area in µm² per MAC/cycle, both arrays through one flow:",
            "",
            _areas(*figures.area_um2_per_mac_cycle.values()).markdown(),
            _verdict(*figures.area_um2_per_mac_cycle.values()),
        )
    )


def _networks(figures: DigitsFigures) -> Table:
    rows = [("float", "32", "", percent(figures.float_accuracy, 2))]
    rows += [
        (f"uniform {each.bits} bits", str(each.bits), percent(each.size_ratio),
         percent(each.accuracy, 2))
        for each in figures.uniform
    ]  # fmt: skip
    rows += [
        (f"SigmaQuant, seed {each.seed}", f"{each.mean_bits:.2f}", percent(each.size_ratio),
         percent(each.golden_accuracy, 2))
        for each in figures.allocated
    ]  # fmt: skip
    return Table(
        headers=("network", "mean bits", "size of INT8", "test accuracy"), rows=tuple(rows)
    )


def _smaller(figures: DigitsFigures) -> list[str]:
    """Names the uniform networks that are smaller than every allocation and hardly worse."""
    size = min(each.size_ratio for each in figures.allocated)
    accuracy = fmean(each.golden_accuracy for each in figures.allocated)
    return [
        (
            f"Uniform {each.bits} bits is smaller still and hardly worse: this data is too easy "
            "to tell allocations apart.\n"
        )
        for each in figures.uniform
        if each.size_ratio < size and accuracy - each.accuracy <= HARDLY
    ]


def _verdict(ours: dict[str, float], rival: dict[str, float]) -> str:
    change = ours["8"] / rival["8"] - 1
    size = "larger" if change > 0 else "smaller"
    return (
        f"At uniform 8 bits the shift-add array is {percent(abs(change))} {size} than the INT8 "
        f"array; at this network's mix it takes {percent(ours['mix'] / rival['mix'])} of its area."
    )


def _areas(ours: dict[str, float], rival: dict[str, float]) -> Table:
    rows = tuple(
        (
            width_label(width),
            f"{ours[width]:.1f}",
            f"{rival[width]:.1f}",
            percent(ours[width] / rival[width]),
        )
        for width in WIDTHS
    )
    return Table(headers=("weights", "shift-add", "INT8", "ratio"), rows=rows)
