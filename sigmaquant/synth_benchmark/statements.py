"""What the comparison's figures say, in sentences: for and against, computed from the record."""

from collections.abc import Mapping, Sequence

from sigmaquant.synth_benchmark.image_tables import system_nj
from sigmaquant.synth_benchmark.plan import (
    BEST_INT8,
    INT8_MACS,
    LABELS,
    OURS,
    PLAN,
    SERIAL_ARRAY,
    SERIAL_MAC,
)
from sigmaquant.synth_benchmark.ratios import SLACK
from sigmaquant.synth_benchmark.record import (
    MIX,
    DesignFigures,
    Figures,
    InferenceFigures,
    LibraryFigures,
)
from sigmaquant.synth_benchmark.tables import error, ratio_words
from sigmaquant.tables import percent

# Of the paper's abstract (arXiv 2602.22136): its serial unit against a single INT8 one.
PAPER_AREA, PAPER_ENERGY = 0.777, 0.794


def demands(figures: Figures) -> str:
    """How many demands hold with the main library, and which do not."""
    name = next(iter(figures.libraries))
    missed = [
        f"{figure} against the {rival} ({_value(bar.value)}, at most {percent(bar.limit)})"
        for bar in figures.bars
        if not bar.met
        for figure, rival in [ratio_words(bar.name)]
    ]
    if not missed:
        return f"With {name}, all {len(figures.bars)} demands are met."
    are = "is" if len(missed) == 1 else "are"
    return (
        f"With {name}, {len(missed)} of {len(figures.bars)} demands {are} not met: "
        f"{'; '.join(missed)}."
    )


def beyond(figures: Figures, library: LibraryFigures) -> list[str]:
    """Demands whose limit another library's ratios are above."""
    return [
        f"Above its limit of {percent(bar.limit)} with this library: {figure} against the {rival}, "
        f"{percent(library.ratios[bar.name])}."
        for bar in figures.bars
        if bar.name in library.ratios and library.ratios[bar.name] > bar.limit + SLACK
        for figure, rival in [ratio_words(bar.name)]
    ]


def _value(ratio: float | None) -> str:
    return "not measured" if ratio is None else percent(ratio)


def headline(figures: Figures) -> str:
    """Area and energy at the mix against the best INT8 array, and what 8 bits cost."""
    found = figures.main.ratios
    area, energy = found["area_mix_of_best_int8"], found["energy_mix_of_best_int8"]
    eight = found["area_8bit_of_best_int8"] - 1
    size = "larger" if eight > 0 else "smaller"
    return (
        f"For the same work at the mix, area x time of the shift-add array is {percent(area)} of "
        f"that of the best INT8 array with the same peak at 8 bits, and its energy is "
        f"{percent(energy)}; the array itself is {percent(abs(eight))} {size}, and at uniform 8 "
        f"bits it takes {percent(found['energy_8bit_of_best_int8'])} of the energy. The best INT8 "
        "array is the better of two in each figure."
    )


def better(library: LibraryFigures) -> list[str]:
    """Every array that is better than ours at the mix, in area or in energy, or that none is."""
    ours = library.designs[OURS]
    said = []
    for name in PLAN.arrays:
        each = library.designs.get(name)
        if each is None or name == OURS:
            continue
        area, energy = each.area_per_mac_cycle[MIX], each.energy_fj_per_mac.get(MIX)
        if area < ours.area_per_mac_cycle[MIX]:
            share = percent(1 - area / ours.area_per_mac_cycle[MIX])
            said.append(f"{_label(name)}: {share} less area per MAC/cycle at the mix than ours.")
        if energy is not None and energy < ours.energy_fj_per_mac[MIX]:
            share = 1 - energy / ours.energy_fj_per_mac[MIX]
            doubt = ", within the error" if share < error(each) + error(ours) else ""
            said.append(
                f"{_label(name)}: {percent(share)} less energy at the mix than ours{doubt}."
            )
    return said or ["No other array takes less area per MAC/cycle or less energy at the mix."]


def better_on(arrays: Mapping[str, InferenceFigures]) -> list[str]:
    """Every array that takes less energy for a network's image than ours, or that none does."""
    ours = arrays[OURS].array_nj if OURS in arrays else None
    if ours is None:
        return []
    measured = {name: each for name, each in arrays.items() if each.array_nj is not None}
    less = [
        f"{_label(name)}: {percent(1 - (image.array_nj or 0) / ours)} less energy than ours."
        for name, image in measured.items()
        if (image.array_nj or 0) < ours
    ]
    return less or [f"Of {len(measured)} arrays measured here none takes less energy than ours."]


