"""FPGA figures: LUTs, flip-flops, block RAMs and the clock after place and route."""
