"""Who may import whom. The arrows are read from the sources, not from a running program."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each room may import of the others; a longer name rules its own part of a room.
ALLOWED: dict[str, tuple[str, ...]] = {
    "hw": (),
    "quant": (),
    "compiler": ("hw", "quant.integer_network"),
    "sim": ("hw", "compiler", "quant.integer_network", "quant.progress"),
    "synth": ("hw", "sim", "compiler", "quant.integer_network", "quant.progress"),
    "sigmaquant": ("hw", "quant", "compiler", "sim", "synth"),
}
ROOMS = tuple(ALLOWED)
WITHOUT_TORCH = ("quant/integer_network", "quant/__init__.py")


def imported(path: Path, package: str) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything a file imports, nested imports included.

    `from a import b` yields `a.b`: whether b is a module or a name makes no difference to a prefix.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: -node.level + 1 or None] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}".lstrip(".")) for alias in node.names)
        elif isinstance(node, ast.Call) and (name := called_import(node)):
            yield node.lineno, name


def called_import(call: ast.Call) -> str | None:
    """The module of `importlib.import_module("...")` or `__import__("...")`."""
    match call:
        case ast.Call(
            func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return name
    return None


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def violations(root: Path, room: str) -> list[str]:
    """Every import of `room` that no arrow allows, as file:line: text."""
    found = []
    for path in sorted((root / room).rglob("*.py")):
        where = path.relative_to(root)
        for line, name in imported(path, ".".join(where.parent.parts)):
            target = name.split(".")[0]
            if target == room or target not in (*ROOMS, "tests"):
                continue
            if not any(within(name, allowed) for allowed in ALLOWED[room]):
                found.append(f"{where}:{line}: {room} must not import {name}")
    return found


def torch_imports(root: Path) -> list[str]:
    """Imports of torch where numpy has to be enough."""
    files = []
    for part in WITHOUT_TORCH:
        path = root / part
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [
        f"{path.relative_to(root)}:{line}: must not import {name}"
        for path in files
        for line, name in imported(path, ".".join(path.relative_to(root).parent.parts))
        if within(name, "torch")
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_its_arrows_allow(room: str):
    assert list((ROOT / room).rglob("*.py")), f"{room} has no modules: the check looked elsewhere"
    assert violations(ROOT, room) == []


def test_the_integer_network_does_without_torch():
    assert torch_imports(ROOT) == []


def room_with(tmp_path: Path, file: str, text: str) -> Path:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("hw/a.py", "import quant", "hw/a.py:1: hw must not import quant"),
        ("quant/a.py", "\nfrom hw.config import X", "quant/a.py:2: quant must not import hw"),
        ("hw/b/a.py", "def f():\n    import sim.golden", "hw/b/a.py:2: hw must not import sim"),
        ("compiler/a.py", "from quant import model", "must not import quant.model"),
        ("compiler/a.py", "from quant.integer_networks import x", "quant.integer_networks.x"),
        ("sim/a.py", "import synth", "sim must not import synth"),
        ("synth/a.py", "from sigmaquant.config import X", "synth must not import sigmaquant"),
        ("sim/a.py", "from tests.helpers import x", "sim must not import tests.helpers.x"),
        ("hw/a.py", "import importlib\nimportlib.import_module('sim')", "hw/a.py:2"),
        ("hw/b/a.py", "from ... import quant", "must not import quant"),
    ],
)
def test_the_check_catches_a_violation(tmp_path: Path, file: str, text: str, complaint: str):
    root = room_with(tmp_path, file, text)
    found = violations(root, file.split("/")[0])
    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("sim/a.py", "from quant import integer_network\nfrom hw.config import X\nimport compiler"),
        ("sim/golden/a.py", "from . import b\nfrom .b import c\nfrom ..golden import d"),
        ("quant/a.py", "import torch\nimport hwloc\nfrom simulation import x"),
    ],
)
def test_the_check_lets_allowed_imports_pass(tmp_path: Path, file: str, text: str):
    root = room_with(tmp_path, file, text)
    assert violations(root, file.split("/")[0]) == []


def test_the_check_catches_torch_in_the_integer_network(tmp_path: Path):
    room_with(tmp_path, "quant/integer_network/a.py", "from torch import nn")
    (tmp_path / "quant" / "__init__.py").write_text("import torch.nn\n")
    assert torch_imports(tmp_path) == [
        "quant/integer_network/a.py:1: must not import torch.nn",
        "quant/__init__.py:1: must not import torch.nn",
    ]
