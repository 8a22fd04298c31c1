"""The fetch: groups byte by byte and every edge, by the definition, with and without waiting."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field

import pytest

from hw.config import EngineConfig
from hw.engine.fetch import Fetch
from hw.engine.program import Opcode
from tests.helpers.clocked import simulate
from tests.helpers.window_model import Access, Fields, micro_ops, random_windows

SEED = 4


@dataclass
class Fetched:
    """groups: [group] last, codes [row][lane]. issues, taken: edges of micro-ops and groups."""

    groups: list[tuple[int, list[list[int]]]] = field(default_factory=list)
    issues: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    reads: int = 0
    errors: int = 0


class Memory:
    """[bank][byte] of activation memory, filled at random."""

    def __init__(self, config: EngineConfig, rng: random.Random):
        self.config = config
        size = config.activation_lines * config.line_bytes
        self.banks = [rng.randbytes(size) for _ in range(config.banks)]

    def word(self, bank: int, line: int, half: int) -> int:
        start = line * self.config.line_bytes + half * self.config.word_bytes
        return int.from_bytes(self.banks[bank][start : start + self.config.word_bytes], "little")

    def byte(self, fields: Fields, row: int, position: int) -> int:
        inside = 0 <= row < fields["input_height"] and 0 <= position < fields["input_row_bytes"]
        if not inside:
            return fields["pad_code"]
        line = fields["input_base"] + row // self.config.banks * fields["input_pitch"]
        return self.banks[row % self.config.banks][line * self.config.line_bytes + position]


def places(fields: Fields, config: EngineConfig, row: int) -> list[dict[str, int]]:
    """Of all array rows, whose first one is at image row `row`."""
    found = []
    for y in range(row, row + config.array.rows * fields["row_step"], fields["row_step"]):
        line = fields["input_base"] + y // config.banks * fields["input_pitch"]
        inside = int(0 <= y < fields["input_height"])
        found.append({"inside": inside, "bank": y % config.banks, "line": max(line, 0)})
    return found


def fetched(
    config: EngineConfig,
    fields: Fields,
    memory: Memory,
    offers: list[int],
    takes: list[int],
) -> Fetched:
    """offers, takes: 1 at the edges at which micro-ops are offered, groups taken; repeated."""
    dut, result = Fetch(config), Fetched()
    accesses = list(micro_ops(fields, config))
    groups = sum(access.closes_group for access in accesses)
    lines = ("even_line", "odd_line")

    async def bench(ctx) -> None:
        ctx.set(dut.descriptor, fields)
        edge = index = 0
        words = [0] * (2 * config.banks)
        while len(result.groups) < groups:
            offered = index < len(accesses) and offers[edge % len(offers)]
            ctx.set(dut.micro_ops.valid, offered)
            if index < len(accesses):
                access = accesses[index]
                ctx.set(dut.micro_ops.payload, operation(access))
                ctx.set(dut.places, places(fields, config, access.row))
            ctx.set(dut.groups.ready, takes[edge % len(takes)])
            *_, issued, taken, group, read, reads, error = await ctx.tick().sample(
                dut.micro_ops.valid & dut.micro_ops.ready,
                dut.groups.valid & dut.groups.ready,
                dut.groups.payload,
                dut.read,
                dut.reads,
                dut.address_error,
            )
            if issued:
                result.issues.append(edge)
                index += 1
            if taken:
                result.taken.append(edge)
                result.groups.append((group.last, [list(row) for row in group.codes]))
            enabled = 0
            for bank in range(config.banks):
                for half in range(2):
                    if read[bank].enable >> half & 1:
                        enabled += 1
                        words[2 * bank + half] = memory.word(bank, read[bank][lines[half]], half)
                pair = words[2 * bank] | words[2 * bank + 1] << 8 * config.word_bytes
                ctx.set(dut.words[bank], pair)
            assert enabled == reads
            result.reads += reads
            result.errors += error
            edge += 1
            assert edge < 5000, "the fetch does not finish"

    simulate(dut, bench)
    return result


def operation(access: Access) -> dict[str, int]:
    return {name: value for name, value in asdict(access).items() if name != "row"}


def expected_groups(
    fields: Fields, config: EngineConfig, memory: Memory
) -> list[tuple[int, list[list[int]]]]:
    lanes = [[0] * config.array.lanes for _ in range(config.array.rows)]
    found = []
    for access in micro_ops(fields, config):
        for r, row in enumerate(lanes):
            y = access.row + r * fields["row_step"]
            for k in range(access.count):
                row[access.fill + k] = memory.byte(fields, y, access.position + k)
        if access.closes_group:
            found.append((access.last, [list(row) for row in lanes]))
    return found


def check_edges(got: Fetched, accesses: list[Access], offers: list[int], takes: list[int]) -> None:
    """The recurrence of `Fetch`, where the offers and the takes are given."""
    issue = write = taken = -1
    group = 0
    for index, access in enumerate(accesses):
        issue = max(issue + 1, write)
        while not offers[issue % len(offers)]:
            issue += 1
        write = max(issue + 1, taken)
        assert got.issues[index] == issue
        if access.closes_group:
            taken = write + 1
            while not takes[taken % len(takes)]:
                taken += 1
            assert got.taken[group] == taken
            group += 1


@pytest.mark.parametrize("opcode", [Opcode.MAC, Opcode.MAX_POOL])
@pytest.mark.parametrize("stalls", [False, True])
def test_groups_and_edges_equal_the_definition(
    config: EngineConfig, opcode: Opcode, stalls: bool
) -> None:
    rng = random.Random(SEED)
    offers, takes = ([1, 1, 0, 1], [0, 0, 1, 0, 1]) if stalls else ([1], [1])
    for _ in range(4):
        fields = random_windows(rng, config, opcode) | {"columns": 2, "tile_rows": 2}
        memory = Memory(config, rng)
        got = fetched(config, fields, memory, offers, takes)
        assert got.groups == expected_groups(fields, config, memory)
        check_edges(got, list(micro_ops(fields, config)), offers, takes)
        assert not got.errors


def test_only_words_inside_the_image_are_read(wide: EngineConfig) -> None:
    rng = random.Random(SEED)
    for _ in range(4):
        fields = random_windows(rng, wide, Opcode.MAC) | {"tiles": 1, "groups": 1}
        expected = 0
        for access in micro_ops(fields, wide):
            for y in range(access.row, access.row + 2 * fields["row_step"], fields["row_step"]):
                first, end = access.position, access.position + access.count
                words = {byte // wide.word_bytes for byte in range(first, end)}
                limit = -(-fields["input_row_bytes"] // wide.word_bytes)
                inside = 0 <= y < fields["input_height"]
                expected += sum(0 <= word < limit for word in words) if inside else 0
        assert fetched(wide, fields, Memory(wide, rng), [1], [1]).reads == expected


@pytest.mark.parametrize(("base", "errors"), [(62, 0), (63, 1), (64, 1)])
def test_a_read_beyond_the_memory_is_an_error(config: EngineConfig, base: int, errors: int) -> None:
    """One access to two words, the first in line `base`, the second in the next one."""
    fields = dict.fromkeys(random_windows(random.Random(SEED), config, Opcode.MAC), 1) | {
        "input_base": base,
        "input_row_bytes": 100,
        "row_origin": 0,
        "column_origin": 4,
        "segment_bytes": 6,
    }
    memory = Memory(config, random.Random(SEED))
    memory.banks = [bank * 2 for bank in memory.banks]
    assert fetched(config, fields, memory, [1], [1]).errors == errors
