"""Tables of whole networks: what an image takes on the arrays, and with their memories."""

from collections.abc import Mapping

from sigmaquant.synth_benchmark.plan import LABELS
from sigmaquant.synth_benchmark.record import InferenceFigures
from sigmaquant.tables import Table, count

_MM2 = 1e6  # um2


def image_table(arrays: Mapping[str, InferenceFigures]) -> Table:
    """One network: what an image takes on every array."""
    rows = tuple(
        (
            LABELS[name],
            count(each.cycles) + ("" if each.engine else " (array alone)"),
            f"{each.time_us:,.1f}",
            f"{each.area_time_um2_us / _MM2:,.2f}",
            *(_nj(part) for part in (each.active_nj, each.idle_nj, each.leakage_nj, each.array_nj)),
            "" if each.energy_delay_nj_us is None else f"{each.energy_delay_nj_us / 1e3:,.1f}",
        )
        for name, each in arrays.items()
    )
    headers = (
        "array",
        "cycles",
        "µs",
        "area x time, mm² µs",
        "computing, nJ",
        "waiting",
        "leakage",
        "array, nJ",
        "energy x delay, µJ µs",
    )
    return Table(headers=headers, rows=rows)


def system_table(
    networks: Mapping[str, Mapping[str, InferenceFigures]], band: tuple[float, float]
) -> Table:
    """Array and memories together, from the model's memories to the dearest of other sources."""
    rows = []
    for network, arrays in networks.items():
        for name, image in arrays.items():
            if image.memory_nj is None or image.array_nj is None:
                continue
            least, most = (system_nj(image, factor) for factor in band)
            rows.append(
                (
                    network,
                    LABELS[name],
                    _nj(image.array_nj),
                    *(_nj(image.memory_nj[each]) for each in ("activations", "weights")),
                    _nj(image.memory_nj["parameters"] + image.memory_nj["program"]),
                    _nj(image.memory_leakage_nj),
                    f"{least:,.0f} to {most:,.0f}",
                )
            )
    headers = (
        "network",
        "array",
        "array, nJ",
        "activations",
        "weights",
        "parameters, program",
        "memories' leakage",
        "together, nJ",
    )
    return Table(headers=headers, rows=tuple(rows))


def system_nj(image: InferenceFigures, factor: float) -> float:
    """Array and memories, accesses taken as `factor` times the model's."""
    assert image.memory_nj is not None
    assert image.array_nj is not None
    accesses = factor * sum(image.memory_nj.values())
    return image.array_nj + accesses + (image.memory_leakage_nj or 0)


def _nj(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"
