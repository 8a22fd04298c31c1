"""Verilog texts that steer Yosys' technology mapping: carry chains and the library's adder cell."""

from synth.liberty import Adder

# A full adder as hw's compressor tree and Yosys' own techmap write it; `extract` finds it in the
# gates. Yosys' extract_fa alone also cuts adders out of unrelated XORs: 13 % too many in a tree.
FULL_ADDER_PATTERN = r"""
module full_adder(input A, input B, input C, output X, output Y);
  wire propagate, generated, passed;
  \$_XOR_ half(.A(A), .B(B), .Y(propagate));
  \$_XOR_ sum(.A(propagate), .B(C), .Y(Y));
  \$_AND_ both(.A(A), .B(B), .Y(generated));
  \$_AND_ through(.A(propagate), .B(C), .Y(passed));
  \$_OR_ carry(.A(generated), .B(passed), .Y(X));
endmodule
"""

# An adder as a chain of full adders: the smallest one, delay linear in its width.
RIPPLE_CARRY = r"""
(* techmap_celltype = "$alu" *)
module ripple_carry(A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  input CI, BI;
  output [Y_WIDTH-1:0] X, Y, CO;
  wire [Y_WIDTH-1:0] a, b, second;
  wire [Y_WIDTH:0] carry;
  \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_a(.A(A), .Y(a));
  \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_b(.A(B), .Y(b));
  assign second = b ^ {Y_WIDTH{BI}};
  assign X = a ^ second;
  assign carry[0] = CI;
  assign CO = carry[Y_WIDTH:1];
  genvar i;
  generate
    for (i = 0; i < Y_WIDTH; i = i + 1)
      \$fa #(.WIDTH(1)) add(.A(a[i]), .B(second[i]), .C(carry[i]), .X(carry[i+1]), .Y(Y[i]));
  endgenerate
endmodule
"""


def full_adder_map(adder: Adder) -> str:
    """Techmap from the pattern and Yosys' $fa to the library's cell; late C on its last pin."""
    first, second, third = adder.cell.inputs
    modules = (
        "module full_adder(A, B, C, X, Y);",
        '(* techmap_celltype = "$fa" *)\nmodule one_bit(A, B, C, X, Y);\n  parameter WIDTH = 1;',
    )
    body = f"""
  input A, B, C;
  output X, Y;
  \\{adder.cell.name} add (
    .\\{first} (A), .\\{second} (B), .\\{third} (C),
    .\\{adder.carry_pin} (X), .\\{adder.sum_pin} (Y)
  );
endmodule
"""
    return "\n".join(header + body for header in modules)
