"""Merge identical modules of an RTLIL text, so that a repeated block is synthesised once.

Amaranth writes one module per instance. Two modules are identical when their texts agree after
wires and cells are numbered in order of appearance and source locations are dropped. Leaves are
merged first, then the modules whose cells became equal by that, up to the top.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from synth.errors import SynthesisInputError

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\\$]\S+|[^\s"]+')
_MODULE = re.compile(r"^module (\S+)$")
_CELL = re.compile(r"^\s+cell (\S+) (\S+)$")
_WIRE = re.compile(r"^\s+wire (.*\s)?(\S+)$")
_DESCRIPTIVE = (r"attribute \src ", r"attribute \generator ")
_CONNECT_PORT = re.compile(r"^(\s+connect )(\S+)( .*)$")


@dataclass
class _Module:
    """One module of the text: `lines` from `module` to its `end`, with the attributes before it."""

    name: str
    attributes: list[str]
    lines: list[str]
    wires: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)  # ordered

    def __post_init__(self) -> None:
        for line in self.lines:
            if match := _WIRE.match(line):
                self.wires[match[2]] = f"w{len(self.wires)}"
            elif match := _CELL.match(line):
                self.cells[match[2]] = f"c{len(self.cells)}"
                self.children[match[1]] = None


def merge_identical_modules(rtlil: str) -> str:
    """Return `rtlil` with every group of identical modules replaced by its first member.

    The top and every module that differs keep their names and order. Raises SynthesisInputError
    when the text is no RTLIL or instantiates its modules in a circle.
    """
    modules = _split(rtlil)
    originals: dict[str, str] = {}  # module name -> name of the module that stands for it
    digests: dict[str, str] = {}  # canonical text -> name
    for module in _leaves_first(modules):
        key = _canonical(module, modules, originals)
        originals[module.name] = digests.setdefault(key, module.name)
    kept = [module for name, module in modules.items() if originals[name] == name]
    lines = [line for module in kept for line in _rewritten(module, modules, originals)]
    return "\n".join(lines) + "\n"


def module_names(rtlil: str) -> list[str]:
    """Names of the modules of an RTLIL text in order, without the leading backslash."""
    return [name.removeprefix("\\") for name in _split(rtlil)]


def _split(rtlil: str) -> dict[str, _Module]:
    """Cut the text into modules; a module ends at the first unindented `end`."""
    modules: dict[str, _Module] = {}
    pending: list[str] = []
    name, body = "", []
    for line in rtlil.splitlines():
        if match := _MODULE.match(line):
            name, body = match[1], [line]
        elif not name:
            pending.append(line)
        else:
            body.append(line)
            if line == "end":
                attributes = [text for text in pending if text.startswith("attribute ")]
                modules[name] = _Module(name, attributes, body)
                name, pending = "", []
    if name or not modules:
        what = f"module {name} has no end" if name else "it has no module"
        raise SynthesisInputError(f"cannot read the RTLIL text: {what}")
    return modules


def _leaves_first(modules: dict[str, _Module]) -> Iterator[_Module]:
    """Every module after the modules that it instantiates."""
    done: set[str] = set()
    for root in modules.values():
        path: list[_Module] = [root]
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


def _canonical(module: _Module, modules: dict[str, _Module], originals: dict[str, str]) -> str:
    """Text of `module` with own names numbered, children by representative, locations dropped."""
    lines: list[str] = [a for a in module.attributes if _matters(a)]
    ports: list[str] | None = None  # connections of the cell at hand
    child: _Module | None = None
    for line in module.lines[1:]:
        if match := _CELL.match(line):
            child = modules.get(match[1])
            lines.append(f"cell {originals.get(match[1], match[1])} {module.cells[match[2]]}")
            ports = []
        elif ports is not None and (match := _CONNECT_PORT.match(line)):
            port = child.wires.get(match[2], match[2]) if child else match[2]
            ports.append(f"connect {port} {_numbered(match[3], module)}")
        elif ports is not None and line.strip() == "end":
            lines += [*sorted(ports), "end"]
            ports = None
        elif _matters(line):
            lines.append(_numbered(line, module))
    return "\n".join(lines)


def _matters(line: str) -> bool:
    """Whether a line can change what the module does: all but blanks and source locations."""
    text = line.strip()
    return bool(text) and not text.startswith(_DESCRIPTIVE)


def _numbered(text: str, module: _Module) -> str:
    """`text` with the module's own wires replaced by their numbers; parameter lines stay."""
    if text.lstrip().startswith("parameter "):
        return text
    return " ".join(module.wires.get(token[0], token[0]) for token in _TOKEN.finditer(text))


def _rewritten(
    module: _Module, modules: dict[str, _Module], originals: dict[str, str]
) -> Iterator[str]:
    """Lines of `module` with each cell of a merged module turned into one of its representative."""
    yield from module.attributes
    ports: dict[str, str] = {}
    for line in module.lines:
        match = _CELL.match(line)
        if match:
            original = originals.get(match[1], match[1])
            ports = _port_names(modules, match[1], original) if original != match[1] else {}
            yield line.replace(f" {match[1]} ", f" {original} ", 1)
        elif ports and (match := _CONNECT_PORT.match(line)):
            yield f"{match[1]}{ports[match[2]]}{match[3]}"
        else:
            ports = {} if line.strip() == "end" else ports
            yield line
    yield ""


def _port_names(modules: dict[str, _Module], name: str, original: str) -> dict[str, str]:
    """Wire names of module `name` to those of the identical module `original`."""
    return dict(zip(modules[name].wires, modules[original].wires, strict=True))
