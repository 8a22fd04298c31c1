"""Image rows: bank and line by definition, for every window, kernel row and tile row."""

from __future__ import annotations

import pytest

from hw.config import ArrayConfig, EngineConfig
from hw.engine.image_row import ImageRow
from tests.helpers.clocked import pulse, simulate

TILE_ROWS, WINDOWS, KERNEL_ROWS = 5, 2, 4


def engine(rows: int) -> EngineConfig:
    return EngineConfig(
        array=ArrayConfig(unit="pair_sum2", rows=rows, columns=2, lanes=6),
        activation_lines=64,
        weight_words=1,
        parameter_words=1,
        program_words=1,
    )


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize(
    ("first", "row_step", "base", "pitch", "height"),
    [(-3, 1, 7, 3, 9), (-1, 2, 0, 1, 30), (2, 3, 40, 5, 40), (-4096, 4095, 65_535, 4095, 4095)],
)
def test_places_equal_the_definition(
    rows: int, first: int, row_step: int, base: int, pitch: int, height: int
) -> None:
    config = engine(rows)
    dut = ImageRow(config)

    def check(ctx, row: int) -> None:
        inside = 0 <= row < height
        assert ctx.get(dut.place.inside) == inside
        if inside:
            assert ctx.get(dut.place.bank) == row % config.banks
            assert ctx.get(dut.place.line) == base + row // config.banks * pitch

    async def move(ctx, name: str) -> None:
        await pulse(ctx, dut.moves[name])

    async def bench(ctx) -> None:
        ctx.set(dut.first, first)
        ctx.set(dut.base, base)
        ctx.set(dut.pitch, pitch)
        ctx.set(dut.height, height)
        ctx.set(dut.row_step, row_step)
        ctx.set(dut.tile_lines, (row_step >> 1) * pitch)
        await pulse(ctx, dut.start)
        for tile_row in range(TILE_ROWS):
            top = first + tile_row * rows * row_step
            for window in range(WINDOWS):
                for row in range(top, top + KERNEL_ROWS):
                    check(ctx, row)
                    await ctx.tick()
                    check(ctx, row)
                    if row < top + KERNEL_ROWS - 1:
                        await move(ctx, "next_row")
                if window < WINDOWS - 1:
                    await move(ctx, "next_window")
            await move(ctx, "next_tile_row")

    simulate(dut, bench)
