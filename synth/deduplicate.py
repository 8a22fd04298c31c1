"""Merge identical modules of an RTLIL text, so that a repeated block is synthesised once.

Amaranth writes one module per instance. Two modules are identical when their texts agree after
wires and cells are numbered in order of appearance and source locations are dropped. Leaves are
merged first, then the modules whose cells became equal by that, up to the top.
"""

import re
from collections.abc import Iterator

from synth.rtlil_text import CELL_LINE, Module, leaves_first, split

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\\$]\S+|[^\s"]+')
_CONNECT_PORT = re.compile(r"^(\s+connect )(\S+)( .*)$")
_DESCRIPTIVE = (r"attribute \src ", r"attribute \generator ")


def merge_identical_modules(rtlil: str) -> str:
    """Return `rtlil` with every group of identical modules replaced by its first member.

    The top and every module that differs keep their names and order. Raises SynthesisInputError
    when the text is no RTLIL or instantiates its modules in a circle.
    """
    modules = split(rtlil)
    originals: dict[str, str] = {}  # module name -> name of the module that stands for it
    names: dict[str, str] = {}  # canonical text -> name
    for module in leaves_first(modules):
        key = _canonical(module, modules, originals)
        originals[module.name] = names.setdefault(key, module.name)
    kept = [module for name, module in modules.items() if originals[name] == name]
    lines = [line for module in kept for line in _rewritten(module, modules, originals)]
    return "\n".join(lines) + "\n"


def _canonical(module: Module, modules: dict[str, Module], originals: dict[str, str]) -> str:
    """Text of `module` with own names numbered, children by representative, locations dropped."""
    lines = [attribute for attribute in module.attributes if _matters(attribute)]
    ports: list[str] | None = None  # connections of the cell at hand
    child: Module | None = None
    for line in module.lines[1:]:
        if match := CELL_LINE.match(line):
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


def _numbered(text: str, module: Module) -> str:
    """`text` with the module's own wires replaced by their numbers; parameter lines stay."""
    if text.lstrip().startswith("parameter "):
        return text
    return " ".join(module.wires.get(token[0], token[0]) for token in _TOKEN.finditer(text))


def _rewritten(
    module: Module, modules: dict[str, Module], originals: dict[str, str]
) -> Iterator[str]:
    """Lines of `module` with each cell of a merged module turned into its representative's."""
    yield from module.attributes
    ports: dict[str, str] = {}
    for line in module.lines:
        if match := CELL_LINE.match(line):
            original = originals.get(match[1], match[1])
            ports = _port_names(modules, match[1], original) if original != match[1] else {}
            yield line.replace(f" {match[1]} ", f" {original} ", 1)
        elif ports and (match := _CONNECT_PORT.match(line)):
            yield f"{match[1]}{ports[match[2]]}{match[3]}"
        else:
            ports = {} if line.strip() == "end" else ports
            yield line
    yield ""


def _port_names(modules: dict[str, Module], name: str, original: str) -> dict[str, str]:
    """Wire names of module `name` to those of the identical module `original`."""
    return dict(zip(modules[name].wires, modules[original].wires, strict=True))
