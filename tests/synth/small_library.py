"""A library of a few cells, linear delays and constant energies: figures can be had by hand."""

from collections.abc import Iterable

HEADER = """library (small) {
  time_unit : "1ns";
  capacitive_load_unit (1, ff);
  voltage_unit : "1V";
  leakage_power_unit : "1nW";
  nom_voltage : 2.0;
  delay_model : table_lookup;
  input_threshold_pct_rise : 50;
  input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50;
  output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20;
  slew_lower_threshold_pct_fall : 20;
  slew_upper_threshold_pct_rise : 80;
  slew_upper_threshold_pct_fall : 80;
  lu_table_template (delay) {
    variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance;
    index_1 ("0.0, 0.5, 1.0");
    index_2 ("0.0, 50.0, 100.0");
  }
  lu_table_template (check) {
    variable_1 : constrained_pin_transition;
    variable_2 : related_pin_transition;
    index_1 ("0.0, 1.0");
    index_2 ("0.0, 1.0");
  }
"""

# abc needs three points on an axis.
_AXES = 'index_1 ("0.0, 0.5, 1.0"); index_2 ("0.0, 50.0, 100.0");'
PIN_FF = 2.0
SETUP_NS = 0.05
SLEW_NS = 0.02  # of every output; no delay depends on the transition before it

# name: (area, {output: function}, intrinsic delay in ns); delay grows 0.01 ns per fF
COMBINATIONAL = {
    "INV": (1.0, {"Y": "!A"}, 0.01),
    "BUF": (1.5, {"Y": "A"}, 0.02),
    "NAND2": (2.0, {"Y": "(A B)'"}, 0.02),
    "NOR2": (2.0, {"Y": "!(A + B)"}, 0.02),
    "XOR2": (4.0, {"Y": "A ^ B"}, 0.04),
    "ADDF": (10.0, {"S": "A ^ B ^ C", "CO": "(A*B)+(C*(A+B))"}, 0.06),
    "ADDH": (6.0, {"S": "A^B", "CO": "A&B"}, 0.05),
}
SENSES = {
    "INV": "negative_unate",
    "BUF": "positive_unate",
    "NAND2": "negative_unate",
    "NOR2": "negative_unate",
}
NS_PER_FF = 0.01
CLOCK_TO_OUTPUT_NS = 0.1
FLIP_FLOP = "DFF"
FLIP_FLOP_AREA = 12.0
VOLTAGE = 2.0
LEAKAGE_NW = 3.0  # of every cell
# Internal energy in fJ of a rising and a falling output, whichever input is the cause. That of a
# NAND2 depends on it, and on its other input, which is 1 whenever the output follows.
ENERGY_FJ = {
    "INV": (0.5, 0.25),
    "BUF": (0.75, 0.5),
    "NOR2": (1.0, 0.5),
    "XOR2": (2.0, 1.5),
    "ADDF": (4.0, 3.0),
    "ADDH": (3.0, 2.0),
    "DFF": (6.0, 5.0),
}
NAND2_FJ = {"A": (0.625, 0.375), "B": (1.125, 0.875)}
CLOCK_FJ = (1.5, 1.25)
DATA_FJ = (0.5, 0.25)


def text(*, without: Iterable[str] = (), dont_use: Iterable[str] = ()) -> str:
    """The library as a liberty file, some cells left out or marked dont_use."""
    cells = [
        _cell(name, area, functions, delay, reserved=name in set(dont_use))
        for name, (area, functions, delay) in COMBINATIONAL.items()
        if name not in set(without)
    ]
    if FLIP_FLOP not in set(without):
        cells.append(_flip_flop())
    return HEADER + "".join(cells) + "}\n"


def _cell(
    name: str, area: float, functions: dict[str, str], delay: float, *, reserved: bool
) -> str:
    inputs = [pin for pin in "ABC" if any(pin in text for text in functions.values())]
    if name in ("ADDF", "ADDH"):  # the output CO contains the letter of an input
        inputs = ["A", "B", "C"][: 3 if name == "ADDF" else 2]
    pins = "".join(_input(pin) for pin in inputs)
    for output, function in functions.items():
        sense = f"      timing_sense : {SENSES.get(name, 'non_unate')};\n"
        arcs = "".join(_arc(pin, delay, sense) for pin in inputs)
        if name == "NAND2":
            arcs += "".join(_energy(NAND2_FJ[pin], pin, "AB".replace(pin, "")) for pin in "AB")
        else:
            arcs += "".join(_energy(ENERGY_FJ[name], pin) for pin in inputs)
        pins += _output(output, function, arcs)
    mark = "    dont_use : true;\n" if reserved else ""
    leakage = f"    cell_leakage_power : {LEAKAGE_NW};\n"
    return f"  cell ({name}) {{\n    area : {area};\n{leakage}{mark}{pins}  }}\n"


def _flip_flop() -> str:
    check = f"""      timing () {{
        related_pin : "CK";
        timing_type : setup_rising;
        rise_constraint (check) {{ values ("{SETUP_NS}, {SETUP_NS}", "{SETUP_NS}, {SETUP_NS}"); }}
        fall_constraint (check) {{ values ("{SETUP_NS}, {SETUP_NS}", "{SETUP_NS}, {SETUP_NS}"); }}
      }}
"""
    launch = _arc("CK", CLOCK_TO_OUTPUT_NS, "      timing_type : rising_edge;\n")
    launch += _energy(ENERGY_FJ[FLIP_FLOP], "CK")
    clock, data = _input("CK", _energy(CLOCK_FJ)), _input("D", check + _energy(DATA_FJ))
    return f"""  cell ({FLIP_FLOP}) {{
    area : {FLIP_FLOP_AREA};
    cell_leakage_power : {LEAKAGE_NW};
    ff (IQ, IQN) {{ clocked_on : "CK"; next_state : "D"; }}
{clock}{data}{_output("Q", "IQ", launch)}  }}
"""


def _input(pin: str, inside: str = "") -> str:
    return f"    pin ({pin}) {{ direction : input; capacitance : {PIN_FF};\n{inside}    }}\n"


def _output(pin: str, function: str, inside: str) -> str:
    return (
        f"    pin ({pin}) {{ direction : output; max_capacitance : 40;\n"
        f'      function : "{function}";\n{inside}    }}\n'
    )


def _arc(pin: str, delay: float, kind: str = "") -> str:
    row = ", ".join(f"{delay + NS_PER_FF * load:.3f}" for load in (0, 50, 100))
    slew = ", ".join([str(SLEW_NS)] * 3)
    tables = "".join(
        f"        cell_{edge} (delay) {{ {_AXES} {_values(row)} }}\n"
        f"        {edge}_transition (delay) {{ {_AXES} {_values(slew)} }}\n"
        for edge in ("rise", "fall")
    )
    return f'      timing () {{\n        related_pin : "{pin}";\n{kind}{tables}      }}\n'


def _energy(edges: tuple[float, float], related: str = "", when: str = "") -> str:
    cause = f'        related_pin : "{related}";\n' if related else ""
    condition = f'        when : "{when}";\n' if when else ""
    rise, fall = (f'(scalar) {{ values ("{value}"); }}' for value in edges)
    return (
        f"      internal_power () {{\n{cause}{condition}        rise_power {rise}\n"
        f"        fall_power {fall}\n      }}\n"
    )


def _values(row: str) -> str:
    return f'values ("{row}", "{row}", "{row}");'
