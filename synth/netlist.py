"""Mapped netlists as Yosys writes them in JSON, and a hierarchy of them made flat."""

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import SynthesisToolError
from synth.liberty import Liberty

ZERO, ONE, FIRST_NET = 0, 1, 2
_CONSTANTS = {"0": ZERO, "1": ONE, "x": ZERO, "z": ZERO}


@dataclass(frozen=True)
class Instance:
    """One cell; `nets` holds the nets of every connected pin or port, lowest bit first."""

    name: str
    cell: str
    nets: dict[str, list[int]]


@dataclass(frozen=True, kw_only=True)
class Netlist:
    """One module. Nets 0 and 1 are the constants; ports hold their nets, lowest bit first."""

    name: str
    net_count: int
    instances: tuple[Instance, ...]
    inputs: dict[str, list[int]]
    outputs: dict[str, list[int]]

    @property
    def cells(self) -> Counter[str]:
        """Number of instances by cell or module."""
        return Counter(instance.cell for instance in self.instances)

    def area_um2(self, liberty: Liberty) -> float:
        """Sum of the areas of the library's cells; instances of other modules are left out."""
        return sum(n * liberty.area_um2(cell) for cell, n in self.cells.items() if cell in liberty)


def read(path: Path, module: str) -> Netlist:
    """Read one module of a Yosys JSON file; raises SynthesisToolError when it is not there."""
    modules = json.loads(path.read_text())["modules"]
    if module not in modules:
        raise SynthesisToolError(f"the netlist {path} has no module {module}")
    ports: dict[str, dict[str, list[int]]] = {"input": {}, "output": {}}
    for name, port in modules[module]["ports"].items():
        ports[port["direction"]][name] = _nets(port["bits"])
    instances = tuple(
        Instance(name, cell["type"], _all_nets(cell))
        for name, cell in modules[module]["cells"].items()
    )
    used = [nets for instance in instances for nets in instance.nets.values()]
    used += [*ports["input"].values(), *ports["output"].values()]
    return Netlist(
        name=module,
        net_count=max((net for nets in used for net in nets), default=ONE) + 1,
        instances=instances,
        inputs=ports["input"],
        outputs=ports["output"],
    )


def save(netlist: Netlist, path: Path) -> None:
    """Write a netlist for `load`, as compressed JSON."""
    cells = sorted(netlist.cells)
    numbers = {cell: number for number, cell in enumerate(cells)}
    content = {
        "name": netlist.name,
        "net_count": netlist.net_count,
        "inputs": netlist.inputs,
        "outputs": netlist.outputs,
        "cells": cells,
        "instances": [[i.name, numbers[i.cell], i.nets] for i in netlist.instances],
    }
    # Without a time stamp the same netlist gives the same file.
    path.write_bytes(gzip.compress(json.dumps(content).encode(), compresslevel=6, mtime=0))


def load(path: Path) -> Netlist:
    """Read what `save` wrote; raises SynthesisToolError for anything else."""
    try:
        content = json.loads(gzip.decompress(path.read_bytes()))
        instances = tuple(
            Instance(name, content["cells"][cell], nets)
            for name, cell, nets in content["instances"]
        )
        return Netlist(
            name=content["name"],
            net_count=content["net_count"],
            instances=instances,
            inputs=content["inputs"],
            outputs=content["outputs"],
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as error:
        raise SynthesisToolError(
            f"{path}: no stored netlist ({error}); delete its folder and synthesise again"
        ) from error


def flatten(modules: Mapping[str, Netlist], top: str) -> Netlist:
    """Module `top` with every instance of another of the modules replaced by its content.

    Instances are named by their path, levels separated by dots.
    """
    joined = _Joined()
    ports = {**modules[top].inputs, **modules[top].outputs}
    outer = {name: [joined.new() for _ in nets] for name, nets in ports.items()}
    instances = _expand(modules, top, "", outer, joined)
    root = [joined.find(net) for net in range(len(joined.parent))]

    def roots(pins: Mapping[str, list[int]]) -> dict[str, list[int]]:
        return {pin: [root[net] for net in nets] for pin, nets in pins.items()}

    return Netlist(
        name=top,
        net_count=len(root),
        instances=tuple(Instance(i.name, i.cell, roots(i.nets)) for i in instances),
        inputs=roots({port: outer[port] for port in modules[top].inputs}),
        outputs=roots({port: outer[port] for port in modules[top].outputs}),
    )


class Hierarchy:
    """Which module an instance of the flat netlist comes from."""

    def __init__(self, modules: Mapping[str, Netlist], top: str):
        self._top = top
        self._inner = {
            name: [(f"{i.name}.", i.cell) for i in module.instances if i.cell in modules]
            for name, module in modules.items()
        }

    def module_of(self, instance: str) -> str:
        """Module that contains the flat instance of this name."""
        module = self._top
        while True:
            found = [inner for inner in self._inner[module] if instance.startswith(inner[0])]
            if not found:
                return module
            prefix, module = found[0]
            instance = instance.removeprefix(prefix)


class _Joined:
    """Nets of the flat netlist; nets found to be one wire are joined to the lowest of them."""

    def __init__(self) -> None:
        self.parent = [ZERO, ONE]

    def new(self) -> int:
        self.parent.append(len(self.parent))
        return len(self.parent) - 1

    def find(self, net: int) -> int:
        while self.parent[net] != net:
            self.parent[net] = self.parent[self.parent[net]]
            net = self.parent[net]
        return net

    def join(self, a: int, b: int) -> None:
        low, high = sorted((self.find(a), self.find(b)))
        self.parent[high] = low


def _expand(
    modules: Mapping[str, Netlist],
    name: str,
    prefix: str,
    outer: dict[str, list[int]],
    joined: _Joined,
) -> list[Instance]:
    """Instances of one module and all below it; `outer` gives the flat nets at its ports."""
    module = modules[name]
    flat: dict[int, int] = {ZERO: ZERO, ONE: ONE}
    for port, nets in (*module.inputs.items(), *module.outputs.items()):
        for net, at in zip(nets, outer.get(port, [joined.new() for _ in nets]), strict=True):
            if flat.setdefault(net, at) != at:  # the module connects two of its ports
                joined.join(flat[net], at)
    found = []
    for instance in module.instances:
        nets = {
            pin: [flat[n] if n in flat else flat.setdefault(n, joined.new()) for n in bits]
            for pin, bits in instance.nets.items()
        }
        path = prefix + instance.name
        if instance.cell in modules:
            found += _expand(modules, instance.cell, f"{path}.", nets, joined)
        else:
            found.append(Instance(path, instance.cell, nets))
    return found


def _all_nets(cell: dict[str, Any]) -> dict[str, list[int]]:
    return {pin: _nets(bits) for pin, bits in cell["connections"].items() if bits}


def _nets(bits: list[int | str]) -> list[int]:
    """Yosys numbers nets from 2 and writes constants as text."""
    return [_CONSTANTS[bit] if isinstance(bit, str) else bit for bit in bits]
