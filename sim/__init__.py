"""Golden model, cycle model and co-simulation of the generated Verilog against both."""
