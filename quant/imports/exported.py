"""Networks exported by torch.export: a `.pt2` file becomes a network that can be traced."""

import zipfile
from pathlib import Path

import torch
from torch import Tensor, fx, nn
from torch.export import ExportedProgram

from quant.errors import NetworkFileError, UnsupportedLayerError
from quant.imports.rebuild import rebuild

# Float rounding between an operation and its decomposition, relative to the largest output.
_RELATIVE_SLACK = 1e-3


def load_exported(path: Path) -> nn.Module:
    """Return the network that torch.export.save wrote to `path`, in eval mode.

    Images float32[N, C, H, W] of any batch size in, logits float32[N, classes] out, whatever batch
    size was exported. Layers have the names of the exported module, and errors later on name its
    file and line. Raises NetworkFileError for a file that is missing, damaged, of another kind, or
    not one image to one tensor, and UnsupportedLayerError for operations that no layer stands for.
    torch.export.save stores the whole memory behind the example image, however small a view of it
    the image is: export with a tensor of its own.
    """
    program = _read(path)
    image, output = _image(program, path), _output(program, path)
    network = rebuild(program, image, output)
    _check_equal(network, program, image, path)
    return network


def _read(path: Path) -> ExportedProgram:
    if not path.is_file():
        raise NetworkFileError(f"{path}: no such file; torch.export.save makes one")
    try:
        with zipfile.ZipFile(path) as archive:
            exported = any(Path(name).name == "archive_format" for name in archive.namelist())
            damaged = archive.testzip()
    except Exception as error:  # of damaged bytes it makes whatever comes first
        raise NetworkFileError(
            f"{path}: damaged or not an export ({error}); write it with torch.export.save"
        ) from error
    if not exported:
        raise NetworkFileError(f"{path}: holds no export; write it with torch.export.save")
    if damaged:
        raise NetworkFileError(f"{path}: damaged at '{damaged}'; export the network again")
    try:
        return torch.export.load(path)
    except Exception as error:  # another torch's format, or somebody's own
        raise NetworkFileError(
            f"{path}: torch {torch.__version__} cannot read this export "
            f"({type(error).__name__}: {_first_line(error)}); export the network again"
        ) from error


def _image(program: ExportedProgram, path: Path) -> fx.Node:
    names = program.graph_signature.user_inputs
    inputs = [node for node in program.graph.find_nodes(op="placeholder") if node.name in names]
    shapes = [tuple(node.meta["val"].shape) for node in inputs if _is_tensor(node)]
    if len(inputs) != 1 or len(shapes) != 1 or len(shapes[0]) != 4:
        raise NetworkFileError(
            f"{path}: takes inputs of shapes {shapes}; only one input is supported, "
            "images of shape (batch, channels, height, width)"
        )
    return inputs[0]


def _output(program: ExportedProgram, path: Path) -> fx.Node:
    names = program.graph_signature.user_outputs
    outputs = [node for node in program.graph.nodes if node.name in names and _is_tensor(node)]
    if len(names) != 1 or len(outputs) != 1:
        raise NetworkFileError(
            f"{path}: returns {len(names)} values; only one tensor, the logits, is supported"
        )
    return outputs[0]


@torch.no_grad()
def _check_equal(network: nn.Module, program: ExportedProgram, image: fx.Node, path: Path) -> None:
    """Refuse unless `network` computes what `program` does, on random images.

    A tensor changed in place while a view of it is read is still the old one to the rebuilt graph.
    """
    sizes = [_size(size) for size in image.meta["val"].shape]
    images = torch.rand(sizes, generator=torch.Generator().manual_seed(0))
    images = images.to(image.meta["val"].device)
    try:
        expected, got = program.module()(images), network(images)
    except (ValueError, TypeError, RuntimeError) as error:
        raise NetworkFileError(
            f"{path}: does not run on images of shape {tuple(sizes)}: {_first_line(error)}"
        ) from error
    if not isinstance(expected, Tensor):
        raise NetworkFileError(
            f"{path}: returns its logits in a {type(expected).__name__}; return the tensor alone"
        )
    slack = _RELATIVE_SLACK * expected.abs().amax().item()
    if got.shape != expected.shape or not torch.allclose(got, expected, rtol=0, atol=slack):
        raise UnsupportedLayerError(
            f"{path}: computes something else than its operations say: write those that change a "
            "tensor in place so that they return a new one"
        )


def _size(size: int | torch.SymInt) -> int:
    return size if isinstance(size, int) else int(size.node.hint)


def _is_tensor(node: fx.Node) -> bool:
    return isinstance(node.meta.get("val"), Tensor)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
