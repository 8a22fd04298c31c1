"""Which modules of a design are synthesised on their own, each once, and how often each occurs."""

from collections import Counter
from dataclasses import dataclass

from synth.rtlil_text import Module, instance_counts, split


@dataclass(frozen=True, kw_only=True)
class Part:
    """A module synthesised on its own, whatever is below it flattened in, other parts left out.

    name: module name without backslash. instances: how often the whole design contains it.
    """

    name: str
    instances: int


def find_parts(rtlil: str, top: str) -> list[Part]:
    """Parts of the design: repeated blocks, what contains them, and the neighbours of both.

    A repeated block occurs at least twice and lies in no other repeated block; its inside is
    flattened. Every module on the way from the top to one is a part (its own logic only), and so
    is every other module such a container instantiates. A design without repeated blocks is one
    part. Raises SynthesisInputError when there is no module `top`.
    """
    modules = split(rtlil)
    counts = instance_counts(modules, f"\\{top}")
    repeated = _repeated(modules, counts, f"\\{top}")
    containers = {name for name in counts if counts[name] == 1 and _below(modules, name) & repeated}
    neighbours = {child for name in containers for child in modules[name].children} & set(modules)
    kept = {f"\\{top}"} | containers | neighbours
    return [Part(name=name[1:], instances=counts[name]) for name in modules if name in kept]


def _repeated(modules: dict[str, Module], counts: Counter[str], top: str) -> set[str]:
    """Topmost modules that occur more than once."""
    found: set[str] = set()
    pending = [top]
    while pending:
        for child in modules[pending.pop()].children:
            if child not in modules or child in found:
                continue
            if counts[child] > 1:
                found.add(child)
            else:
                pending.append(child)
    return found


def _below(modules: dict[str, Module], name: str) -> set[str]:
    """All modules under `name`, at any depth."""
    found: set[str] = set()
    pending = [name]
    while pending:
        for child in modules[pending.pop()].children:
            if child in modules and child not in found:
                found.add(child)
                pending.append(child)
    return found
