"""docs/resnet20.md and the README's part of it, written from the record alone."""

from sigmaquant import methods, resnet20_record
from sigmaquant.report.charts.ranks import rank_table
from sigmaquant.resnet20_plan import COMPARISON, MAIN, PLAN, PROOF_STEPS, UNTRAINED
from sigmaquant.resnet20_record import Figures
from sigmaquant.resnet20_statements import (
    STAGES,
    bar_table,
    bars,
    beaten,
    gains,
    over_budget,
    ranking,
)
from sigmaquant.resnet20_tables import main_table, stage_table
from sigmaquant.tables import count, listed, percent

_WRITTEN = "<!-- written by `sigmaquant readme --write` from benchmarks/resnet20.json -->"


def readme() -> str:
    """The README's part: the headline table, where the rest is, the command and its cost."""
    record, figures = resnet20_record.read()
    stage = figures.points[COMPARISON]
    alike = (
        "Against others, every method trained alike, "
        f"{PLAN.stage(COMPARISON).epochs:g} epochs of fine-tuning, "
        f"{_seed_count(figures, COMPARISON)}:"
    )
    more = "every rival, the fronts, and which statistic ranks the layers"
    return "\n\n".join(
        (
            f"`{record['command']}`:",
            main_table(figures).markdown().strip(),
            f"{bars(figures)} {_seeds(figures)}",
            alike,
            listed([*beaten(stage, STAGES[COMPARISON]), *gains(figures, COMPARISON)]),
            f"{_cost(figures)} [docs/resnet20.md](docs/resnet20.md) has {more}.",
        )
    )


def page() -> str:
    """The whole page."""
    record, figures = resnet20_record.read()
    origin = (
        f"`{record['command']}` made these figures; `benchmarks/resnet20.json` keeps them with "
        "versions and hashes. What is run and demanded is in `sigmaquant/resnet20_plan.py`."
    )
    parts = (
        _WRITTEN,
        "# ResNet-20 on CIFAR-10",
        origin,
        "## SigmaQuant",
        main_table(figures).markdown(),
        f"{bars(figures)} {_seeds(figures)}",
        bar_table(figures).markdown(),
        f"{PLAN.stage(MAIN).epochs:g} epochs of fine-tuning follow the search. {_cost(figures)}",
        "![Bits by layer](resnet20/bits.svg)",
        *_stage(figures, COMPARISON, "Against others, equal training", "trained"),
        *_stage(figures, UNTRAINED, "Against others, no training", "untrained"),
        *_sensitivity(figures),
        "## How it was measured",
        listed(_method(figures)),
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _seeds(figures: Figures) -> str:
    counts = {len(point.seeds) for point in figures.points[MAIN][methods.SIGMAQUANT]}
    if counts == {1}:
        return "One seed: there are no deviations."
    single = " One seed has no deviation." if 1 in counts else ""
    return f"Means ± one sample deviation over the seeds of the training.{single}"


def _cost(figures: Figures) -> str:
    search = figures.search
    return (
        f"Finding the bits takes at most {search.qat_epochs:.2f} epochs of training and "
        f"{count(search.cpu_minutes)} CPU minutes. Training and searching for everything here, "
        f"rivals included, take {count(figures.cpu_minutes)} CPU minutes; measuring comes on top."
    )


def _stage(figures: Figures, stage: str, title: str, picture: str) -> list[str]:
    points, words = figures.points[stage], STAGES[stage]
    said = [*beaten(points, words), *over_budget(points, words), *gains(figures, stage)]
    return [
        f"## {title}",
        _training(figures, stage),
        f"![Accuracy against mean bits, {words}](resnet20/{picture}.svg)",
        listed(said),
        "Gains and savings are against straight lines between the uniform widths of this stage.",
        stage_table(figures, stage).markdown(),
    ]


def _training(figures: Figures, stage: str) -> str:
    planned = PLAN.stage(stage)
    how_many = _seed_count(figures, stage).capitalize()
    if not planned.epochs:
        return (
            f"{how_many}. Float weights, calibrated and not trained: the bits alone decide. "
            "The published search has no place here: it trains in every round."
        )
    given = methods.PUBLISHED_SCHEDULE
    return (
        f"{how_many}. An allocation that is kept was trained for {planned.search_steps} steps from "
        f"the float network, for {PROOF_STEPS} more, and for {planned.epochs:g} epochs then; of "
        "these three its weights of least divergence count. The column of epochs has all three for "
        "given bits, and what led to the weights kept for a search. The published search was given "
        "a schedule smaller than its own, about equal to the others': at most "
        f"{given['cluster_rounds']} rounds of {given['cluster_epochs']:g} epochs, at most "
        f"{given['refine_rounds']} of {given['refine_epochs']:g}, and the same fine-tuning."
    )


def _seed_count(figures: Figures, stage: str) -> str:
    seeds = {len(p.seeds) for points in figures.points[stage].values() for p in points}
    if seeds == {1}:
        return "one seed"
    fewer = f"; where the table says so, {min(seeds)}" if len(seeds) > 1 else ""
    return f"{max(seeds)} seeds{fewer}"


def _sensitivity(figures: Figures) -> list[str]:
    explained = (
        "Measured loss: the test accuracy of the float weights, calibrated at 8 bits, less that "
        f"with one layer alone at {PLAN.sensitive_bits} bits, for each of "
        f"{len(figures.layer_losses)} layers. Metrics look at {figures.sensitivity_images} "
        "training images or at the weights alone. Spearman's rank correlation; p is that of no "
        "correlation."
    )
    return [
        "## Which statistic ranks the layers",
        explained,
        "![Rank correlations of the metrics](resnet20/sensitivity.svg)",
        listed(ranking(figures.sensitivity)),
        rank_table(figures.sensitivity).markdown(),
    ]


def _method(figures: Figures) -> list[str]:
    test, validation = (count(figures.images[name]) for name in ("test", "validation"))
    accuracy = (
        f"Accuracy is that of all {test} test images, fake-quantized in floating point; the column "
        "'in integers' is the exported network in pure integer arithmetic. Test images take no "
        "decision."
    )
    decisions = (
        f"Decisions are taken on {validation} validation images, held out of the training images. "
        "The float network has seen them in its own training, so its accuracy there "
        f"({100 * figures.float_network.validation:.2f} %) is not comparable with that on the test "
        "images; nothing but ranking hangs on them."
    )
    return [
        accuracy,
        decisions,
        "Deviations are over seeds of the training. The float network is one and the same.",
        *_spread(figures),
        "Data: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009.",
        *(f"{name} is left out: its package is not installed." for name in figures.left_out),
    ]


def _spread(figures: Figures) -> list[str]:
    """What a lead of one seed over another is worth."""
    known = [p.drop_deviation for p in figures.points[MAIN][methods.SIGMAQUANT]]
    deviations = [deviation for deviation in known if deviation is not None]
    if not deviations:
        return []
    spread = percent(max(deviations), 2)
    said = (
        f"Seeds of one method and budget deviate by {spread}: between methods of one seed each, "
        "differences of up to about twice as much say little."
    )
    return [said]
