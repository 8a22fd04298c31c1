"""What the comparison's figures say, in sentences: for and against, computed from the record."""

from collections.abc import Mapping

from sigmaquant.synth_benchmark.plan import BEST_INT8, INT8_MACS, LABELS, OURS, SERIAL_MAC
from sigmaquant.synth_benchmark.record import MIX, Figures, InferenceFigures, LibraryFigures
from sigmaquant.synth_benchmark.tables import ratio_words, system_nj
from sigmaquant.tables import percent

# What the paper reports of its serial unit against an INT8 one.
PAPER_AREA, PAPER_ENERGY = 0.777, 0.794


def demands(figures: Figures) -> str:
    """How many demands hold, and which do not."""
    missed = [
        f"{figure} against the {rival} ({_value(bar.value)}, at most {percent(bar.limit)})"
        for bar in figures.bars
        if not bar.met
        for figure, rival in [ratio_words(bar.name)]
    ]
    if not missed:
        return f"All {len(figures.bars)} demands are met."
    are = "is" if len(missed) == 1 else "are"
    return f"{len(missed)} of {len(figures.bars)} demands {are} not met: {'; '.join(missed)}."


def _value(ratio: float | None) -> str:
    return "not measured" if ratio is None else percent(ratio)


def headline(figures: Figures) -> str:
    """Area and energy at the mix against the best INT8 array, and what 8 bits cost."""
    found = figures.main.ratios
    area, energy = found["area_mix_of_best_int8"], found["energy_mix_of_best_int8"]
    eight = found["area_8bit_of_best_int8"] - 1
    size = "larger" if eight > 0 else "smaller"
    return (
        f"At the mix the shift-add array takes {percent(area)} of the area and {percent(energy)} "
        f"of the energy of the best INT8 array of its speed; at uniform 8 bits it is "
        f"{percent(abs(eight))} {size} and takes {percent(found['energy_8bit_of_best_int8'])} of "
        "the energy."
    )


def better(library: LibraryFigures) -> list[str]:
    """Every array that is better than ours at the mix, in area or in energy, or that none is."""
    ours = library.designs[OURS]
    said = []
    for name, each in library.designs.items():
        if name == OURS:
            continue
        for words, own, other in (
            ("area", ours.area_per_mac_cycle[MIX], each.area_per_mac_cycle[MIX]),
            ("energy", ours.energy_fj_per_mac[MIX], each.energy_fj_per_mac.get(MIX)),
        ):
            if other is not None and other < own:
                said.append(
                    f"{_label(name)}: {percent(1 - other / own)} less {words} at the mix than the "
                    "shift-add array of the presets."
                )
    return said or ["No other array takes less area or less energy at the mix."]


def better_on(arrays: Mapping[str, InferenceFigures]) -> list[str]:
    """Every array that takes less energy for a network's image than ours, or none."""
    ours = arrays[OURS].array_nj if OURS in arrays else None
    if ours is None:
        return []
    return [
        f"{_label(name)}: {percent(1 - image.array_nj / ours)} less energy than the shift-add "
        "array of the presets."
        for name, image in arrays.items()
        if image.array_nj is not None and image.array_nj < ours
    ]


def late(library: LibraryFigures) -> list[str]:
    """Arrays that miss the common clock, whose times are those of a slower one."""
    asked = library.asked_period_ns
    return [
        f"{_label(name)} misses the clock of {asked:.2f} ns by "
        f"{percent(each.critical_path_ns / asked - 1)}: its times are those of a slower clock, its "
        "area per MAC/cycle is per cycle of its own."
        for name, each in library.designs.items()
        if each.critical_path_ns > asked
    ]


def images(figures: Figures) -> list[str]:
    """Time, area x time and energy of every network against the best INT8 array."""
    found = figures.main.ratios
    said = []
    for network, each in figures.networks.items():
        names = [f"{what}_of_best_int8_{network}" for what in ("time", "area_time", "energy")]
        if not all(name in found for name in names):
            continue
        time, area_time, energy = (percent(found[name]) for name in names)
        said.append(
            f"{network}, {each.mean_bits:.2f} bits a MAC: {time} of the time of the best INT8 "
            f"array, {area_time} of its area x time, {energy} of its energy."
        )
    return said


def systems(figures: Figures) -> list[str]:
    """The energy with memories, ours against the better of the INT8 engines, over the band."""
    said = []
    for network, arrays in figures.main.inference.items():
        known = {
            name: image
            for name, image in arrays.items()
            if image.memory_nj is not None and image.array_nj is not None
        }
        rivals = [known[name] for name in BEST_INT8 if name in known]
        if OURS in known and rivals:
            low, high = sorted(
                system_nj(known[OURS], factor) / min(system_nj(rival, factor) for rival in rivals)
                for factor in figures.memory_band
            )
            said.append(
                f"{network}: with memories {percent(low)} to {percent(high)} of the energy of the "
                "best INT8 engine."
            )
    return said


def published(library: LibraryFigures) -> list[str]:
    """The paper's comparison on our netlists, beside its claim."""
    serial = library.designs[SERIAL_MAC]
    rivals = [library.designs[name] for name in INT8_MACS]
    area = [serial.area_um2 / rival.area_um2 for rival in rivals]
    energy = [serial.energy_fj_per_mac[MIX] / rival.energy_fj_per_mac[MIX] for rival in rivals]
    cycles = serial.cycles_per_mac["8"]
    return [
        (
            f"The paper's unit is {percent(1 - PAPER_AREA)} smaller than its INT8 unit and takes "
            f"{percent(1 - PAPER_ENERGY)} less energy on its networks. Here the serial unit has "
            f"{_range(area)} of the area of an INT8 unit, and takes {_range(energy)} of the "
            "energy of a multiply-accumulate at the mix."
        ),
        (
            f"It takes {cycles:.2f} cycles for a product with an 8-bit weight of these layers, "
            "zero bits skipped, where an INT8 unit takes one: for equal throughput its area is "
            "that many times as large, which the paper does not count."
        ),
        (
            "A single unit can skip every zero bit; units that share their weights step together "
            f"and skip only what is zero in all: `{LABELS['tiny_serial']}` above is an array of "
            "them."
        ),
    ]


def _label(name: str) -> str:
    """At the beginning of a sentence; the names of others keep their capitals."""
    label = LABELS[name]
    return label[0].upper() + label[1:]


def _range(ratios: list[float]) -> str:
    low, high = min(ratios), max(ratios)
    return f"{percent(low)} to {percent(high)}"
