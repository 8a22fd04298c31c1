"""Choose how each part is built: least area within a clock period that all designs share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from synth.buffering import BUFFER_PREFIX, insert_buffers
from synth.liberty import Liberty
from synth.netlist import Netlist, flatten
from synth.timing import Timing, analyse
from synth.yosys_script import Variant

# Nets may carry this fraction of their driver's largest load; tighter limits buy time with buffers.
LOAD_FRACTIONS = (1.0, 0.5, 0.25)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One mapped netlist of a part. area_um2: its own cells. delay_ns: its own longest path."""

    variant: Variant
    netlist: Netlist
    area_um2: float
    delay_ns: float


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A candidate for every part, the flat buffered netlist they make and its timing."""

    candidates: dict[str, Candidate]
    flat: Netlist
    area_um2: float
    timing: Timing

    def meets(self, period_ns: float) -> bool:
        """Whether the longest path fits the period."""
        return self.timing.critical_path_ns <= period_ns


def choose(
    candidates: Mapping[str, Sequence[Candidate]],
    instances: Mapping[str, int],
    top: str,
    period_ns: float,
    liberty: Liberty,
) -> Choice:
    """Smallest choice found that meets the period, or the fastest found when none does.

    Starts from the smallest candidates and, while the longest path of the whole design is too long,
    gives one part on it its next faster candidate: the one that costs least area per time. Tried
    with ever more buffers on heavily loaded nets. candidates, instances: by part.
    """
    fronts = {part: _front(options) for part, options in candidates.items()}
    found: list[Choice] = []
    for fraction in LOAD_FRACTIONS:
        choice, steps = _speed_up(fronts, instances, top, period_ns, liberty, fraction)
        found.append(choice)
        if choice.meets(period_ns) and not steps:
            break
    meeting = [choice for choice in found if choice.meets(period_ns)]
    if meeting:
        return min(meeting, key=lambda choice: choice.area_um2)
    return min(found, key=lambda choice: choice.timing.critical_path_ns)


def _speed_up(
    fronts: Mapping[str, Sequence[Candidate]],
    instances: Mapping[str, int],
    top: str,
    period_ns: float,
    liberty: Liberty,
    fraction: float,
) -> tuple[Choice, int]:
    """Choice at one limit for the load of nets, and how many parts had to be made faster."""
    level = dict.fromkeys(fronts, 0)
    best = _evaluate(fronts, level, top, liberty, fraction)
    current = best
    while not current.meets(period_ns):
        parts = parts_on_path(current, top)
        steps = [
            (_price(fronts[part], level[part]) * instances[part], part)
            for part in parts
            if level[part] + 1 < len(fronts[part])
        ]
        if not steps:
            break
        level[min(steps)[1]] += 1
        current = _evaluate(fronts, level, top, liberty, fraction)
        if current.timing.critical_path_ns < best.timing.critical_path_ns:
            best = current
    return best, sum(level.values())


def parts_on_path(choice: Choice, top: str) -> set[str]:
    """Parts that the longest path runs through."""
    names = [name for name, _, _ in choice.timing.stages if not name.startswith(BUFFER_PREFIX)]
    return {_part_of(name, choice.candidates, top) for name in names}


def own_delay_ns(netlist: Netlist, parts: Mapping[str, Netlist], liberty: Liberty) -> float:
    """Longest path of a part's own cells, the parts it contains taken as inputs and outputs.

    A part without cells of its own has no path: 0.
    """
    inner = [instance for instance in netlist.instances if instance.cell in parts]
    own = tuple(instance for instance in netlist.instances if instance.cell not in parts)
    if not own:
        return 0.0
    inputs, outputs = dict(netlist.inputs), dict(netlist.outputs)
    for instance in inner:
        ports = parts[instance.cell]
        for port, nets in instance.nets.items():
            (inputs if port in ports.outputs else outputs)[f"{instance.name}.{port}"] = nets
    alone = replace(netlist, instances=own, inputs=inputs, outputs=outputs)
    return analyse(alone, liberty).critical_path_ns


def _front(options: Iterable[Candidate]) -> list[Candidate]:
    """Candidates by rising area, without those that are not faster than a smaller one."""
    front: list[Candidate] = []
    for option in sorted(options, key=lambda o: (o.area_um2, o.delay_ns)):
        if not front or option.delay_ns < front[-1].delay_ns:
            front.append(option)
    return front


def _price(front: Sequence[Candidate], level: int) -> float:
    """Area per time of the step to the next faster candidate."""
    here, there = front[level], front[level + 1]
    return (there.area_um2 - here.area_um2) / (here.delay_ns - there.delay_ns)


def _evaluate(
    fronts: Mapping[str, Sequence[Candidate]],
    level: Mapping[str, int],
    top: str,
    liberty: Liberty,
    fraction: float,
) -> Choice:
    chosen = {part: front[level[part]] for part, front in fronts.items()}
    flat = flatten({part: candidate.netlist for part, candidate in chosen.items()}, top)
    flat = insert_buffers(flat, liberty, fraction)
    return Choice(
        candidates=chosen,
        flat=flat,
        area_um2=flat.area_um2(liberty),
        timing=analyse(flat, liberty),
    )


def _part_of(name: str, candidates: Mapping[str, Candidate], top: str) -> str:
    """Part that the flat instance `name` belongs to."""
    part = top
    while True:
        inner = [
            instance
            for instance in candidates[part].netlist.instances
            if instance.cell in candidates and name.startswith(f"{instance.name}.")
        ]
        if not inner:
            return part
        part = inner[0].cell
        name = name.removeprefix(f"{inner[0].name}.")
