"""The second method: the same netlist with the same delays in Icarus Verilog, transitions counted.

Nothing but the delays, the functions and the stimulus is shared with `synth.energy.kernel`: events,
pulses and their order are Icarus' own. Its path delays are those of the last input that changed,
and a new value of an output cancels the one that was on its way.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.energy.cell_logic import CellLogic
from synth.energy.compiled import CompiledNetlist, compile_netlist
from synth.energy.conditions import Conditions, conditions
from synth.errors import SynthesisToolError
from synth.liberty import Liberty
from synth.netlist import ONE, ZERO, Netlist

_TIMEOUT_S = 600


def transitions(
    netlist: Netlist,
    liberty: Liberty,
    stimulus: Sequence[Mapping[str, int]],
    folder: Path,
    *,
    period_ns: float,
    clock: str = "clk",
) -> NDArray[np.int64]:
    """Transitions of every net while `stimulus` runs, one mapping of input ports a cycle.

    As `GateSimulation`: inputs change with the rising edge, flip-flops and inputs start at 0. Files
    go to `folder`. SynthesisToolError where Icarus is missing or fails.
    """
    if not shutil.which("iverilog"):
        raise SynthesisToolError("Icarus Verilog is not installed: install the package iverilog")
    folder.mkdir(parents=True, exist_ok=True)
    compiled = compile_netlist(netlist, liberty, clock)
    timing = conditions(netlist, liberty, compiled)
    source = folder / "netlist.v"
    lines = _lines(netlist, compiled, timing, stimulus, period_ns, clock)
    source.write_text("\n".join(lines) + "\n")
    program = folder / "netlist.vvp"
    _run(["iverilog", "-g2005", "-gspecify", "-o", str(program), str(source)])
    counts = np.zeros(compiled.net_count, dtype=np.int64)
    for line in _run(["vvp", "-n", str(program)]).splitlines():
        net, _, count = line.partition(" ")
        counts[int(net)] = int(count)
    return counts


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SynthesisToolError(f"{command[0]} failed: {reason}")
    return done.stdout


def _lines(
    netlist: Netlist,
    compiled: CompiledNetlist,
    timing: Conditions,
    stimulus: Sequence[Mapping[str, int]],
    period_ns: float,
    clock: str,
) -> Iterator[str]:
    yield "`timescale 1ps/1ps"
    for index in range(len(compiled.arrays.kind)):
        yield from _cell(compiled, timing, index)
    nets = _nets(compiled)
    (clock_net,) = netlist.inputs[clock]
    inputs = {net for ports in netlist.inputs.values() for net in ports}
    yield "module top;"
    for net in nets:
        yield f"  reg n{net} = 0;" if net in inputs else f"  wire n{net};"
        if net != clock_net:
            yield f"  integer c{net} = 0; always @(n{net}) if (counting) c{net} = c{net} + 1;"
    yield "  reg counting = 0;"
    for index in range(len(compiled.arrays.kind)):
        yield _instance(compiled, index)
    yield from _stimulus(netlist, stimulus, round(1000 * period_ns), clock_net)
    yield "    counting = 0;"
    yield from (f'    $display("{net} %0d", c{net});' for net in nets if net != clock_net)
    yield "  end"
    yield "endmodule"


def _stimulus(
    netlist: Netlist, stimulus: Sequence[Mapping[str, int]], period: int, clock_net: int
) -> Iterator[str]:
    # All gates settle from x before anything is counted.
    yield f"  initial begin #{20 * period} counting = 1;"
    values: dict[int, int] = {}
    for cycle in stimulus:
        yield f"    n{clock_net} = 1;"
        for port, value in cycle.items():
            for bit, net in enumerate(netlist.inputs[port]):
                new = value >> bit & 1
                if values.get(net, 0) != new:
                    values[net] = new
                    yield f"    n{net} = {new};"
        yield f"    #{period // 2} n{clock_net} = 0; #{period - period // 2};"


def _nets(compiled: CompiledNetlist) -> list[int]:
    """All nets that something is connected to, constants left out."""
    arrays = compiled.arrays
    used = np.unique(np.concatenate([arrays.inputs.ravel(), arrays.outputs.ravel()]))
    return [int(net) for net in used if net > ONE]


def _instance(compiled: CompiledNetlist, index: int) -> str:
    arrays = compiled.arrays
    logic = compiled.kinds[arrays.kind[index]]
    nets = [*arrays.inputs[index, : len(logic.cell.inputs)]]
    nets += [*arrays.outputs[index, : len(logic.cell.outputs)]]
    pins = ", ".join(_wire(int(net)) for net in nets)
    return f"  cell{index} i{index}({pins});"


def _wire(net: int) -> str:
    return f"1'b{net}" if net in (ZERO, ONE) else f"n{net}"


def _cell(compiled: CompiledNetlist, timing: Conditions, index: int) -> Iterator[str]:
    """A module of one instance: pins in0.., out0.., its own delays."""
    logic = compiled.kinds[compiled.arrays.kind[index]]
    inputs = [f"in{i}" for i in range(len(logic.cell.inputs))]
    outputs = [f"out{o}" for o in range(len(logic.cell.outputs))]
    yield f"module cell{index}({', '.join([*inputs, *outputs])});"
    yield f"  input {', '.join(inputs)};" if inputs else ""
    yield f"  output {', '.join(outputs)};"
    delays = timing.delays_ps[index]
    if logic.cell.sequential:
        yield from _flip_flop(logic, delays)
    else:
        yield from _gate(logic, delays)
    yield "endmodule"


def _gate(logic: CellLogic, delays: NDArray[np.int32]) -> Iterator[str]:
    count, tables = len(logic.cell.inputs), logic.output_tables()
    for o in range(len(logic.cell.outputs)):
        yield f"  assign out{o} = {_sum_of_products(tables[o], count)};"
    if not count:
        return
    yield "  specify"
    for o in range(len(logic.cell.outputs)):
        for i in range(count):
            rise, fall = delays[o, i]
            yield f"    (in{i} => out{o}) = ({rise}, {fall});"
    yield "  endspecify"


def _flip_flop(logic: CellLogic, delays: NDArray[np.int32]) -> Iterator[str]:
    count = len(logic.cell.inputs)
    names = [*(f"in{i}" for i in range(count)), "q"]
    following = _sum_of_products(logic.next_state_table(), count + 1, names)
    yield "  reg q = 0;"
    yield f"  always @(posedge in{logic.clock_pin}) q <= {following};"
    for o, table in enumerate(logic.output_tables()[: len(logic.cell.outputs)]):
        rise, fall = delays[o, 0]
        yield f"  assign #({rise}, {fall}) out{o} = {'q' if table[1] else '!q'};"


def _sum_of_products(
    table: NDArray[np.uint8], count: int, names: Sequence[str] | None = None
) -> str:
    names = names or [f"in{i}" for i in range(count)]
    rows = [row for row in range(1 << count) if table[row]]
    products = [
        "&".join(f"{'' if row >> i & 1 else '!'}{names[i]}" for i in range(count)) or "1'b1"
        for row in rows
    ]
    return " | ".join(f"({product})" for product in products) or "1'b0"
