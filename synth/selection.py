"""Choose how each part is built: least area within a clock period that all designs share."""

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from synth.buffering import insert_buffers
from synth.liberty import Liberty
from synth.macros import attach, detach
from synth.netlist import Hierarchy, Netlist, flatten
from synth.timing import Timing, analyse
from synth.yosys_script import Variant

# Nets may carry this fraction of their driver's largest load; tighter limits buy time with buffers.
LOAD_FRACTIONS = (1.0, 0.5, 0.25)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A variant for every part, the flat buffered netlist they make, its area and timing.

    flat: macros included. Paths to and from these end at their pins.
    """

    variants: dict[str, Variant]
    flat: Netlist
    area_um2: float
    timing: Timing

    def meets(self, period_ns: float) -> bool:
        """Whether the longest path fits the period."""
        return self.timing.critical_path_ns <= period_ns


class Selection:
    """Search over the variants of a design's parts.

    mapped: netlist by part and variant. instances: how often the design contains each part.
    macros: output pins of the black boxes in it, by name.
    """

    def __init__(
        self,
        mapped: Mapping[str, Mapping[Variant, Netlist]],
        instances: Mapping[str, int],
        top: str,
        liberty: Liberty,
        macros: Mapping[str, Collection[str]],
    ):
        self._instances = instances
        self._macros = macros
        self._top = top
        self._liberty = liberty
        self._mapped = mapped
        self._ports = {part: next(iter(netlists.values())) for part, netlists in mapped.items()}
        self._hierarchy = Hierarchy(self._ports, top)
        self._fronts: dict[str, list[tuple[Variant, float, float]]] = {}

    def choose(self, period_ns: float) -> Choice:
        """Smallest choice found that meets the period, or the fastest found when none does.

        Starts from the smallest variants whose own paths fit and, while the longest path of the
        whole design is too long, gives one part on it its next faster variant: the one that costs
        least area per time. Tried again with more buffers on loaded nets where that was needed.
        """
        with _without_collector():
            found = list(self._candidates(period_ns))
        meeting = [choice for choice in found if choice.meets(period_ns)]
        if meeting:
            return min(meeting, key=lambda choice: choice.area_um2)
        return min(found, key=lambda choice: choice.timing.critical_path_ns)

    def _candidates(self, period_ns: float) -> Iterator[Choice]:
        """What the search finds at each limit for the load of nets."""
        start = {part: self._first_fitting(part, period_ns) for part in self._mapped}
        for fraction in LOAD_FRACTIONS:
            choice, steps = self._speed_up(start, period_ns, fraction)
            yield choice
            if choice.meets(period_ns) and not steps:
                break

    def _first_fitting(self, part: str, period_ns: float) -> int:
        """Position on the part's front of the smallest variant that fits, or of the fastest."""
        if self._own_delay_ns(self._mapped[part][self._smallest(part)]) <= period_ns:
            return 0
        front = self._front(part)
        fitting = [at for at, (_, _, delay) in enumerate(front) if delay <= period_ns]
        return fitting[0] if fitting else len(front) - 1

    def _speed_up(
        self, start: Mapping[str, int], period_ns: float, fraction: float
    ) -> tuple[Choice, int]:
        """Choice at one limit for the load of nets, and how many steps from `start` it took."""
        faster = dict(start)
        best = current = self._evaluate(faster, fraction)
        while not current.meets(period_ns):
            parts = self._parts_on_path(current)
            steps = [
                (self._price(part, faster[part]), part)
                for part in sorted(parts)
                if faster[part] + 1 < len(self._front(part))
            ]
            if not steps:
                break
            faster[min(steps)[1]] += 1
            current = self._evaluate(faster, fraction)
            if current.timing.critical_path_ns < best.timing.critical_path_ns:
                best = current
        return best, sum(faster.values()) - sum(start.values())

    def _evaluate(self, faster: Mapping[str, int], fraction: float) -> Choice:
        variants = {
            part: self._front(part)[at][0] if at else self._smallest(part)
            for part, at in faster.items()
        }
        netlists = {part: self._mapped[part][variant] for part, variant in variants.items()}
        flat = flatten(netlists, self._top)
        logic = insert_buffers(detach(flat, self._macros), self._liberty, fraction)
        return Choice(
            variants=variants,
            flat=attach(logic, flat, self._macros),
            area_um2=logic.area_um2(self._liberty),
            timing=analyse(logic, self._liberty),
        )

    def _smallest(self, part: str) -> Variant:
        if part in self._fronts:
            return self._fronts[part][0][0]
        netlists = self._mapped[part]
        return min(netlists, key=lambda v: netlists[v].area_um2(self._liberty))

    def _front(self, part: str) -> list[tuple[Variant, float, float]]:
        """(variant, area, own delay) by rising area, each faster than all smaller ones."""
        if part not in self._fronts:
            options = [
                (variant, netlist.area_um2(self._liberty), self._own_delay_ns(netlist))
                for variant, netlist in self._mapped[part].items()
            ]
            front: list[tuple[Variant, float, float]] = []
            for option in sorted(options, key=lambda option: option[1]):
                if not front or option[2] < front[-1][2]:
                    front.append(option)
            self._fronts[part] = front
        return self._fronts[part]

    def _price(self, part: str, at: int) -> float:
        """Area per time of a part's step to its next faster variant."""
        _, area, delay = self._front(part)[at]
        _, next_area, next_delay = self._front(part)[at + 1]
        return self._instances[part] * (next_area - area) / (delay - next_delay)

    def _own_delay_ns(self, netlist: Netlist) -> float:
        """Longest path of a part's own cells; what else is in it counts as inputs and outputs.

        A part without cells of its own has no path: 0.
        """
        parts = {name: ports.outputs for name, ports in self._ports.items()}
        alone = detach(netlist, {**parts, **self._macros})
        if not alone.instances:
            return 0.0
        buffered = insert_buffers(alone, self._liberty, LOAD_FRACTIONS[0])
        return analyse(buffered, self._liberty).critical_path_ns

    def _parts_on_path(self, choice: Choice) -> set[str]:
        """Parts that the longest path runs through."""
        return {self._hierarchy.module_of(name) for name, _, _ in choice.timing.stages}


@contextmanager
def _without_collector() -> Iterator[None]:
    """Netlists are millions of small lists without circles: looking for some takes most time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
