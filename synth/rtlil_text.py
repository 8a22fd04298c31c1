"""RTLIL text cut into modules: names and the hierarchy, without reading the logic."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from synth.errors import SynthesisInputError

BLACK_BOX_LINE = "attribute \\blackbox 1"
MODULE_LINE = re.compile(r"^module (\S+)$")
CELL_LINE = re.compile(r"^\s+cell (\S+) (\S+)$")


@dataclass
class Module:
    """One module of the text. children: number of cells by their type."""

    name: str
    children: Counter[str] = field(default_factory=Counter)


def split(rtlil: str) -> dict[str, Module]:
    """Modules by name (with the leading backslash), in the text's order, black boxes left out.

    Raises SynthesisInputError when the text is no RTLIL or a module instantiates itself.
    """
    modules: dict[str, Module] = {}
    module: Module | None = None
    boxed = False
    for line in rtlil.splitlines():
        if line == BLACK_BOX_LINE:
            boxed = True
        elif match := MODULE_LINE.match(line):
            module = Module(match[1])
        elif module and (match := CELL_LINE.match(line)):
            module.children[match[1]] += 1
        elif module and line == "end":
            if not boxed:
                modules[module.name] = module
            module, boxed = None, False
    if module or not modules:
        what = f"module {module.name} has no end" if module else "it has no module"
        raise SynthesisInputError(f"cannot read the RTLIL text: {what}")
    for _ in leaves_first(modules):
        pass
    return modules


def leaves_first(modules: dict[str, Module]) -> Iterator[Module]:
    """Every module after the modules that it instantiates; raises where they form a circle."""
    done: set[str] = set()
    for root in modules.values():
        path: list[Module] = [root]
        while path:
            module = path[-1]
            waiting = [c for c in module.children if c in modules and c not in done]
            if any(modules[c] in path for c in waiting):
                raise SynthesisInputError(f"module {module.name} instantiates itself")
            if waiting:
                path.append(modules[waiting[0]])
                continue
            path.pop()
            if module.name not in done:
                done.add(module.name)
                yield module


def instance_counts(modules: dict[str, Module], top: str) -> Counter[str]:
    """How often each module occurs below (and as) `top`, through all levels."""
    if top not in modules:
        raise SynthesisInputError(f"the RTLIL text has no module {top.removeprefix(chr(92))}")
    counts: Counter[str] = Counter({top: 1})
    for module in reversed(list(leaves_first({**modules}))):
        for child, number in module.children.items():
            if child in modules:
                counts[child] += number * counts[module.name]
    return Counter({name: count for name, count in counts.items() if count})
