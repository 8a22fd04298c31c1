"""What an engine's memories do for one image, and the energy of it.

Counts are of clock edges at which a memory's enable is high, as `sim.engine_model` has them from
the descriptors and the simulation confirms. An image is: the host writes it, all operations run,
the host reads the result. Weights, parameters and program are loaded once, not for every image.

Program memory is read at every edge of a run: its read port has no enable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from compiler.memory import Placement
from compiler.program import Program
from hw.config import EngineConfig
from hw.engine.activation_memory import PARITIES
from hw.engine.controller import FIRST_LAUNCH
from hw.engine.program import WORD_BITS
from hw.matrix_unit import parameters_shape
from sim.program_model import OperationShare, program_timing
from synth.sram import WideMemory

MEMORIES: tuple[str, ...] = ("activations", "weights", "parameters", "program")
INPUT, RESULT = "input", "result"


@dataclass(frozen=True, kw_only=True)
class Accesses:
    """Accesses to one memory, in words of it.

    word_writes: all slices at once. slice_writes: one slice of 32 bits.
    """

    reads: int = 0
    word_writes: int = 0
    slice_writes: int = 0

    def __add__(self, other: Accesses) -> Accesses:
        return Accesses(
            reads=self.reads + other.reads,
            word_writes=self.word_writes + other.word_writes,
            slice_writes=self.slice_writes + other.slice_writes,
        )


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Part of an image's run: `input`, an operation by its layers' names, or `result`.

    accesses: by name of memory, all of `MEMORIES`.
    """

    name: str
    accesses: dict[str, Accesses]


@dataclass(frozen=True, kw_only=True)
class MemoryFigures:
    """One memory over an image.

    count, word_bits, words: so many equal memories of this size. energy_nj: of the accesses,
    without leakage. area_um2, leakage_nw: of all `count`.
    """

    name: str
    count: int
    words: int
    word_bits: int
    accesses: Accesses
    energy_nj: float
    area_um2: float
    leakage_nw: float

    def leakage_energy_nj(self, seconds: float) -> float:
        """What it leaks within `seconds`."""
        return self.leakage_nw * seconds


def traffic(program: Program) -> tuple[Phase, ...]:
    """Accesses of every phase of one image, in order."""
    timing = program_timing(program)
    shares = zip(program.operations, timing.operations, strict=True)
    return (
        _input(program.input),
        *(_operation(", ".join(each.names), share) for each, share in shares),
        _result(program.output, program.config),
    )


def total(phases: Iterable[Phase]) -> dict[str, Accesses]:
    """Accesses of all phases together, by memory."""
    sums = dict.fromkeys(MEMORIES, Accesses())
    for phase in phases:
        sums = {name: sums[name] + phase.accesses[name] for name in MEMORIES}
    return sums


def memories(config: EngineConfig) -> dict[str, tuple[int, WideMemory]]:
    """How many memories of which size an engine has, by name.

    Activation memory is one of 1RW + 1R for each sub-bank, the others are 1RW.
    """
    parameter_bits = parameters_shape(config.array).size
    return {
        "activations": (
            config.banks * PARITIES,
            WideMemory(words=config.activation_lines, bits=8 * config.word_bytes, ports=2),
        ),
        "weights": (1, WideMemory(words=config.weight_words, bits=config.weight_word_bits)),
        "parameters": (1, WideMemory(words=config.parameter_words, bits=parameter_bits)),
        "program": (1, WideMemory(words=config.program_words, bits=WORD_BITS)),
    }


def memory_figures(program: Program) -> tuple[MemoryFigures, ...]:
    """Accesses, energy, area and leakage of every memory for one image of `program`.

    They hold for `synth.sram.TECHNOLOGY`; beside a library, ask `synth.sram.check_node` first.
    """
    sums = total(traffic(program))
    return tuple(
        MemoryFigures(
            name=name,
            count=count,
            words=memory.words,
            word_bits=memory.bits,
            accesses=sums[name],
            energy_nj=energy_fj(memory, sums[name]) / 1e6,
            area_um2=count * memory.area_um2,
            leakage_nw=count * memory.leakage_nw,
        )
        for name, (count, memory) in memories(program.config).items()
    )


def energy_fj(memory: WideMemory, accesses: Accesses) -> float:
    """Energy of `accesses` to a memory of this size."""
    return (
        accesses.reads * memory.read_energy_fj
        + accesses.word_writes * memory.write_energy_fj
        + accesses.slice_writes * memory.slice_write_energy_fj
    )


def _phase(name: str, **accesses: Accesses) -> Phase:
    return Phase(name=name, accesses=dict.fromkeys(MEMORIES, Accesses()) | accesses)


def _input(place: Placement) -> Phase:
    """The host writes slice by slice; then the first descriptor is read."""
    _, height, _ = place.map_shape
    return _phase(
        INPUT,
        activations=Accesses(slice_writes=height * place.row_words),
        program=Accesses(reads=FIRST_LAUNCH),
    )


def _operation(name: str, share: OperationShare) -> Phase:
    timing = share.timing
    return _phase(
        name,
        activations=Accesses(
            reads=timing.activation_reads + timing.residual_reads,
            word_writes=timing.activation_writes,
        ),
        weights=Accesses(reads=timing.weight_reads),
        parameters=Accesses(reads=timing.parameter_reads),
        program=Accesses(reads=share.cycles),
    )


def _result(place: Placement, config: EngineConfig) -> Phase:
    """The sender reads whole lines, both words of each."""
    _, height, _ = place.map_shape
    lines = height * ceil(place.row_bytes / config.line_bytes)
    return _phase(RESULT, activations=Accesses(reads=PARITIES * lines))
