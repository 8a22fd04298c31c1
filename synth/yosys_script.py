"""The synthesis script of one part in all its variants, as steps for `synth.yosys`.

Every part of every design goes through the same commands: coarse synthesis with the hierarchy kept
(merged, Yosys sign-extends the operands of a tree to the accumulator's width), mapping to gates,
full adders put onto the library's cell, flip-flops mapped, then abc for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from synth import techmaps
from synth.liberty import Liberty
from synth.yosys import Step

MULTIPLIERS = ("array", "booth")
CARRIES = ("ripple", "lookahead")
# abc's technology mappers: by area flow, by exact area, by area flow after rewriting, by delay.
MAPPERS = {
    "flow": "strash; &get -n; &dch -f; &nf; &put",
    "area": "strash; dch -f; map -a -B 0.9 -D 1000000",
    "restructured": "strash; ifraig; scorr; dc2; strash; &get -n; &dch -f; &nf; &put",
    "delay": "strash; dch -f; map -B 0.9 {D}",
}
# Buffers and gate sizes for the delay target; {D} is replaced by Yosys.
LIBERTY_FILE = "cells.lib"
_SIZING = "topo; buffer -c; topo; upsize {D}; dnsize {D}; topo; stime -p"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to build a part.

    multiplier: partial products as an `array` or radix-4 `booth`. carry: adders as `ripple` chains
    of full adders or with Brent-Kung `lookahead`. mapper: a key of MAPPERS.
    """

    multiplier: str
    carry: str
    mapper: str

    def __str__(self) -> str:
        return f"{self.multiplier}-{self.carry}-{self.mapper}"


def variants(*, multiplies: bool) -> list[Variant]:
    """All variants of a part; the multiplier matters only where the part has one."""
    multipliers = MULTIPLIERS if multiplies else MULTIPLIERS[:1]
    return [
        Variant(multiplier=multiplier, carry=carry, mapper=mapper)
        for multiplier, carry, mapper in product(multipliers, CARRIES, MAPPERS)
    ]


def support_files(liberty: Liberty) -> dict[str, str]:
    """Files by name that the steps refer to; they belong into the folder Yosys runs in.

    The library itself is to be there as LIBERTY_FILE.
    """
    files = {
        "full_adder.v": techmaps.FULL_ADDER_PATTERN,
        "ripple_carry.v": techmaps.RIPPLE_CARRY,
    }
    if liberty.full_adder:
        files["full_adder_cell.v"] = techmaps.full_adder_map(liberty.full_adder)
    return files


def part_steps(
    part: str,
    black_boxes: Sequence[str],
    rtlil_file: str,
    liberty: Liberty,
    wanted: Sequence[Variant],
    delay_target_ps: int,
) -> list[Step]:
    """Steps that write PART.VARIANT.json for every wanted variant of module `part`."""
    boxes = tuple(f"blackbox {_id(name)}" for name in black_boxes)
    load = (
        f"read_rtlil {rtlil_file}",
        *boxes,
        f"hierarchy -check -top {_id(part)}",
        "setattr -unset init w:*",  # registers are cleared by reset, not by power-up
        "proc",
        "opt_clean",
        "design -save start",
    )
    steps = [Step(f"{part}: read", load)]
    for multiplier in dict.fromkeys(v.multiplier for v in wanted):
        steps.append(Step(f"{part}: coarse, {multiplier}", _coarse(part, multiplier)))
        for carry in dict.fromkeys(v.carry for v in wanted if v.multiplier == multiplier):
            steps.append(Step(f"{part}: gates, {carry}", _gates(carry, liberty)))
            steps += [
                Step(f"{part}: map, {v.mapper}", _map(part, v, liberty, delay_target_ps))
                for v in wanted
                if (v.multiplier, v.carry) == (multiplier, carry)
            ]
    return steps


def _coarse(part: str, multiplier: str) -> tuple[str, ...]:
    booth = "-booth " if multiplier == "booth" else ""
    return (
        "design -load start",
        f"synth -run coarse:fine -nofsm -noshare {booth}-top {_id(part)}",
        "opt -fast -full",
        "memory_map",
        "opt -full",
        "design -save coarse",
    )


def _gates(carry: str, liberty: Liberty) -> tuple[str, ...]:
    ripple = ("techmap -map ripple_carry.v",) if carry == "ripple" else ()
    # A lookahead adder hides its full adders' sums in larger functions: worth 0..5 % there.
    functional = ("extract_fa -fa", "techmap -map full_adder_cell.v t:$fa", "techmap")
    adders = (
        "extract -map full_adder.v t:$_XOR_ t:$_AND_ t:$_OR_ w:*",
        "techmap -map full_adder_cell.v t:full_adder",
        *(functional if carry == "lookahead" else ()),
        "opt -fast",
    )
    reserved = "".join(f" -dont_use {name}" for name in liberty.reserved)
    return (
        "design -load coarse",
        "maccmap",
        *ripple,
        "techmap",
        "flatten",
        "opt -fast",
        "opt -full",
        *(adders if liberty.full_adder else ()),
        f"dfflibmap -liberty {LIBERTY_FILE}{reserved}",
        "opt -fast",
        "design -save gates",
    )


def _map(part: str, variant: Variant, liberty: Liberty, delay_target_ps: int) -> tuple[str, ...]:
    reserved = "".join(f" -dont_use {name}" for name in liberty.reserved)
    target = f"-D {delay_target_ps} -liberty {LIBERTY_FILE}{reserved}"
    stem = f"{part}.{variant}"
    return (
        "design -load gates",
        f"abc -script {_inline(MAPPERS[variant.mapper])} {target}",
        "opt_clean -purge",
        f"write_json {stem}.json",
    )


def _inline(script: str) -> str:
    """An abc script inside Yosys' command: a file's path could have spaces."""
    return "+" + f"{script}; {_SIZING}".replace("; ", ";").replace(" ", ",")


def _id(name: str) -> str:
    """Module name as Yosys' command line takes it."""
    return f"\\{name}"
