"""Program that prints as JSON what synthesis needs of one liberty file.

It runs as a process of its own because the parser ends the process on a syntax error and aborts on
a truncated file. Usage: python -m synth.liberty_reader FILE. Units are converted to um2, ns, fF, fJ
and nW.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import libparse

_TIME_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6}
_CAPACITANCE_FF = {"pf": 1e3, "ff": 1.0}
_VOLTAGE_V = {"v": 1.0, "mv": 1e-3}
_POWER_NW = {"w": 1e9, "mw": 1e6, "uw": 1e3, "nw": 1.0, "pw": 1e-3}
_TABLES = (
    "cell_rise",
    "cell_fall",
    "rise_transition",
    "fall_transition",
    "rise_constraint",
    "fall_constraint",
)
_POWER_TABLES = ("power", "rise_power", "fall_power")
# Attributes of cells that are no general-purpose logic.
_RESERVED = ("dont_use", "dont_touch", "is_isolation_cell", "is_level_shifter", "always_on")


class _TableError(SystemExit):
    """A table that cannot be read; uncaught, it ends the program with its message."""


_Node = Any  # libparse's syntax tree, a class without type information
_Json = dict[str, Any]


def read(path: Path) -> _Json:
    """Library name and cells of the liberty file at `path`."""
    descriptor = os.open(path, os.O_RDONLY)  # the parser closes it
    library = libparse.LibertyParser(os.fdopen(descriptor, closefd=False)).ast
    if library is None or library.id != "library":
        raise SystemExit("it does not start with a library group")
    time_ns = _unit(_value(library, "time_unit") or "1ns", _TIME_NS)
    load = _find(library, "capacitive_load_unit")
    load_ff = _unit("".join(load.args) if load else "1pf", _CAPACITANCE_FF)
    volt = _unit(_value(library, "voltage_unit") or "1V", _VOLTAGE_V)
    units = _Units(
        time_ns=time_ns,
        load_ff=load_ff,
        # Tables of internal power hold energy, in the unit of capacitance times voltage squared.
        energy_fj=load_ff * volt**2,
        leakage_nw=_unit(_value(library, "leakage_power_unit") or "1nW", _POWER_NW),
        templates={
            node.args[0]: node
            for kind in ("lu_table_template", "power_lut_template")
            for node in _all(library, kind)
        },
    )
    voltage = _value(library, "nom_voltage")
    return {
        "name": library.args[0],
        "voltage": None if voltage is None else float(voltage) * volt,
        "cells": {node.args[0]: _cell(node, units) for node in _all(library, "cell")},
    }


@dataclass(frozen=True, kw_only=True)
class _Units:
    """Factors to the units of this program's output, and the templates of tables by name."""

    time_ns: float
    load_ff: float
    energy_fj: float
    leakage_nw: float
    templates: dict[str, _Node]

    def table(self, node: _Node) -> _Json:
        """A table of times."""
        return _table(node, self, self.time_ns)

    def energy_table(self, node: _Node) -> _Json:
        """A table of energies."""
        return _table(node, self, self.energy_fj)


def _cell(node: _Node, units: _Units) -> _Json:
    area = _value(node, "area")
    flip_flop = _find(node, "ff")
    stateful = any(_find(node, kind) for kind in ("ff", "latch", "statetable", "ff_bank"))
    return {
        "area": None if area is None else float(area),
        "reserved": any(_value(node, key) == "true" for key in _RESERVED),
        "sequential": stateful,
        "next_state": flip_flop and _value(flip_flop, "next_state"),
        "clocked_on": flip_flop and _value(flip_flop, "clocked_on"),
        "state": list(flip_flop.args) if flip_flop else [],
        "leakage": _leakage(node, units.leakage_nw),
        "pins": {pin.args[0]: _pin(pin, units) for pin in _all(node, "pin")},
    }


