"""Program format of the engine: one descriptor per layer, and the sticky error codes.

A program is a sequence of descriptors, the last one `Opcode.END`, followed by one 32-bit word, the
CRC-32 (as in zlib) of all words before it. Every descriptor takes `DESCRIPTOR_WORDS` 32-bit words,
least significant first, little endian on a byte stream.

Activation memory is addressed in lines. Image row y of a tensor lies in bank y % banks, from line
base + (y // banks) * pitch on; within a row the bytes are pixel after pixel, channels innermost.

A window is read as `kernel_rows` x `segments` runs of `segment_bytes` contiguous bytes. Run
(i, j) of the window of tile row Y, array row r, column X, group G, tile t is taken from image row
    row_origin + (Y * rows + r) * row_step + i
at byte
    column_origin + X * column_step + G * group_step + t * tile_step + j * segment_step
and bytes outside 0 .. input_row_bytes - 1 or rows outside 0 .. input_height - 1 read as `pad_code`.
Tiles are computed in the order Y, X, G, t, the last one innermost.
"""

from enum import IntEnum, unique

from amaranth.hdl import signed
from amaranth.lib import data

WORD_BITS = 32
LINE_BITS = 16
PITCH_BITS = 12
EXTENT_BITS = 12
BYTES_BITS = 16
CODE_BITS = 8


@unique
class Opcode(IntEnum):
    """What a descriptor asks for.

    END: stop; the output fields name the tensor that is sent as the result.
    MAC: convolution, linear layer or average pool on the matrix unit.
    MAX_POOL: largest code of each window; a window of one pixel copies.
    """

    END = 0
    MAC = 1
    MAX_POOL = 2


@unique
class ErrorCode(IntEnum):
    """Sticky error codes; the first error stays until it is cleared.

    NO_PROGRAM: started while program memory holds none with a right checksum.
    CHECKSUM: the last word of a loaded program is not the CRC-32 of the others.
    OPCODE: an unknown opcode, or no END within the program.
    WEIGHT_WIDTH, FIELD: a descriptor that cannot be run, see `DescriptorCheck`.
    ADDRESS: beyond a memory, or a result outside the output's lines.
    TIMEOUT: a layer was computed later than the register `timeout` allows.
    LOAD: a load beyond its memory, or one that ends within a memory word or an image row.
    """

    NONE = 0
    NO_PROGRAM = 1
    CHECKSUM = 2
    OPCODE = 3
    WEIGHT_WIDTH = 4
    FIELD = 5
    ADDRESS = 6
    TIMEOUT = 7
    LOAD = 8


# Every count is at least 1 where the opcode uses it; "bytes", "pitch", "base": as the module says.
#   bits: weight width 2..8. diagonal: weights are one diagonal per tap, for depthwise layers.
#   residual: add a tensor of the output's shape to the codes before they are written.
#   tile_rows, columns: rows of tiles (of `rows` image rows each) and pixels per row of the output.
#   groups, tiles: convolution groups, and channel tiles in each of them.
#   last_chunks: chunks of `drain_columns` channels that the last tile of a group writes; the other
#   tiles write all of theirs.
#   output_height: rows at or beyond it are not written. output_limit: first line behind the output.
#   weight_steps: weight beats of all groups and tiles of one position; the reader starts over then.
#   parameter_words: parameter words of all groups and tiles.
#   zero_point, minimum, maximum: of the requantizers (MAC).
#   add_*: of the residual addition (ARCHITECTURE.md); main is what the layer computed.
Descriptor = data.StructLayout(
    {
        "opcode": 4,
        "bits": 4,
        "diagonal": 1,
        "residual": 1,
        "pad_code": CODE_BITS,
        "input_base": LINE_BITS,
        "input_pitch": PITCH_BITS,
        "input_height": EXTENT_BITS,
        "input_row_bytes": BYTES_BITS,
        "row_origin": signed(EXTENT_BITS + 1),
        "row_step": EXTENT_BITS,
        "column_origin": signed(BYTES_BITS + 1),
        "column_step": BYTES_BITS,
        "kernel_rows": EXTENT_BITS,
        "segments": EXTENT_BITS,
        "segment_step": BYTES_BITS,
        "segment_bytes": BYTES_BITS,
        "tile_rows": EXTENT_BITS,
        "columns": EXTENT_BITS,
        "groups": EXTENT_BITS,
        "group_step": BYTES_BITS,
        "tiles": EXTENT_BITS,
        "tile_step": BYTES_BITS,
        "last_chunks": 8,
        "output_base": LINE_BITS,
        "output_pitch": PITCH_BITS,
        "output_limit": LINE_BITS,
        "output_height": EXTENT_BITS,
        "output_row_bytes": BYTES_BITS,
        "weight_base": LINE_BITS,
        "weight_steps": 24,
        "parameter_base": LINE_BITS,
        "parameter_words": LINE_BITS,
        "zero_point": CODE_BITS,
        "minimum": CODE_BITS,
        "maximum": CODE_BITS,
        "residual_base": LINE_BITS,
        "residual_pitch": PITCH_BITS,
        "add_multiplier_main": 16,
        "add_multiplier_residual": 16,
        "add_zero_main": CODE_BITS,
        "add_zero_residual": CODE_BITS,
        "add_shift": 6,
        "add_zero_point": CODE_BITS,
        "add_minimum": CODE_BITS,
        "add_maximum": CODE_BITS,
    }
)

DESCRIPTOR_WORDS = -(-Descriptor.size // WORD_BITS)


def descriptor_words(fields: dict[str, int]) -> list[int]:
    """Words of one descriptor; fields not named are 0."""
    value = Descriptor.const({**fields}).as_value().value
    mask = (1 << WORD_BITS) - 1
    return [value >> WORD_BITS * index & mask for index in range(DESCRIPTOR_WORDS)]
