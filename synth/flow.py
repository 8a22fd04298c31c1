"""From RTLIL to a mapped netlist: every design through the same commands and the same choices.

Repeated modules are synthesised once, each part of the design in several variants; the smallest
combination that meets the clock period is the result (`synth.selection`).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from quant.progress import Progress
from synth import yosys
from synth.buffering import is_inserted
from synth.errors import SynthesisInputError, SynthesisToolError
from synth.liberty import Liberty
from synth.macros import Macro, detach, find_macros, outputs_of, stubs
from synth.netlist import Hierarchy, Netlist, read
from synth.netlist_verilog import to_verilog
from synth.parts import Part, find_parts
from synth.rtlil_text import split
from synth.selection import Choice, Selection
from synth.timing import Timing
from synth.timing_arcs import carry_delay_ns
from synth.verify import MACROS, READ_BACK, check_netlist
from synth.yosys_script import LIBERTY_FILE, Variant, part_steps, support_files, variants

# The default clock: a cycle is this many bits of ripple carry long.
PERIOD_CARRIES = 32


@dataclass(frozen=True, kw_only=True)
class Options:
    """period_ns: clock period to meet, the same for all designs that are compared; None takes
    `default_period_ns` of the library. jobs: parts synthesised at the same time.
    """

    period_ns: float | None = None
    jobs: int = 2

    def __post_init__(self) -> None:
        if self.period_ns is not None and not self.period_ns > 0:
            raise SynthesisInputError(f"period_ns must be positive, not {self.period_ns}")
        if self.jobs < 1:
            raise SynthesisInputError(f"jobs must be at least 1, not {self.jobs}")


@dataclass(frozen=True, kw_only=True)
class MappedPart:
    """One part of the result.

    area_um2, sequential_area_um2, cells: of one instance, without the parts inside it.
    buffer_area_um2: of the buffers on the nets that all its instances drive.
    """

    name: str
    instances: int
    variant: Variant
    cells: Counter[str]
    area_um2: float
    sequential_area_um2: float
    buffer_area_um2: float

    @property
    def total_area_um2(self) -> float:
        """All instances and their buffers."""
        return self.instances * self.area_um2 + self.buffer_area_um2


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """A mapped design.

    netlist: what `netlist_file`, flat Verilog, reads as. timing: of the whole of it.
    area_um2: all cells, the buffers of the nets between parts included. macros: the black boxes in
    it by name; they have no area here, and paths end at their pins (`synth.macros`).
    """

    top: str
    parts: tuple[MappedPart, ...]
    netlist: Netlist
    netlist_file: Path
    area_um2: float
    sequential_area_um2: float
    timing: Timing
    period_ns: float
    macros: dict[str, Macro]

    @property
    def logic(self) -> Netlist:
        """The netlist without its macros: their pins are its ports."""
        return detach(self.netlist, outputs_of(self.macros))

    @property
    def buffer_area_um2(self) -> float:
        """Area of the buffers on the nets between parts."""
        return sum(part.buffer_area_um2 for part in self.parts)

    @property
    def meets_period(self) -> bool:
        """Whether the longest path fits the clock period."""
        return self.timing.critical_path_ns <= self.period_ns


def default_period_ns(liberty: Liberty) -> float:
    """Clock period that a 32-bit ripple-carry adder of this library can follow."""
    return PERIOD_CARRIES * carry_delay_ns(liberty)


def synthesise(
    rtlil: str,
    top: str,
    liberty: Liberty,
    folder: Path,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Synthesis:
    """Map module `top` of an RTLIL text onto the library; files and logs go to `folder`.

    Black boxes of the text stay what they are.

    Raises SynthesisInputError for a text without that module, SynthesisToolError when a tool fails
    or a cell stays unmapped; either is one line that names the log.
    """
    options = options or Options()
    period_ns = options.period_ns or default_period_ns(liberty)
    parts, macros = find_parts(rtlil, top), find_macros(rtlil)
    _prepare(folder, rtlil, liberty)
    (folder / MACROS).write_text(stubs(macros))
    report = _Report(progress, len(parts) + 2)

    def build(part: Part) -> dict[Variant, Netlist]:
        netlists = _map_part(part, (*parts, *macros.values()), rtlil, liberty, folder, period_ns)
        report(f"{top}: {part.name}")
        return netlists

    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        mapped = dict(zip((p.name for p in parts), pool.map(build, parts), strict=True))
    instances = {part.name: part.instances for part in parts}
    selection = Selection(mapped, instances, top, liberty, outputs_of(macros))
    choice = selection.choose(period_ns)
    report(f"{top}: choose")
    result = _result(choice, mapped, parts, macros, period_ns, liberty, folder)
    check_netlist(result.netlist_file, top, result.area_um2, liberty, folder)
    report(f"{top}: check")
    return replace(result, netlist=_read_back(folder / READ_BACK, top))


def _read_back(file: Path, top: str) -> Netlist:
    """What the written Verilog says, by Yosys' reading: that is what is simulated and counted."""
    netlist = read(file, top)
    file.unlink()
    return netlist


