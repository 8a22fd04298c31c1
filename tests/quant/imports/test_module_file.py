import sys
from pathlib import Path
from textwrap import dedent

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from quant.errors import CheckpointError, NetworkFileError, UnsupportedLayerError
from quant.graph import trace
from quant.imports.module_file import load_module

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, classes=3, *args, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 8)
        self.last = nn.Linear(2, classes)

    def forward(self, x):
        return self.last(torch.flatten(torch.relu(self.conv(x)), 1))

def ten():
    return Net(10)

def sized(classes, *, width):
    return Net(classes)

def number():
    return 3

def failing():
    raise KeyError("nothing here")

COUNT = 4
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize(("name", "classes"), [("Net", 3), ("ten", 10)])
def test_a_class_or_a_function(file: Path, name: str, classes: int) -> None:
    before = list(sys.path)
    network = load_module(f"{file}:{name}")
    assert not network.training
    assert trace(network, torch.zeros(1, 1, 8, 8)).shapes["last"] == (classes,)
    assert sys.path == before


def test_weights(file: Path, tmp_path: Path) -> None:
    trained = load_module(f"{file}:Net")
    path = tmp_path / "net.safetensors"
    save_file(trained.state_dict(), path)
    loaded = load_module(f"{file}:Net", path)
    for key, value in trained.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value)
    with pytest.raises(CheckpointError, match=r"'last\.weight' has shape \(3, 2\), the n"):
        load_module(f"{file}:ten", path)


def test_the_file_finds_its_neighbours_and_may_hold_dataclasses(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_net.py").write_text("WIDTH = 5\n")
    (tmp_path / "torch.py").write_text(
        dedent("""
            from __future__ import annotations
            from dataclasses import dataclass
            from neighbour_of_net import WIDTH

            @dataclass
            class Settings:
                width: int = WIDTH

            def make():
                from torch import nn
                return nn.Linear(Settings().width, 1)
            """)
    )
    network = load_module(f"{tmp_path / 'torch.py'}:make")
    assert isinstance(network, nn.Linear)
    assert network.in_features == 5


@pytest.mark.parametrize(
    ("name", "match"),
    [
        (":Other", r"net\.py: has no 'Other'; choose from Net, ten, sized, number, failing$"),
        ("", r"net\.py: name its network, as in net\.py:Net; choose from Net, ten, sized, "),
        (":", r"net\.py: name its network, as in net\.py:Net; choose from Net, ten, sized, "),
        (":COUNT", r"net\.py: 'COUNT' is of type int, not a class or function; choose from Net, "),
        (":sized", r"net\.py: sized needs the arguments classes, width; write a function without"),
        (":number", r"net\.py: number\(\) gives int, not an nn\.Module; choose from Net, "),
        (":failing", r"net\.py:24: failing\(\) fails \(KeyError: 'nothing here'\)$"),
    ],
)
def test_names_that_give_no_network(file: Path, name: str, match: str) -> None:
    with pytest.raises(NetworkFileError, match=match):
        load_module(f"{file}{name}")


@pytest.mark.parametrize(
    ("source", "match"),
    [
        (
            "import nowhere\n",
            r"net\.py:1: cannot be imported \(ModuleNotFoundError: No module named",
        ),
        ("x = 1\n\ndef f(:\n", r"net\.py:3: cannot be imported \(SyntaxError: invalid syntax"),
        ("def f():\n    1 / 0\n\nf()\n", r"net\.py:2: cannot be imported \(ZeroDivisionError: div"),
        ("raise ValueError('a\\nb')\n", r"net\.py:1: cannot be imported \(ValueError: a\)$"),
        ("import sys\nsys.exit(3)\n", r"net\.py:2: cannot be imported \(SystemExit: 3\)$"),
        ("x = 1\n", r"net\.py: has no 'Net'; the file defines no network$"),
    ],
)
def test_files_that_do_not_run(tmp_path: Path, source: str, match: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(source)
    with pytest.raises(NetworkFileError, match=match):
        load_module(f"{path}:Net")
    with pytest.raises(NetworkFileError, match=r"gone\.py: no such file; give the Python file"):
        load_module(f"{tmp_path / 'gone.py'}:Net")


UNSUPPORTED = """
from torch import nn
import torch.nn.functional as F

class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.act = nn.PReLU()

    def forward(self, x):
        x = self.conv(x)
        return self.act(x)

class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()

    def forward(self, x):
        return self.inner(x)

class InSequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sequential(nn.PReLU()))

    def forward(self, x):
        return F.relu(
            self.features(x)
        )

def inner_in_sequence():
    return nn.Sequential(nn.Identity(), Inner())

def activate(x):
    return F.gelu(x)

class Function(Inner):
    def forward(self, x):
        return activate(self.conv(x))

def bare():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.PReLU())
"""


@pytest.mark.parametrize(
    ("name", "match"),
    [
        (
            "Inner",
            r"'act' is of type PReLU, .* \({}:13: return self\.act\(x\)\); supported: Conv2d",
        ),
        ("Nested", r"'inner\.act' is of type PReLU, .* \({}:13: return self\.act\(x\)\); "),
        ("inner_in_sequence", r"'1\.act' is of type PReLU, .* \({}:13: return self\.act\(x\)\); "),
        ("InSequence", r"'features\.1\.0' is of type PReLU, .* \({}:30: self\.features\(x\)\); "),
        ("Function", r"'gelu' is of type function gelu, .* \({}:37: return F\.gelu\(x\)\); "),
        ("bare", r"'1' is of type PReLU, which is not supported; supported: Conv2d"),
    ],
)
def test_an_unsupported_module_is_named_with_the_line_of_its_call(
    tmp_path: Path, name: str, match: str
) -> None:
    path = tmp_path / "unsupported.py"
    path.write_text(UNSUPPORTED)
    network = load_module(f"{path}:{name}")
    with pytest.raises(UnsupportedLayerError, match="^layer " + match.format(path)):
        trace(network, torch.zeros(1, 1, 8, 8))
