"""Cycle simulation of a mapped netlist by the library's own cell functions, many runs at once."""

from synth.cell_function import evaluate
from synth.liberty import Liberty
from synth.netlist import ONE, Instance, Netlist


class NetlistSimulator:
    """Every net holds one word; bit k of all words is simulation run k. Flip-flops start at 0."""

    def __init__(self, netlist: Netlist, liberty: Liberty, runs: int):
        self._netlist = netlist
        self._liberty = liberty
        self._ones = (1 << runs) - 1
        self._runs = runs
        self._values = [0] * netlist.net_count
        self._values[ONE] = self._ones
        cells = [(i, liberty.cells[i.cell]) for i in netlist.instances]
        self._flip_flops = [instance for instance, cell in cells if cell.sequential]
        self._order = _in_order([i for i, cell in cells if not cell.sequential], liberty)

    def set(self, port: str, values: list[int]) -> None:
        """Drive an input, one value per run; negative values in two's complement."""
        for bit, net in enumerate(self._netlist.inputs[port]):
            self._values[net] = sum((value >> bit & 1) << run for run, value in enumerate(values))

    def get(self, port: str, *, signed: bool = False) -> list[int]:
        """Values of an output, one per run."""
        nets = self._netlist.outputs[port]
        self._settle()
        words = [self._values[net] for net in nets]
        values = [sum((w >> run & 1) << bit for bit, w in enumerate(words)) for run in self._all()]
        top = 1 << len(nets) - 1
        return [(v ^ top) - top for v in values] if signed else values

    def tick(self) -> None:
        """One rising clock edge."""
        self._settle()
        after = {}
        for flip_flop in self._flip_flops:
            cell = self._liberty.cells[flip_flop.cell]
            assert cell.next_state is not None
            state = evaluate(cell.next_state, self._pins(flip_flop), self._ones)
            both = dict(zip(cell.state, (state, state ^ self._ones), strict=True))
            for pin, nets in flip_flop.nets.items():
                if pin in cell.functions:
                    after[nets[0]] = evaluate(cell.functions[pin], both, self._ones)
        for net, value in after.items():
            self._values[net] = value

    def _settle(self) -> None:
        for instance in self._order:
            pins = self._pins(instance)
            for output, function in self._liberty.cells[instance.cell].functions.items():
                if output in instance.nets:
                    self._values[instance.nets[output][0]] = evaluate(function, pins, self._ones)

    def _pins(self, instance: Instance) -> dict[str, int]:
        inputs = self._liberty.cells[instance.cell].inputs
        return {pin: self._values[instance.nets[pin][0]] for pin in inputs}

    def _all(self) -> range:
        return range(self._runs)


def _in_order(instances: list[Instance], liberty: Liberty) -> list[Instance]:
    """Combinational instances, each after those that drive its inputs."""
    driver = {
        instance.nets[pin][0]: instance
        for instance in instances
        for pin in liberty.cells[instance.cell].outputs
        if pin in instance.nets
    }
    order: dict[str, Instance] = {}

    def visit(instance: Instance) -> None:
        if instance.name in order:
            return
        for pin in liberty.cells[instance.cell].inputs:
            source = driver.get(instance.nets[pin][0])
            if source:
                visit(source)
        order[instance.name] = instance

    for instance in instances:
        visit(instance)
    return list(order.values())