def _prepare(folder: Path, rtlil: str, liberty: Liberty) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in support_files(liberty).items():
        (folder / name).write_text(text)
    (folder / "design.il").write_text(rtlil)
    link = folder / LIBERTY_FILE
    link.unlink(missing_ok=True)
    link.symlink_to(liberty.path.resolve())


def _map_part(
    part: Part,
    modules: Sequence[Part | Macro],
    rtlil: str,
    liberty: Liberty,
    folder: Path,
    period_ns: float,
) -> dict[Variant, Netlist]:
    """All variants of one part; the other modules are black boxes in it."""
    boxes = [other.name for other in modules if other is not part]
    wanted = variants(multiplies=_multiplies(rtlil, part.name, boxes))
    delay_target_ps = round(1000 * period_ns)
    steps = part_steps(part.name, boxes, "design.il", liberty, wanted, delay_target_ps)
    log = yosys.run(steps, folder, part.name)
    netlists = {}
    for variant in wanted:
        file = folder / f"{part.name}.{variant}.json"
        netlists[variant] = read(file, part.name)
        file.unlink()
    for netlist in netlists.values():
        _check_mapped(netlist, boxes, liberty, log)
    return netlists


def _multiplies(rtlil: str, part: str, boxes: Sequence[str]) -> bool:
    """Whether a part has a multiplier of its own."""
    modules = split(rtlil)
    pending, others = [f"\\{part}"], {f"\\{box}" for box in boxes}
    while pending:
        children = modules[pending.pop()].children
        if "$mul" in children:
            return True
        pending += [child for child in children if child in modules and child not in others]
    return False


def _check_mapped(netlist: Netlist, boxes: Sequence[str], liberty: Liberty, log: Path) -> None:
    left = {
        cell: n for cell, n in netlist.cells.items() if cell not in liberty and cell not in boxes
    }
    if left:
        what = ", ".join(f"{n} {cell}" for cell, n in sorted(left.items()))
        raise SynthesisToolError(
            f"{netlist.name}: library {liberty.name} has no cell for {what} (log: {log})"
        )


def _result(
    choice: Choice,
    mapped: Mapping[str, Mapping[Variant, Netlist]],
    parts: Sequence[Part],
    macros: dict[str, Macro],
    period_ns: float,
    liberty: Liberty,
    folder: Path,
) -> Synthesis:
    file = folder / "netlist.v"
    file.write_text(to_verilog(choice.flat))
    netlists = {name: mapped[name][variant] for name, variant in choice.variants.items()}
    hierarchy = Hierarchy(netlists, choice.flat.name)
    buffers: dict[str, float] = defaultdict(float)
    for instance in choice.flat.instances:
        if is_inserted(instance.name):
            buffers[hierarchy.module_of(instance.name)] += liberty.area_um2(instance.cell)
    chosen = tuple(
        _mapped_part(part, choice.variants[part.name], netlists[part.name], buffers, liberty)
        for part in parts
    )
    return Synthesis(
        top=choice.flat.name,
        parts=chosen,
        netlist=choice.flat,
        netlist_file=file,
        area_um2=choice.area_um2,
        sequential_area_um2=sum(part.instances * part.sequential_area_um2 for part in chosen),
        timing=choice.timing,
        period_ns=period_ns,
        macros=macros,
    )


def _mapped_part(
    part: Part,
    variant: Variant,
    netlist: Netlist,
    buffers: Mapping[str, float],
    liberty: Liberty,
) -> MappedPart:
    cells = Counter({cell: n for cell, n in netlist.cells.items() if cell in liberty})
    sequential = [
        n * liberty.area_um2(cell) for cell, n in cells.items() if liberty.cells[cell].sequential
    ]
    return MappedPart(
        name=part.name,
        instances=part.instances,
        variant=variant,
        cells=cells,
        area_um2=netlist.area_um2(liberty),
        sequential_area_um2=sum(sequential),
        buffer_area_um2=buffers.get(part.name, 0.0),
    )


class _Report:
    """Counts finished work for the progress callback, from several threads."""

    def __init__(self, progress: Progress | None, total: int):
        self._progress, self._total, self._done, self._lock = progress, total, 0, Lock()

    def __call__(self, label: str) -> None:
        with self._lock:
            self._done += 1
            if self._progress:
                self._progress(label, self._done, self._total)
