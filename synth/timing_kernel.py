"""Arrival and transition times through a levelled netlist, compiled: one look at every arc."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from synth.netlist import ONE
from synth.timing_arcs import Arc
from synth.timing_tables import Table

_UNCONNECTED = -1


class Tables(NamedTuple):
    """Delay tables side by side; T tables, padded to S slews and L loads.

    sizes[T, 2]: points that each has. slew[T, S], load[T, L]: its axes. values[T, S, L].
    """

    sizes: NDArray[np.intp]
    slew: NDArray[np.float64]
    load: NDArray[np.float64]
    values: NDArray[np.float64]


class Network(NamedTuple):
    """What is timed; I instances of K kinds of cells, A arcs.

    kind[I]. nets[I, pins]: net of a pin, -1 where it has none. launches[K]: arcs begin at a clock
    edge. first_arc[K + 1]: arcs of kind k are first_arc[k] up to first_arc[k + 1]. arcs[A, 4]:
    source pin, target pin, source edge, target edge. Arc a has tables 2a (delay) and 2a + 1.
    """

    kind: NDArray[np.intp]
    nets: NDArray[np.intp]
    launches: NDArray[np.bool_]
    first_arc: NDArray[np.intp]
    arcs: NDArray[np.intp]
    tables: Tables


class Times(NamedTuple):
    """Of every edge (0 rise, 1 fall) of every net; N nets.

    arrival[2, N], slew[2, N]: ns, the worst over all arcs. came_from[2, N]: 2 * net + edge at the
    input of the arc with the worst arrival, -1 where that was a clock edge or nothing was.
    """

    arrival: NDArray[np.float64]
    slew: NDArray[np.float64]
    came_from: NDArray[np.intp]


def side_by_side(tables: Sequence[Table]) -> Tables:
    """The tables in arrays of one shape."""
    sizes = np.array([table.values.shape for table in tables], dtype=np.intp).reshape(-1, 2)
    slews, loads = sizes.max(axis=0, initial=1)
    slew, load = np.zeros((len(tables), slews)), np.zeros((len(tables), loads))
    values = np.zeros((len(tables), slews, loads))
    for at, table in enumerate(tables):
        rows, columns = table.values.shape
        slew[at, :rows], load[at, :columns] = table.slew, table.load
        values[at, :rows, :columns] = table.values
    return Tables(sizes=sizes, slew=slew, load=load, values=values)


def arc_rows(arcs: Sequence[Arc], pins: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Rows of `Network.arcs` for the arcs of a cell with these pins."""
    return [
        (pins.index(arc.source), pins.index(arc.target), arc.source_edge, arc.target_edge)
        for arc in arcs
    ]


@njit(cache=True)
def propagate(n: Any, order: Any, load: Any, start_slew: float, times: Any) -> None:
    """Fill in `times`, where inputs have theirs, for instances in `order` of their levels.

    load: fF on every net. start_slew: ns, of a clock edge.
    """
    for instance in order:
        kind = n.kind[instance]
        for arc in range(n.first_arc[kind], n.first_arc[kind + 1]):
            source, target = n.nets[instance, n.arcs[arc, 0]], n.nets[instance, n.arcs[arc, 1]]
            if source == _UNCONNECTED or target <= ONE:
                continue
            before, after = n.arcs[arc, 2], n.arcs[arc, 3]
            begin, slew, origin = 0.0, start_slew, -1
            if not n.launches[kind]:
                begin, slew = times.arrival[before, source], times.slew[before, source]
                origin = 2 * source + before
            if begin == -np.inf:
                continue
            arrival = begin + look_up(n.tables, 2 * arc, slew, load[target])
            if arrival > times.arrival[after, target]:
                times.arrival[after, target] = arrival
                times.came_from[after, target] = origin
            transition = look_up(n.tables, 2 * arc + 1, slew, load[target])
            times.slew[after, target] = max(transition, times.slew[after, target])


@njit(cache=True, inline="always")
def look_up(tables: Any, table: int, slew: float, load: float) -> float:
    """What `Table` says at one point."""
    row, row_fraction = _position(tables.slew[table], tables.sizes[table, 0], slew)
    column, column_fraction = _position(tables.load[table], tables.sizes[table, 1], load)
    next_row = min(row + 1, tables.sizes[table, 0] - 1)
    next_column = min(column + 1, tables.sizes[table, 1] - 1)
    values = tables.values[table]
    low = values[row, column] * (1 - column_fraction) + values[row, next_column] * column_fraction
    high = values[next_row, column] * (1 - column_fraction)
    high = high + values[next_row, next_column] * column_fraction
    return low * (1 - row_fraction) + high * row_fraction


@njit(cache=True, inline="always")
def _position(axis: Any, points: int, at: float) -> tuple[int, float]:
    """Cell of the axis that `at` falls into and the fraction of its width; beyond 0..1 outside."""
    index = 0
    while index < points - 2 and axis[index + 1] <= at:
        index += 1
    if points == 1:
        return 0, 0.0
    return index, (at - axis[index]) / (axis[index + 1] - axis[index])
