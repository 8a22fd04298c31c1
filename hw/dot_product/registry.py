"""Every datapath by name: adding one is one file in this folder and one row here."""

from hw.dot_product.bit_plane import BitPlane
from hw.dot_product.booth_digit import BoothDigit
from hw.dot_product.bricks import Bricks
from hw.dot_product.int8 import Int8
from hw.dot_product.int8_booth import Int8Booth
from hw.dot_product.interface import Datapath
from hw.dot_product.pair_sum import PairSum
from hw.dot_product.pair_sum2 import PairSum2
from hw.dot_product.serial import Serial

DATAPATHS: dict[str, type[Datapath]] = {
    datapath.name: datapath
    for datapath in (
        PairSum2,
        PairSum,
        BoothDigit,
        BitPlane,
        Bricks,
        Serial,
        Int8,
        Int8Booth,
    )
}
