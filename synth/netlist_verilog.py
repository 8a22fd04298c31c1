"""A flat mapped netlist as Verilog, for simulators, timing tools and Yosys."""

from collections.abc import Iterator

from synth.netlist import ONE, ZERO, Instance, Netlist


def to_verilog(netlist: Netlist) -> str:
    """Structural Verilog: the ports, one wire per net, one instance per cell."""
    return "\n".join(_lines(netlist)) + "\n"


def _lines(netlist: Netlist) -> Iterator[str]:
    ports = ", ".join(_id(name) for name in (*netlist.inputs, *netlist.outputs))
    yield f"module {_id(netlist.name)}({ports});"
    for direction, group in (("input", netlist.inputs), ("output", netlist.outputs)):
        for name, nets in group.items():
            yield f"  {direction} [{len(nets) - 1}:0] {_id(name)};"
    used = {net for i in netlist.instances for nets in i.nets.values() for net in nets}
    used |= {net for nets in (*netlist.inputs.values(), *netlist.outputs.values()) for net in nets}
    yield from (f"  wire {_net(net)};" for net in sorted(used - {ZERO, ONE}))
    for name, nets in netlist.inputs.items():
        yield from (f"  assign {_net(net)} = {_id(name)}[{bit}];" for bit, net in enumerate(nets))
    for name, nets in netlist.outputs.items():
        yield from (f"  assign {_id(name)}[{bit}] = {_net(net)};" for bit, net in enumerate(nets))
    yield from (_instance(instance) for instance in netlist.instances)
    yield "endmodule"


def _instance(instance: Instance) -> str:
    pins = ", ".join(f".{_id(pin)}({_connection(nets)})" for pin, nets in instance.nets.items())
    return f"  {_id(instance.cell)} {_id(instance.name)}({pins});"


def _connection(nets: list[int]) -> str:
    """What a pin is connected to: one net, or a macro's several, in Verilog the highest first."""
    if len(nets) == 1:
        return _net(nets[0])
    return f"{{{', '.join(_net(net) for net in reversed(nets))}}}"


def _net(net: int) -> str:
    return f"1'b{net}" if net in (ZERO, ONE) else f"n{net}"


def _id(name: str) -> str:
    """Escaped identifier: valid whatever the name contains."""
    return f"\\{name} "
