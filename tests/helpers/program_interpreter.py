"""Runs an engine's program in plain Python, without time: what every descriptor means.

It reads nothing but program words and memory images, decodes weights bit by bit through the
datapath's beats, and accumulates what the array would: less the datapath's correction. Whatever the
format leaves open is random here: unused memory, lanes that no byte fills, the rest of a word.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.memory import Placement
from compiler.program import Program
from hw.config import EngineConfig
from hw.engine.program import DESCRIPTOR_WORDS, Descriptor, Opcode
from hw.matrix_unit import parameters_shape

Fields = dict[str, Any]


def sign_extended(bits: Sequence[int]) -> int:
    return sum(bit << place for place, bit in enumerate(bits)) - (bits[-1] << len(bits))


def clamped(value: int, zero_point: int, minimum: int, maximum: int) -> int:
    return min(max(value + zero_point, minimum), maximum)


def rounded(value: int, shift: int) -> int:
    return (value + (1 << shift - 1)) >> shift


class Interpreter:
    """An engine with the memory images of `program` loaded; activation memory is random."""

    def __init__(self, program: Program, seed: int = 0):
        self.config: EngineConfig = program.config
        self.rng = np.random.default_rng(seed)
        shape = (self.config.banks, self.config.activation_lines * self.config.line_bytes)
        self.memory = self.rng.integers(0, 256, shape).astype(np.uint8)
        self.weights = [int.from_bytes(word.tobytes(), "little") for word in program.weights]
        self.parameters = [int.from_bytes(word.tobytes(), "little") for word in program.parameters]

    def load(self, placement: Placement, codes: NDArray[np.uint8]) -> None:
        """Rows of stream words into activation memory, as the host sends them."""
        words = np.array(placement.stream_words(codes), "<u4").view(np.uint8)
        for y, row in enumerate(words.reshape(placement.map_shape[1], -1)):
            self._write(placement.base, placement.pitch, y, 0, row)

    def run(self, words: Sequence[int]) -> list[int]:
        """Run a program; returns the stream words of its result."""
        image = b"".join(word.to_bytes(4, "little") for word in words[:-1])
        assert words[-1] == zlib.crc32(image), "checksum"
        size = DESCRIPTOR_WORDS * 4
        for start in range(0, len(image), size):
            value = int.from_bytes(image[start : start + size], "little")
            fields: Fields = dict.fromkeys(Descriptor.members)
            view = Descriptor.from_bits(value)
            for name in fields:
                fields[name] = view[name]
            if fields["opcode"] == Opcode.END:
                assert start + size == len(image), "words behind the end"
                return self._result(fields)
            self._layer(fields)
        raise AssertionError("program without end")

    def _result(self, f: Fields) -> list[int]:
        padded = -(-f["output_row_bytes"] // 4) * 4
        rows = [
            self._read(f["output_base"], f["output_pitch"], y, 0, padded)
            for y in range(f["output_height"])
        ]
        return np.concatenate(rows).view("<u4").tolist()

    def _row(self, base: int, pitch: int, y: int) -> tuple[NDArray[np.uint8], int]:
        start = (base + y // self.config.banks * pitch) * self.config.line_bytes
        return self.memory[y % self.config.banks], start

    def _read(self, base: int, pitch: int, y: int, x: int, size: int) -> NDArray[np.uint8]:
        bank, start = self._row(base, pitch, y)
        assert start + x + size <= len(bank), "read behind the memory"
        return bank[start + x : start + x + size]

    def _write(self, base: int, pitch: int, y: int, x: int, codes: NDArray[np.uint8]) -> None:
        bank, start = self._row(base, pitch, y)
        assert start + x + len(codes) <= len(bank), "write behind the memory"
        bank[start + x : start + x + len(codes)] = codes

    def _layer(self, f: Fields) -> None:
        array = self.config.array
        decoded: dict[int, NDArray[np.int64]] = {}
        self._check_banks(f)
        for tile_row in range(f["tile_rows"]):
            written = 0
            for column in range(f["columns"]):
                for place in range(f["groups"] * f["tiles"]):
                    tile = place % f["tiles"]
                    rows = []
                    for row in range(array.rows):
                        runs = self._window(f, tile_row * array.rows + row, column, place)
                        if f["opcode"] == Opcode.MAX_POOL:
                            rows.append(self._largest(runs))
                            continue
                        elements = np.concatenate(runs)
                        if place not in decoded:
                            decoded[place] = self._weights(f, place, len(elements))
                        rows.append(self._codes(f, place, elements, decoded[place]))
                    last = tile == f["tiles"] - 1
                    chunks = f["last_chunks"] if last else array.drain_beats
                    size = chunks * array.drain_columns
                    for row, codes in enumerate(rows):
                        y = tile_row * array.rows + row
                        if y < f["output_height"]:
                            self._store(f, y, written, codes[:size])
                    written += size
            assert written == f["output_row_bytes"]

    def _check_banks(self, f: Fields) -> None:
        rows = range(self.config.array.rows)
        banks = {row * f["row_step"] % self.config.banks for row in rows}
        assert len(banks) == len(rows), "two rows of the array read one bank"

    def _window(self, f: Fields, y: int, column: int, place: int) -> list[NDArray[np.uint8]]:
        group, tile = divmod(place, f["tiles"])
        origin = f["column_origin"] + column * f["column_step"]
        origin += group * f["group_step"] + tile * f["tile_step"]
        return [
            self._run(f, f["row_origin"] + y * f["row_step"] + i, origin + j * f["segment_step"])
            for i in range(f["kernel_rows"])
            for j in range(f["segments"])
        ]

    def _run(self, f: Fields, y: int, start: int) -> NDArray[np.uint8]:
        run = np.full(f["segment_bytes"], f["pad_code"], np.uint8)
        low, high = max(start, 0), min(start + len(run), f["input_row_bytes"])
        if 0 <= y < f["input_height"] and low < high:
            run[low - start : high - start] = self._read(
                f["input_base"], f["input_pitch"], y, low, high - low
            )
        return run

    def _largest(self, runs: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        assert len(runs[0]) == self.config.array.columns <= self.config.array.lanes
        return np.max(runs, axis=0)

    def _weights(self, f: Fields, place: int, elements: int) -> NDArray[np.int64]:
        """[column, lane of all groups] of one group and tile."""
        array = self.config.array
        datapath = array.datapath
        beats = datapath.beats(f["bits"])
        groups = -(-elements // array.lanes)
        steps = groups * beats
        assert f["weight_steps"] == f["groups"] * f["tiles"] * steps
        weights = np.zeros((array.columns, groups * array.lanes), np.int64)
        for column in range(array.columns):
            for group in range(groups):
                bits: list[list[int]] = [[] for _ in range(array.lanes)]
                for beat in range(beats):
                    slot = self._slot(f, place * steps + group * beats + beat, column)
                    for bit in range(datapath.beat_bits):
                        lane = datapath.lane_of_bit(bit)
                        hidden = f["diagonal"] and lane % array.columns != column
                        bits[lane].append(0 if hidden else slot >> bit & 1)
                first = group * array.lanes
                weights[column, first : first + array.lanes] = [sign_extended(b) for b in bits]
        return weights

    def _slot(self, f: Fields, step: int, column: int) -> int:
        if f["diagonal"]:
            step, column = divmod(step, self.config.array.columns)
        bits = self.config.array.datapath.beat_bits
        return self.weights[f["weight_base"] + step] >> bits * column & (1 << bits) - 1

    def _codes(
        self, f: Fields, place: int, elements: NDArray[np.uint8], weights: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        array = self.config.array
        lanes = self.rng.integers(0, 256, weights.shape[1])
        lanes[: len(elements)] = elements
        correction = array.datapath.correction(f["bits"], len(lanes) // array.lanes)
        limit = 1 << array.accumulator_width - 1
        codes = []
        for column, total in enumerate((weights @ lanes - correction).tolist()):
            assert -limit <= total < limit, "accumulator"
            parameters = self._parameters(f, place, column)
            biased = (total + parameters["bias"] + (1 << 31)) % (1 << 32) - (1 << 31)
            value = rounded(biased * parameters["multiplier"], parameters["shift"])
            codes.append(clamped(value, f["zero_point"], f["minimum"], f["maximum"]))
        return np.array(codes, np.uint8)

    def _parameters(self, f: Fields, place: int, column: int) -> Any:
        array = self.config.array
        chunk, channel = divmod(column, array.drain_columns)
        word = place * array.drain_beats + chunk
        assert word < f["parameter_words"]
        shape = parameters_shape(array)
        return shape.from_bits(self.parameters[f["parameter_base"] + word])[channel]

    def _store(self, f: Fields, y: int, x: int, codes: NDArray[np.uint8]) -> None:
        if f["residual"]:
            residual = self._read(f["residual_base"], f["residual_pitch"], y, x, len(codes))
            pairs = zip(codes.tolist(), residual.tolist(), strict=True)
            codes = np.array([self._sum(f, main, other) for main, other in pairs], np.uint8)
        banks, word = self.config.banks, self.config.word_bytes
        first = f["output_base"] + y // banks * f["output_pitch"]
        line = first + (x + len(codes) - 1) // self.config.line_bytes
        assert f["output_base"] <= line < f["output_limit"], "written outside the output"
        rest = -(x + len(codes)) % word
        junk = self.rng.integers(0, 256, rest).astype(np.uint8)
        self._write(f["output_base"], f["output_pitch"], y, x, np.concatenate([codes, junk]))

    def _sum(self, f: Fields, main: int, residual: int) -> int:
        total = (main - f["add_zero_main"]) * f["add_multiplier_main"]
        total += (residual - f["add_zero_residual"]) * f["add_multiplier_residual"]
        value = rounded(total, f["add_shift"])
        return clamped(value, f["add_zero_point"], f["add_minimum"], f["add_maximum"])