def late(library: LibraryFigures) -> list[str]:
    """Arrays that miss the common clock, whose times are those of a slower one."""
    asked = library.asked_period_ns
    return [
        f"{_label(name)}: misses the clock of {asked:.2f} ns by "
        f"{percent(each.critical_path_ns / asked - 1)}. Its times are those of a slower clock, its "
        "area per MAC/cycle is per cycle of its own."
        for name, each in library.designs.items()
        if each.critical_path_ns > asked
    ]


def images(figures: Figures) -> list[str]:
    """Time, area x time and energy of every network against the best INT8 array."""
    found = figures.main.ratios
    said = []
    for network, each in figures.networks.items():
        names = [
            f"{what}_of_best_int8_{network}"
            for what in ("time", "area_time", "own_clock", "energy")
        ]
        if not all(name in found for name in names):
            continue
        time, area_time, own, energy = (percent(found[name]) for name in names)
        said.append(
            f"{network}, {each.mean_bits:.2f} bits a MAC: {time} of the time of the best INT8 "
            f"array, {area_time} of its area x time ({own} with each at its own longest path), "
            f"{energy} of its energy."
        )
    return said


def systems(figures: Figures) -> list[str]:
    """Energy with memories against the best INT8 engine, over the band, and who takes less."""
    said = []
    for network, arrays in figures.main.inference.items():
        known = {
            name: image
            for name, image in arrays.items()
            if image.memory_nj is not None and image.array_nj is not None
        }
        rivals = [known[name] for name in BEST_INT8 if name in known]
        if OURS not in known or not rivals:
            continue
        low, high = sorted(
            system_nj(known[OURS], factor) / min(system_nj(rival, factor) for rival in rivals)
            for factor in figures.memory_band
        )
        said.append(
            f"{network}: with memories {percent(low)} to {percent(high)} of the energy of the best "
            "INT8 engine."
        )
        said += [
            f"{network}: {LABELS[name]} takes {percent(1 - share)} less with memories than ours, "
            "by the model's least figures."
            for name, image in known.items()
            if (
                share := system_nj(image, figures.memory_band[0])
                / system_nj(known[OURS], figures.memory_band[0])
            )
            < 1
        ]
    return said


def memories_differ(library: LibraryFigures) -> str:
    """Why the INT8 engines' memories take more, which is not the arithmetic alone."""
    ours, rival = (library.designs[name].configuration["columns"] for name in (OURS, BEST_INT8[0]))
    return (
        "Part of the INT8 engines' memory traffic is the shape of their arrays: activations are "
        f"read again for every {rival} output channels, for every {ours} on ours. Their weights "
        "are read at 8 bits whatever the network keeps."
    )


def published(library: LibraryFigures) -> list[str]:
    """The paper's comparison on our netlists, beside its claim."""
    serial = library.designs[SERIAL_MAC]
    rivals = [library.designs[name] for name in INT8_MACS]
    area = [serial.area_um2 / rival.area_um2 for rival in rivals]
    energy = [serial.energy_fj_per_mac[MIX] / rival.energy_fj_per_mac[MIX] for rival in rivals]
    cycles = serial.cycles_per_mac["8"]
    work = [
        serial.area_um2 * cycles / (rival.area_um2 * rival.cycles_per_mac["8"]) for rival in rivals
    ]
    return [
        (
            f"The paper's unit is {percent(1 - PAPER_AREA)} smaller than its INT8 unit and takes "
            f"{percent(1 - PAPER_ENERGY)} less energy on its networks. Here the serial unit has "
            f"{_range(area)} of the area of an INT8 unit, and takes {_range(energy)} of the "
            "energy of a multiply-accumulate at the mix."
        ),
        (
            f"It takes {cycles:.2f} cycles for a product with an 8-bit weight of these layers, "
            "zero bits skipped, where an INT8 unit takes one. At one clock and equal throughput "
            f"its area is {_range(work)} of an INT8 unit's at 8 bits; its longest path takes "
            f"{serial.critical_path_ns:.2f} ns, theirs {_listed_ns(rivals)}."
        ),
        (
            "A single unit can skip every zero bit; units that share their weights step together "
            f"and skip only what is zero in all: {LABELS[SERIAL_ARRAY]} above are an array of them."
        ),
    ]


def _label(name: str) -> str:
    """At the beginning of a sentence; the names of others keep their capitals."""
    label = LABELS[name]
    return label[0].upper() + label[1:]


def _listed_ns(designs: Sequence[DesignFigures]) -> str:
    return " and ".join(f"{each.critical_path_ns:.2f} ns" for each in designs)


def _range(ratios: list[float]) -> str:
    low, high = min(ratios), max(ratios)
    return f"{percent(low)} to {percent(high)}"
