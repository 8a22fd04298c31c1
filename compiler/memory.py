"""Activation memory: how tensors lie in it, and where.

Image row y of a tensor lies in bank y % banks, from line base + (y // banks) * pitch on; a tensor
takes the same lines of every bank. Within a row: pixel after pixel, channels innermost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from compiler.errors import CompileError
from hw.config import EngineConfig
from hw.engine.program import WORD_BITS
from quant.integer_network.layers import Shape

STREAM_BYTES = WORD_BITS // 8


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a tensor lies in memory, wherever that is.

    name, shape: of the tensor, (channels, height, width) or (channels,), that is one pixel.
    pixel_bytes: from one pixel to the next; what stands behind the channels is unspecified.
    pitch: lines from an image row to the next one of its bank. lines: of every bank, in all.
    """

    name: str
    shape: Shape
    pixel_bytes: int
    pitch: int
    lines: int

    @property
    def map_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return map_shape(self.shape)

    @property
    def row_bytes(self) -> int:
        """Bytes of an image row."""
        return self.map_shape[2] * self.pixel_bytes

    @property
    def row_words(self) -> int:
        """Stream words of an image row; the last one may be filled in part."""
        return ceil(self.row_bytes / STREAM_BYTES)

    def stream_words(self, codes: NDArray[np.uint8]) -> list[int]:
        """32-bit words of `codes`, uint8 of the tensor's shape, row by row as the host sends them.

        Raises CompileError where `codes` are anything else.
        """
        if codes.dtype != np.uint8 or codes.shape != self.shape:
            raise CompileError(
                f"tensor {self.name}: codes must be uint8 of shape {self.shape}, not "
                f"{codes.dtype} of shape {codes.shape}"
            )
        channels, height, width = self.map_shape
        pixels = np.zeros((height, width, self.pixel_bytes), np.uint8)
        pixels[:, :, :channels] = codes.reshape(self.map_shape).transpose(1, 2, 0)
        rows = np.zeros((height, self.row_words * STREAM_BYTES), np.uint8)
        rows[:, : self.row_bytes] = pixels.reshape(height, -1)
        return rows.view("<u4").reshape(-1).tolist()

    def codes(self, words: Sequence[int]) -> NDArray[np.uint8]:
        """Codes, uint8 of the tensor's shape, from the 32-bit words that the engine sends.

        Raises CompileError for any other number of words.
        """
        channels, height, width = self.map_shape
        if len(words) != height * self.row_words:
            raise CompileError(
                f"tensor {self.name}: a result has {height * self.row_words} words, "
                f"not {len(words)}"
            )
        rows = np.array(words, "<u4").view(np.uint8).reshape(height, -1)[:, : self.row_bytes]
        pixels = rows.reshape(height, width, self.pixel_bytes)[:, :, :channels]
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)).reshape(self.shape)


@dataclass(frozen=True, kw_only=True)
class Placement(Layout):
    """A layout with its place: base is the first line in every bank."""

    base: int

    @property
    def limit(self) -> int:
        """First line behind the tensor."""
        return self.base + self.lines


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """A tensor from the operation that writes it (-1: the input) to the last that reads it."""

    layout: Layout
    first: int
    last: int

    def meets(self, other: Lifetime) -> bool:
        """Whether both are in memory at once; an operation's operands and output always are."""
        return self.first <= other.last and other.first <= self.last


def map_shape(shape: Shape) -> tuple[int, int, int]:
    """(channels, height, width) of a tensor; (channels,) is one pixel."""
    channels, height, width = (*shape, 1, 1)[:3]
    return channels, height, width


def layout(name: str, shape: Shape, pixel_bytes: int, config: EngineConfig) -> Layout:
    """Layout of a tensor with pixels of `pixel_bytes` on `config`."""
    _, height, width = map_shape(shape)
    pitch = ceil(width * pixel_bytes / config.line_bytes)
    lines = ceil(height / config.banks) * pitch
    return Layout(name=name, shape=shape, pixel_bytes=pixel_bytes, pitch=pitch, lines=lines)


def place(
    lifetimes: Sequence[Lifetime], names: Sequence[str], config: EngineConfig
) -> dict[str, Placement]:
    """Give every tensor lines that no other uses in its lifetime.

    Tensors go to the lowest lines that are free, in order of time or large ones first: whichever
    ends lower. names: of the operations. Raises CompileError naming the one that needs most.
    """
    orders = (
        sorted(lifetimes, key=lambda tensor: tensor.first),
        sorted(lifetimes, key=lambda tensor: -tensor.layout.lines),
    )
    placements = min((_first_fit(order) for order in orders), key=_top)
    if _top(placements) > config.activation_lines:
        bank_line_bytes = config.banks * config.line_bytes
        held = [
            [tensor for tensor in lifetimes if tensor.first <= index <= tensor.last]
            for index in range(len(names))
        ]
        sizes = [sum(tensor.layout.lines for tensor in tensors) for tensors in held]
        worst = sizes.index(max(sizes))
        tensors = ", ".join(tensor.layout.name for tensor in held[worst])
        raise CompileError(
            f"layer {names[worst]} needs {_top(placements) * bank_line_bytes:,} B of activation "
            f"memory for {tensors}, the engine has {config.activation_bytes:,}; "
            f"use a smaller image or activation_lines={_top(placements)}"
        )
    return {tensor.layout.name: placements[tensor.layout.name] for tensor in lifetimes}


def _first_fit(order: Sequence[Lifetime]) -> dict[str, Placement]:
    placed: list[tuple[Lifetime, Placement]] = []
    for tensor in order:
        taken = sorted((place.base, place.limit) for other, place in placed if tensor.meets(other))
        base = 0
        for start, limit in taken:
            if base + tensor.layout.lines <= start:
                break
            base = max(base, limit)
        placed.append((tensor, Placement(**vars(tensor.layout), base=base)))
    return {placement.name: placement for _, placement in placed}


def _top(placements: dict[str, Placement]) -> int:
    return max(placement.limit for placement in placements.values())
