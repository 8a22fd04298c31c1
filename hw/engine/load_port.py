"""What the host writes into the memories: one 32-bit slice of a memory word at a time."""

from enum import IntEnum, unique

from amaranth.lib import data

SLICE_BITS = 32
TARGET_BITS = 2


@unique
class LoadTarget(IntEnum):
    """Memories that are loaded through the stream."""

    PROGRAM = 0
    WEIGHTS = 1
    PARAMETERS = 2
    ACTIVATIONS = 3


# Written at every clock edge at which `valid` is high; never while a layer runs.
#   target: a `LoadTarget`. address: index of the word (weights, parameters) or line (activations).
#   bank: of activation memory. lane: index of the slice within the word or line, lowest bits first.
LoadPort = data.StructLayout(
    {
        "valid": 1,
        "target": TARGET_BITS,
        "address": 32,
        "bank": 16,
        "lane": 16,
        "data": SLICE_BITS,
    }
)
