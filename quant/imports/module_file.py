"""Networks written in a Python file of the user's: `path/to/net.py:Net`."""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from quant.checkpoint import load_state
from quant.errors import NetworkFileError


def load_module(spec: str, weights: Path | None = None) -> nn.Module:
    """Return the network that `spec` names, `path/to/net.py:Name`, in eval mode.

    This runs the file's code, with its folder on the module path: give it only files that you
    trust. Name is a class or a function without required arguments that gives an nn.Module;
    `weights` is a checkpoint, see `quant.checkpoint.read_state`. Raises NetworkFileError naming the
    file, the line where its code fails, or what else it could be asked for; CheckpointError for
    weights that do not fit.
    """
    path, name = _split(spec)
    if not path.is_file():
        raise NetworkFileError(f"{path}: no such file; give the Python file that has the network")
    with _folder_on_module_path(path):
        network = _make(_run(path), name, path)
    if weights is not None:
        load_state(network, weights)
    return network.eval()


def _split(spec: str) -> tuple[Path, str]:
    path, _, name = spec.rpartition(":")
    return (Path(path), name) if path.endswith(".py") else (Path(spec), "")


@contextmanager
def _folder_on_module_path(path: Path) -> Iterator[None]:
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _run(path: Path) -> ModuleType:
    # A name of its own: a network in `torch.py` must not stand in the way of torch.
    spec = importlib.util.spec_from_file_location(f"network_file_{path.stem}", path.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up while it runs
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[spec.name]
        raise _failure(path, "cannot be imported", error) from error
    return module


def _make(module: ModuleType, name: str, path: Path) -> nn.Module:
    if not hasattr(module, name):
        missing = f"has no '{name}'" if name else "name its network, as in net.py:Net"
        raise NetworkFileError(f"{path}: {missing}; {_choice(module)}")
    maker = getattr(module, name)
    if not (inspect.isclass(maker) or inspect.isfunction(maker)):
        raise NetworkFileError(
            f"{path}: '{name}' is of type {type(maker).__name__}, not a class or function; "
            f"{_choice(module)}"
        )
    if needed := _required(maker):
        raise NetworkFileError(
            f"{path}: {name} needs the arguments {', '.join(needed)}; "
            "write a function without arguments that calls it, and give the function's name"
        )
    try:
        network = maker()
    except (Exception, SystemExit) as error:
        raise _failure(path, f"{name}() fails", error) from error
    if not isinstance(network, nn.Module):
        raise NetworkFileError(
            f"{path}: {name}() gives {type(network).__name__}, not an nn.Module; {_choice(module)}"
        )
    return network


def _required(maker: Any) -> list[str]:
    return [
        parameter.name
        for parameter in inspect.signature(maker).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _choice(module: ModuleType) -> str:
    found = [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        and (inspect.isfunction(value) or (inspect.isclass(value) and issubclass(value, nn.Module)))
    ]
    return f"choose from {', '.join(found)}" if found else "the file defines no network"


def _failure(path: Path, what: str, error: BaseException) -> NetworkFileError:
    own = str(path.resolve())
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == own]
    if isinstance(error, SyntaxError) and error.filename == own:
        lines.append(error.lineno)
    where = f"{path}:{lines[-1]}" if lines else str(path)
    first_line = str(error).strip().split("\n")[0]
    return NetworkFileError(f"{where}: {what} ({type(error).__name__}: {first_line})")
