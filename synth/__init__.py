"""Synthesis: RTLIL to a mapped netlist, and its area and time as records and tables."""
