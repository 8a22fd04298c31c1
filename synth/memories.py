"""The memories of a design beside its standard cells: how many, how large, and what a model says.

The model of `synth.sram` holds at one node. A liberty file does not say its node: the libraries
that this project knows are listed here by name, and beside any other there are no figures, but the
reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from hw.config import EngineConfig
from synth.designs import Design
from synth.errors import SynthesisInputError, SynthesisToolError
from synth.liberty import Liberty
from synth.macros import Macro
from synth.memory_traffic import memories
from synth.netlist import Netlist
from synth.sram import SLICE_BITS, WideMemory, check_node

# nm, by the name that the library gives itself.
NODES_NM = {
    "NangateOpenCellLibrary": 45.0,
    "osu018_stdcells": 180.0,
    "sky130_fd_sc_hd__tt_025C_1v80": 130.0,
}


@dataclass(frozen=True, kw_only=True)
class MemoryArea:
    """Equal memories of a design, none of them in its area of standard cells.

    words, bits: of one. area_um2: of all `count`. access_ns: from the clock edge to the data.
    Both are None where no model holds, for the `reason`; it is empty where they are given.
    """

    name: str
    count: int
    words: int
    bits: int
    area_um2: float | None
    access_ns: float | None
    reason: str


def memory_areas(design: Design, liberty: Liberty) -> list[MemoryArea]:
    """Memories of an engine; none for other designs."""
    config = design.config
    if not isinstance(config, EngineConfig):
        return []
    reason = _no_model(liberty)
    return [
        MemoryArea(
            name=name,
            count=count,
            words=memory.words,
            bits=_stored_bits(memory),
            area_um2=None if reason else count * memory.area_um2,
            access_ns=None if reason else memory.access_ns,
            reason=reason,
        )
        for name, (count, memory) in memories(config).items()
    ]


def access_times_ns(
    found: list[MemoryArea], netlist: Netlist, macros: Mapping[str, Macro]
) -> dict[str, float]:
    """Arrival of the data at every output pin of the netlist's macros, as `instance/pin`.

    Empty where a memory has no model. Raises SynthesisToolError where the memories of the netlist
    are not those that the design is said to have.
    """
    listed = Counter[tuple[int, int]]()
    for memory in found:
        listed[memory.words, memory.bits] += memory.count
    placed = [(i, macros[i.cell]) for i in netlist.instances if i.cell in macros]
    counted = Counter((macro.words, macro.bits) for _, macro in placed)
    if listed != counted:
        raise SynthesisToolError(
            f"{netlist.name}: the netlist has memories (words, bits) {dict(counted)}, "
            f"its configuration {dict(listed)}"
        )
    times: dict[tuple[int, int], float] = {}
    for memory in found:
        if memory.access_ns is None:
            return {}
        size = memory.words, memory.bits
        times[size] = max(memory.access_ns, times.get(size, 0.0))
    return {
        f"{instance.name}/{pin}": times[macro.words, macro.bits]
        for instance, macro in placed
        for pin in macro.outputs
    }


def _no_model(liberty: Liberty) -> str:
    """Why the model does not hold beside a library; empty where it does."""
    if liberty.name not in NODES_NM:
        return f"the node of the library {liberty.name} is not known: there is no memory model"
    try:
        check_node(NODES_NM[liberty.name])
    except SynthesisInputError as error:
        return str(error)
    return ""


def _stored_bits(memory: WideMemory) -> int:
    """Words are written in whole slices."""
    return ceil(memory.bits / SLICE_BITS) * SLICE_BITS
