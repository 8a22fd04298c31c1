"""docs/synth.md and the README's part of it, written from the record alone."""

from sigmaquant.synth_benchmark import record
from sigmaquant.synth_benchmark.image_tables import image_table, system_table
from sigmaquant.synth_benchmark.plan import INT8_MACS, LABELS, OURS, PLAN, SERIAL_MAC
from sigmaquant.synth_benchmark.record import Figures, LibraryFigures
from sigmaquant.synth_benchmark.statements import (
    better,
    better_on,
    beyond,
    demands,
    headline,
    images,
    late,
    memories_differ,
    published,
    systems,
)
from sigmaquant.synth_benchmark.tables import (
    area_table,
    bar_table,
    curve_table,
    energy_table,
    error,
    headline_table,
    published_table,
)
from sigmaquant.tables import count, listed, percent

_BRICKS = (
    "Bricks are those of BitFusion in a dot-product unit: 48 lanes share one tree and one "
    "accumulator, which makes them smaller than fusion units with accumulators of their own."
)
_SERIAL = (
    "Serial units are an array of 64, with a fraction of the others' throughput: area and energy "
    "are for what they do."
)
_WRITTEN = "<!-- written by `sigmaquant readme --write` from benchmarks/synth.json -->"


def readme() -> str:
    """The README's part: the headline, its table, and where the rest is."""
    made, figures = record.read()
    more = "every datapath, whole networks, the paper's own comparison, and how it was measured"
    return "\n\n".join(
        (
            f"`{made['command']}`, library {next(iter(figures.libraries))}:",
            headline_table(figures.main).markdown().strip(),
            f"{headline(figures)} {demands(figures)}",
            listed(images(figures)),
            f"{_mix(figures)} {_cost(figures)} [docs/synth.md](docs/synth.md) has {more}.",
        )
    )


