"""The arrays of an exploration: those asked for, less those that the network cannot run on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from compiler.errors import CompileError
from compiler.plan import plan_layer
from hw.config import MAX_ACCUMULATOR_WIDTH, ArrayConfig, preset
from hw.errors import ConfigError
from quant.integer_network import IntegerNetwork
from sigmaquant.errors import ConfigurationError, one_line
from sigmaquant.explore_config import ExploreConfiguration


@dataclass(frozen=True, kw_only=True)
class Space:
    """arrays: by label, such as `pair_sum2-2x16x48`: unit, rows x columns x lanes.

    presets: names that were asked for, by label. left_out: why others are not among the arrays, by
    preset or label. off_peak: combinations of the grid with another peak than the one asked for.
    """

    arrays: dict[str, ArrayConfig]
    presets: dict[str, list[str]]
    left_out: dict[str, str]
    off_peak: int


def label(array: ArrayConfig) -> str:
    """The array's name in an exploration."""
    return _label(array.unit, array.rows, array.columns, array.lanes)


def space(asked: ExploreConfiguration, network: IntegerNetwork) -> Space:
    """Every array asked for that can run `network`, the presets first.

    Raises ConfigurationError where none is left, with one of the reasons.
    """
    wanted = _at_peak(asked)
    arrays: dict[str, ArrayConfig] = {}
    left_out = dict(wanted.left_out)
    for name, array in wanted.arrays.items():
        try:
            arrays[name] = fitted(network, array)
        except CompileError as error:
            left_out |= dict.fromkeys(wanted.presets.get(name, [name]), one_line(error))
    if not arrays:
        why = next(
            (f"{name}: {reason}" for name, reason in left_out.items()),
            f"{wanted.off_peak} combinations have another peak than {asked.common_peak:g}",
        )
        raise ConfigurationError(f"no array to explore: {why}")
    return replace(wanted, arrays=arrays, left_out=left_out)


def drain_columns(requantizers: int, rows: int, columns: int) -> int:
    """The most columns a cycle that so many requantizers can take from these rows, 1 at least.

    They divide the columns, as the hardware wants. All arrays of a space have as many requantizers
    as the preset it is around, as far as their shape allows.
    """
    most = max(1, requantizers // rows)
    return max(each for each in range(1, columns + 1) if columns % each == 0 and each <= most)


def fitted(network: IntegerNetwork, array: ArrayConfig) -> ArrayConfig:
    """`array` with accumulators that hold every sum of `network`, never fewer bits than it has.

    Raises CompileError where it cannot run the network at any width.
    """
    for width in range(array.accumulator_width, MAX_ACCUMULATOR_WIDTH):
        wider = replace(array, accumulator_width=width)
        try:
            _plan(network, wider)
        except CompileError:
            continue
        return wider
    widest = replace(array, accumulator_width=MAX_ACCUMULATOR_WIDTH)
    _plan(network, widest)
    return widest


def _plan(network: IntegerNetwork, array: ArrayConfig) -> None:
    for layer in network.mac_layers:
        plan_layer(network, layer, array)


def _at_peak(asked: ExploreConfiguration) -> Space:
    """The arrays asked for that exist and have the peak, whatever the network."""
    peak = asked.common_peak
    arrays, presets = _presets(asked)
    left_out: dict[str, str] = {}
    off_peak = 0
    for name, array in list(arrays.items()):
        if _rate(array) != peak:
            reason = f"{_rate(array):g} MAC a cycle at 8 bits, not {peak:g}"
            left_out |= dict.fromkeys(presets[name], reason)
            del arrays[name]
    for name, array in _grid(asked):
        if isinstance(array, str):
            left_out[name] = array
        elif _rate(array) == peak:
            arrays.setdefault(name, array)
        else:
            off_peak += 1
    return Space(arrays=arrays, presets=presets, left_out=left_out, off_peak=off_peak)


def _presets(
    asked: ExploreConfiguration,
) -> tuple[dict[str, ArrayConfig], dict[str, list[str]]]:
    """Arrays and names of the presets asked for, both by label."""
    arrays: dict[str, ArrayConfig] = {}
    names: dict[str, list[str]] = {}
    for name in dict.fromkeys((asked.array, *asked.presets)):
        array = preset(name)
        arrays.setdefault(label(array), array)
        names.setdefault(label(array), []).append(name)
    return arrays, names


def _grid(asked: ExploreConfiguration) -> Iterator[tuple[str, ArrayConfig | str]]:
    """Every combination: its label, and the array or why there is none."""
    around = preset(asked.array)
    requantizers = around.rows * around.drain_columns
    for unit, rows, columns, lanes in product(asked.units, asked.rows, asked.columns, asked.lanes):
        try:
            array = ArrayConfig(
                unit=unit,
                rows=rows,
                columns=columns,
                lanes=lanes,
                drain_columns=drain_columns(requantizers, rows, columns),
            )
        except ConfigError as error:
            yield _label(unit, rows, columns, lanes), one_line(error)
        else:
            yield label(array), array


def _label(unit: str, rows: int, columns: int, lanes: int) -> str:
    return f"{unit}-{rows}x{columns}x{lanes}"


def _rate(array: ArrayConfig) -> float:
    return array.macs_per_cycle(8)
