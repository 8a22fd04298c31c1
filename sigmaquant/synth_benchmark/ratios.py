"""Ratios of the shift-add array to its rivals, by name; a rival that is not there gives none."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sigmaquant.synth_benchmark.plan import BEST_INT8, BRICKS, OURS, PLAIN_INT8, Plan
from sigmaquant.synth_benchmark.record import MIX, Bar, DesignFigures, InferenceFigures

Figures = TypeVar("Figures")
SLACK = 1e-9  # counts over counts: rounding must not decide
RIVALS = {"best_int8": BEST_INT8, "int8_pe": (PLAIN_INT8,), "bricks": (BRICKS,)}


def ratios(
    designs: Mapping[str, DesignFigures],
    inference: Mapping[str, Mapping[str, InferenceFigures]],
) -> dict[str, float]:
    """Area and energy at the mix and at 8 bits; area x time, time and energy of every network.

    Where a rival is the best of several designs, each figure is held against the least that any of
    them has. Figures of an image are held against those of rivals with an engine, as ours has one.
    `own_clock` is area x time with every array at its own longest path.
    """
    found: dict[str, float] = {}
    for rival, names in RIVALS.items():
        for key, label in ((MIX, "mix"), ("8", "8bit")):
            _add(found, f"area_{label}_of_{rival}", designs, names, _area(key))
            _add(found, f"energy_{label}_of_{rival}", designs, names, _energy(key))
        for network, arrays in inference.items():
            engines = {
                name: (image, designs[name]) for name, image in arrays.items() if image.engine
            }
            for figure, of in _INFERENCE.items():
                _add(found, f"{figure}_of_{rival}_{network}", engines, names, of)
    return found


def bars(plan: Plan, found: Mapping[str, float], networks: Sequence[str]) -> list[Bar]:
    """What the plan demands, of every network in `networks` what it demands of networks."""
    limits = dict(plan.limits)
    for network in networks:
        for name, limit in plan.network_limits.items():
            limits[f"{name}_{network}"] = limit
    return [_bar(name, limit, found.get(name)) for name, limit in limits.items()]


def _bar(name: str, limit: float, value: float | None) -> Bar:
    met = value is not None and value <= limit + SLACK
    return Bar(name=name, limit=limit, value=value, met=met)


def _add(
    found: dict[str, float],
    name: str,
    figures: Mapping[str, Figures],
    rivals: Sequence[str],
    of: Callable[[Figures], float | None],
) -> None:
    ours = of(figures[OURS]) if OURS in figures else None
    others = [of(figures[rival]) for rival in rivals if rival in figures]
    known = [other for other in others if other is not None]
    if ours is not None and known:
        found[name] = ours / min(known)


def _area(key: str) -> Callable[[DesignFigures], float | None]:
    return lambda design: design.area_per_mac_cycle[key]


def _energy(key: str) -> Callable[[DesignFigures], float | None]:
    return lambda design: design.energy_fj_per_mac.get(key)


def _own_clock(figures: tuple[InferenceFigures, DesignFigures]) -> float:
    image, design = figures
    return design.area_um2 * image.cycles * design.critical_path_ns


_INFERENCE: dict[str, Callable[[tuple[InferenceFigures, DesignFigures]], float | None]] = {
    "area_time": lambda figures: figures[0].area_time_um2_us,
    "own_clock": _own_clock,
    "time": lambda figures: figures[0].time_us,
    "energy": lambda figures: figures[0].array_nj,
}