def page() -> str:
    """The whole page."""
    made, figures = record.read()
    origin = (
        f"`{made['command']}` made these figures; `benchmarks/synth.json` keeps them with versions "
        "and hashes. What is run and demanded is in `sigmaquant/synth_benchmark/plan.py`. The "
        f"shift-add array of the sentences, ours, is the preset `{OURS}`: {LABELS[OURS]}."
    )
    main = figures.main
    parts = [
        _WRITTEN,
        "# The arrays: area, time, energy",
        origin,
        f"{headline(figures)} {demands(figures)} {_mix(figures)}",
        headline_table(main).markdown(),
        "![Area and energy by width](synth/widths.svg)",
        bar_table(figures).markdown(),
        "## Every array",
        "![Every array at the mix](synth/arrays.svg)",
        listed([*better(main), *late(main), _BRICKS, _SERIAL]),
        *_arrays(main),
        *_curve(main),
        "## Whole networks",
        _networks(figures),
        listed(images(figures)),
        *_images(figures),
        *_systems(figures),
        "## The paper's comparison",
        listed(published(main)),
        published_table(main.designs).markdown(),
        *_others(figures),
        "## How it was measured",
        listed(_method(figures)),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _mix(figures: Figures) -> str:
    shares = ", ".join(f"{percent(share, 0)} at {bits} bits" for bits, share in figures.mix.items())
    return f"The mix, by multiply-accumulates: {shares}."


def _cost(figures: Figures) -> str:
    return (
        f"Its steps add up to {count(figures.minutes)} minutes, a processor core each; training "
        "the networks is apart."
    )


def _arrays(library: LibraryFigures) -> list[str]:
    designs = {name: each for name, each in library.designs.items() if name in PLAN.arrays}
    return [area_table(designs).markdown(), energy_table(designs).markdown()]


def _curve(library: LibraryFigures) -> list[str]:
    """Area against the clock; nothing where it was not measured."""
    if not library.curve:
        return []
    explained = (
        "Each array mapped for other clocks too; where the path is too long, no combination of its "
        "variants was found that meets the clock. The smallest one is searched for, not proved, so "
        "that a slower clock need not give a smaller array."
    )
    return [
        "## Area against delay",
        explained,
        "![Area against delay](synth/area-delay.svg)",
        curve_table(library.curve).markdown(),
    ]


def _networks(figures: Figures) -> str:
    named = [
        f"{name} ({each.mean_bits:.2f} bits a MAC, {count(sum(each.macs.values()))} MACs)"
        for name, each in figures.networks.items()
    ]
    return (
        f"Allocated networks: {'; '.join(named)}. Cycles are the whole engine's by the exact "
        "model, descriptors, filling, draining and waiting included, or the array's alone where "
        "there is no engine around it. Computing is measured on the netlist, waiting is the "
        "clock in the engine's other cycles. Arrays without figures were not measured on that "
        "network; processing elements on none, their tiles take hundreds of steps."
    )


def _images(figures: Figures) -> list[str]:
    found = []
    for network, arrays in figures.main.inference.items():
        found += [f"### {network}", listed(better_on(arrays)), image_table(arrays).markdown()]
    return [part for part in found if part]


def _systems(figures: Figures) -> list[str]:
    said = systems(figures)
    if not said:
        return [
            "## With memories",
            (
                f"No figures: there is no memory model beside {next(iter(figures.libraries))} "
                "(`synth/memories.py`)."
            ),
        ]
    low, high = figures.memory_band
    explained = (
        "Accesses are counted exactly from the program; a macro's energy is CACTI 7.0's at 45 nm "
        f"and 1.0 V (`synth/sram.py`). Other sources have {low:g} to {high:g} times as much for an "
        "access, hence the ranges. Requantizers, fetch and control are not measured."
    )
    return [
        "## With memories",
        explained,
        "![Energy of an image](synth/images.svg)",
        listed([*said, memories_differ(figures.main)]),
        system_table(figures.main.inference, figures.memory_band).markdown(),
    ]


def _others(figures: Figures) -> list[str]:
    found = []
    for name, library in list(figures.libraries.items())[1:]:
        said = [*beyond(figures, library), *(late(library) or [_clock(library)])]
        found += [f"## With {name}", *_arrays(library), listed(said)]
    return found


def _clock(library: LibraryFigures) -> str:
    return f"All arrays meet the clock of {library.asked_period_ns:.2f} ns."


def _method(figures: Figures) -> list[str]:
    main = figures.main
    errors = [error(each) for each in main.designs.values() if each.energy_fj_per_mac]
    return [
        (
            "Area: standard cells after technology mapping, without layout, wires or memories; "
            "arrays with their operand registers, without the requantizers behind them. Every "
            f"design through the same flow, asked to meet one clock: {main.asked_period_ns:.2f} "
            "ns, a ripple carry of 32 bits in the library. Full adders are mapped onto the "
            "library's cells; of several variants of each part the smallest combination that meets "
            "the clock is taken, or the fastest that was found."
        ),
        (
            "Area per MAC/cycle is over the peak of full lanes; of arrays that skip zero bits over "
            "the rate on the layers measured. Area x time of an image is the array's area, times "
            "the engine's cycles, times the common clock, or the longest path where that is longer."
        ),
        f"Energy: {figures.method}",
        (
            f"Stimulus at uniform widths: {len(figures.layers)} layers of ResNet-20, one of each "
            f"resolution ({', '.join(figures.layers)}), the float weights rounded and calibrated, "
            "the codes of one test image; the same for every array, INT8 arrays included: they "
            "take the narrow weights at their one rate. Whole networks: all layers."
        ),
        (
            f"Standard error over the tiles: at most {percent(max(errors))} of a figure; it says "
            "nothing about other images."
        ),
        f"Nominal voltage of the library: {main.voltage:g} V.",
        _single(main),
        _cost(figures),
    ]


def _single(library: LibraryFigures) -> str:
    accumulators = {
        str(library.designs[name].configuration["accumulator_width"])
        for name in (SERIAL_MAC, *INT8_MACS)
    }
    return (
        f"Single units have accumulators of {', '.join(sorted(accumulators))} bits and their "
        "operand registers."
    )