def _leakage(node: _Node, unit: float) -> _Json:
    """Leakage in nW: by state, and whatever the state; `average` is None where it is missing."""
    states = [(_value(g, "when"), _value(g, "value")) for g in _all(node, "leakage_power")]
    whatever = [value for when, value in states if not when]
    average = _value(node, "cell_leakage_power") or next(iter(whatever), None)
    return {
        "average": None if average is None else float(average) * unit,
        "states": [[when, float(value) * unit] for when, value in states if when and value],
    }


def _pin(node: _Node, units: _Units) -> _Json:
    load_ff = units.load_ff
    capacitance, limit = _value(node, "capacitance"), _value(node, "max_capacitance")
    return {
        "direction": _value(node, "direction"),
        "function": _value(node, "function"),
        "capacitance": float(capacitance or 0) * load_ff,
        "max_capacitance": None if limit is None else float(limit) * load_ff,
        "arcs": [_arc(timing, units) for timing in _all(node, "timing")],
        "energies": [_energy(group, units) for group in _all(node, "internal_power")],
    }


def _energy(node: _Node, units: _Units) -> _Json:
    """One internal_power group; a table `power` holds for both edges.

    unreadable: why a table was not read. Areas and delays do without it, energies do not.
    """
    tables, unreadable = {}, None
    for child in node.children:
        if child.id in _POWER_TABLES:
            try:
                tables[child.id] = units.energy_table(child)
            except _TableError as error:
                unreadable = str(error)
    both = tables.get("power")
    return {
        "related": (_value(node, "related_pin") or "").split(),
        "when": _value(node, "when"),
        "rise": tables.get("rise_power", both),
        "fall": tables.get("fall_power", both),
        "unreadable": unreadable,
    }


def _arc(node: _Node, units: _Units) -> _Json:
    tables = {child.id: units.table(child) for child in node.children if child.id in _TABLES}
    return {
        "related": (_value(node, "related_pin") or "").split(),
        "sense": _value(node, "timing_sense") or "non_unate",
        "type": _value(node, "timing_type") or "combinational",
        "tables": tables,
    }


def _table(node: _Node, units: _Units, unit: float) -> _Json:
    """Axes (ns or fF, by variable) and values (in `unit`, row by row) of one lookup table.

    A table without its own axis points has those of its template.
    """
    template = units.templates.get(node.args[0])
    axes = []
    for index in (1, 2) if template else ():
        variable = _value(template, f"variable_{index}")
        if variable is None:
            continue
        axis = _find(node, f"index_{index}") or _find(template, f"index_{index}")
        if axis is None:
            raise _TableError(f"a {node.id} table has no index_{index}, nor has its template")
        scale = units.load_ff if variable.endswith("net_capacitance") else units.time_ns
        axes.append({"variable": variable, "points": [scale * x for x in _numbers(axis.args)]})
    values = [unit * x for child in _all(node, "values") for x in _numbers(child.args)]
    expected = prod(len(axis["points"]) for axis in axes)
    if len(values) != expected:
        raise _TableError(f"a {node.id} table has {len(values)} values, its axes {expected}")
    return {"axes": axes, "values": values}


def _numbers(texts: list[str]) -> list[float]:
    return [float(item) for text in texts for item in text.replace(",", " ").split()]


def _unit(text: str, scales: dict[str, float]) -> float:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    name = text[len(digits) :].strip().lower()
    if name not in scales:
        raise SystemExit(f"unknown unit {text!r}")
    return float(digits or 1) * scales[name]


def _all(node: _Node, kind: str) -> Iterator[_Node]:
    return (child for child in node.children if child.id == kind)


def _find(node: _Node, kind: str) -> _Node | None:
    return next(_all(node, kind), None)


def _value(node: _Node, kind: str) -> str | None:
    child = _find(node, kind)
    return None if child is None else child.value.strip('"')


if __name__ == "__main__":
    json.dump(read(Path(sys.argv[1])), sys.stdout)
