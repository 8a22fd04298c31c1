"""Slices with steps and padding of channels: what a shortcut without weights is made of."""

from typing import Any

from torch import Tensor

from quant.graph.layers import Pair
from quant.graph.operations import Operation

_WHOLE = slice(None)


def slice_stride(operation: Operation, source: Any) -> Pair:
    """Return the steps along height and width of `source` [N, C, H, W]; refuse any other slice.

    A slice has to begin at the first row and column, reach the last ones and leave batch and
    channels whole.
    """
    index = operation.options["index"]
    index = index if isinstance(index, tuple) else (index,)
    if not isinstance(source, Tensor) or source.dim() != 4 or not _only_slices(index):
        raise operation.refuse(_only_steps(index))
    batch, channels, rows, columns = _expand(index)
    height, width = source.shape[2:]
    if batch != _WHOLE or channels.indices(source.shape[1]) != (0, source.shape[1], 1):
        raise operation.refuse(_only_steps(index))
    if any(s.indices(size)[:2] != (0, size) for s, size in ((rows, height), (columns, width))):
        raise operation.refuse(_only_steps(index))
    return rows.indices(height)[2], columns.indices(width)[2]


def channel_padding(operation: Operation, source: Tensor) -> Pair:
    """Return how many channels of zeros come before and after those of `source` [N, C, H, W].

    Refuses padding of rows, columns or the batch, by other values than zero, or of less than
    nothing.
    """
    options = operation.options
    mode, value, pad = options.get("mode", "constant"), options.get("value"), options["pad"]
    if mode != "constant" or value not in (None, 0):
        raise operation.refuse(f"padding with mode '{mode}' and value {value}; only with zeros")
    amounts = [*pad, *[0] * (8 - len(pad))]  # in pairs, from the last axis to the first
    before, after = amounts[4:6]
    if source.dim() != 4 or any(amounts[:4]) or any(amounts[6:]) or min(before, after) < 0:
        raise operation.refuse(
            f"pads {tuple(source.shape)} by {tuple(pad)}; only channels of images can be added, "
            "rows and columns are padded by a convolution or a pool"
        )
    return before, after


def _only_slices(index: tuple[Any, ...]) -> bool:
    ellipses = sum(part is ... for part in index)
    return ellipses <= 1 and all(isinstance(part, slice) or part is ... for part in index)


def _expand(index: tuple[Any, ...]) -> list[slice]:
    """Return one slice an axis, with the ellipsis, or the end, filled up by whole ones."""
    place = index.index(...) if ... in index else len(index)
    before, after = index[:place], index[place + 1 :]
    return [*before, *[_WHOLE] * (4 - len(before) - len(after)), *after]


def _only_steps(index: tuple[Any, ...]) -> str:
    shown = ", ".join(_text(part) for part in index)
    return f"takes [{shown}]; only steps over all rows and columns of images, [:, :, ::2, ::2]"


def _text(part: Any) -> str:
    if part is ...:
        return "..."
    if not isinstance(part, slice):
        return str(part)
    start, stop = ("" if end is None else str(end) for end in (part.start, part.stop))
    return f"{start}:{stop}" + ("" if part.step is None else f":{part.step}")
