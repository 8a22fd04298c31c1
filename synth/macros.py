"""Black boxes of a design, such as memories: what is known of them, and netlists without them.

Logic is mapped, buffered and timed up to their pins. There a path ends, without a setup time, and
another begins with the clock edge; pins load nothing. More than that needs a model of the macro.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from hw.memory_macros import CLOCK
from synth.errors import SynthesisInputError
from synth.netlist import Netlist
from synth.rtlil_text import BLACK_BOX_LINE

_BOX = re.compile(rf"^{re.escape(BLACK_BOX_LINE)}\n(.*?)^end$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^module \\(\S+)$", re.MULTILINE)
_SIZE = re.compile(r"^attribute \\(words|bits) (\d+)$", re.MULTILINE)
_PORT = re.compile(r"^  wire width (\d+) (input|output) \d+ \\(\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Macro:
    """A black box that is a memory. words, bits: its size. inputs, outputs: bits by pin."""

    name: str
    words: int
    bits: int
    inputs: dict[str, int]
    outputs: dict[str, int]


def find_macros(rtlil: str) -> dict[str, Macro]:
    """Black boxes of a text by name; SynthesisInputError for one whose size is not given."""
    macros = {}
    for body in _BOX.findall(rtlil):
        name = _NAME.findall(body)[0]
        size = {attribute: int(value) for attribute, value in _SIZE.findall(body)}
        if size.keys() != {"words", "bits"}:
            raise SynthesisInputError(
                f"black box {name} has no attributes words and bits: only memories may be left out"
            )
        ports: dict[str, dict[str, int]] = {"input": {}, "output": {}}
        for width, direction, pin in _PORT.findall(body):
            ports[direction][pin] = int(width)
        macros[name] = Macro(name=name, inputs=ports["input"], outputs=ports["output"], **size)
    return macros


def outputs_of(macros: Mapping[str, Macro]) -> dict[str, Collection[str]]:
    """Names of the output pins by macro, as `detach` takes them."""
    return {name: macro.outputs for name, macro in macros.items()}


def detach(netlist: Netlist, outputs: Mapping[str, Collection[str]]) -> Netlist:
    """The netlist without the instances of some modules; their pins are ports, `instance/pin`.

    Their clocks are left out. outputs: names of the output pins of these modules; what they drive
    are inputs of the netlist.
    """
    left = tuple(i for i in netlist.instances if i.cell not in outputs)
    inward, outward = dict(netlist.inputs), dict(netlist.outputs)
    for instance in netlist.instances:
        if instance.cell in outputs:
            for pin, nets in instance.nets.items():
                if pin == CLOCK:
                    continue  # no path ends there
                driven = pin in outputs[instance.cell]
                (inward if driven else outward)[f"{instance.name}/{pin}"] = nets
    return replace(netlist, instances=left, inputs=inward, outputs=outward)


def attach(logic: Netlist, whole: Netlist, modules: Collection[str]) -> Netlist:
    """`logic`, which was made of `whole` without the instances of `modules`, with these again.

    Its nets have to be those of `whole`; it may have more.
    """
    instances = (i for i in whole.instances if i.cell in modules)
    return replace(
        logic,
        instances=(*logic.instances, *instances),
        inputs=whole.inputs,
        outputs=whole.outputs,
    )


def stubs(macros: Mapping[str, Macro]) -> str:
    """Verilog of the black boxes, for tools that read a netlist with them."""
    lines = []
    for macro in macros.values():
        pins = {"input": macro.inputs, "output": macro.outputs}
        lines.append("(* blackbox *)")
        lines.append(f"module \\{macro.name} ({', '.join((*macro.inputs, *macro.outputs))});")
        lines += [
            f"  {direction} [{width - 1}:0] {pin};"
            for direction, group in pins.items()
            for pin, width in group.items()
        ]
        lines.append("endmodule")
    return "".join(f"{line}\n" for line in lines)
