"""From the results of the plan's steps to the figures of its record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sigmaquant import methods
from sigmaquant.fronts import FrontPoint, accuracy_at, cost_at, deviation
from sigmaquant.point_results import IntegerResult, PointResult, SensitivityResult
from sigmaquant.resnet20_plan import COMPARISON, MAIN, UNTRAINED, Plan
from sigmaquant.resnet20_record import (
    Bar,
    EqualAccuracy,
    EqualSize,
    Figures,
    Headlines,
    PointFigure,
    search_effort,
)
from sigmaquant.results import FloatResult

SLACK = 1e-9  # counts over counts: rounding must not decide


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One point with the seeds that were run; integers where they were made."""

    stage: str
    method: str
    budget_bits: float | None
    results: tuple[PointResult, ...]
    integers: tuple[IntegerResult, ...] = ()


def figures(
    plan: Plan,
    start: FloatResult,
    measured: Sequence[Measured],
    study: SensitivityResult,
    left_out: list[str],
) -> Figures:
    """All figures of the record."""
    points: dict[str, dict[str, list[PointFigure]]] = {}
    for each in measured:
        stage = points.setdefault(each.stage, {})
        stage.setdefault(methods.family(each.method), []).append(_figure(each, start))
    main = [result for each in measured if each.stage == MAIN for result in each.results]
    search = search_effort([result.search for result in main if result.search])
    against = headlines({stage: points[stage] for stage in (COMPARISON, UNTRAINED)})
    return Figures(
        float=start.accuracy,
        images=start.images,
        points=points,
        left_out=left_out,
        search=search,
        headlines=against,
        layer_losses=study.losses,
        sensitivity=study.metrics,
        sensitivity_images=study.images,
        bars=[
            *bars(plan, points[MAIN][methods.SIGMAQUANT]),
            _bar("search, epochs of training", plan.search_epochs, search.qat_epochs),
            _bar("search, CPU minutes", plan.search_minutes, search.cpu_minutes),
            *uniform_bars(plan, against),
        ],
        cpu_minutes=_cpu_minutes([result for each in measured for result in each.results]),
    )


def _figure(measured: Measured, start: FloatResult) -> PointFigure:
    results = measured.results
    accuracy = [result.accuracy.test for result in results]
    return PointFigure(
        budget_bits=measured.budget_bits,
        mean_bits=fmean(result.mean_bits for result in results),
        size_ratio=fmean(result.size_ratio for result in results),
        seeds=[result.seed for result in results],
        accuracy=accuracy,
        drop=start.accuracy.test - fmean(accuracy),
        drop_deviation=deviation(accuracy),
        qat_epochs=fmean(result.qat_epochs for result in results),
        cpu_minutes=fmean(result.cpu_seconds for result in results) / 60,
        bits=results[0].bits,
        golden_accuracy=[each.golden_accuracy for each in measured.integers],
        code_difference=max((each.code_difference for each in measured.integers), default=None),
    )


def headlines(stages: Mapping[str, Mapping[str, Sequence[PointFigure]]]) -> Headlines:
    """SigmaQuant against the straight lines between the uniform widths of every stage."""
    sizes: dict[str, list[EqualSize]] = {}
    accuracies: dict[str, list[EqualAccuracy]] = {}
    for name, stage in stages.items():
        ours = [(_budget(point), point.front) for point in stage[methods.SIGMAQUANT]]
        uniform = sorted((p.front for p in stage[methods.UNIFORM]), key=lambda p: p.cost)
        sizes[name] = [_equal_size(budget, point, uniform) for budget, point in ours]
        accuracies[name] = [_equal_accuracy(budget, point, uniform) for budget, point in ours]
    return Headlines(gain_at_equal_size=sizes, size_at_equal_accuracy=accuracies)


def _budget(point: PointFigure) -> float:
    return point.mean_bits if point.budget_bits is None else point.budget_bits


def _equal_size(budget: float, point: FrontPoint, uniform: Sequence[FrontPoint]) -> EqualSize:
    other = accuracy_at(uniform, point.cost)
    gain = None if other is None else point.mean - other
    return EqualSize(budget_bits=budget, mean_bits=point.cost, gain=gain)


def _equal_accuracy(
    budget: float, point: FrontPoint, uniform: Sequence[FrontPoint]
) -> EqualAccuracy:
    bits = cost_at(uniform, point.mean)
    return EqualAccuracy(
        budget_bits=budget,
        mean_bits=point.cost,
        uniform_bits=bits,
        saving=None if bits is None else 1 - point.cost / bits,
    )


def bars(plan: Plan, main: Sequence[PointFigure]) -> list[Bar]:
    """What the plan demands of the main points, met or not."""
    found: list[Bar] = []
    for target, point in zip(plan.targets, main, strict=True):
        found += [
            _bar(f"mean bits, budget {target.label}", target.mean_bits, point.mean_bits),
            _bar(f"accuracy drop at {target.label}", target.accuracy_drop, point.drop),
        ]
    golden = max(
        abs(golden - accuracy)
        for point in main
        for golden, accuracy in zip(point.golden_accuracy, point.accuracy, strict=True)
    )
    codes = max(point.code_difference or 0 for point in main)
    return [
        *found,
        _bar("accuracy in integers, difference", plan.golden_slack, golden),
        _bar("codes of a layer in integers, difference", plan.code_slack, codes),
    ]


def uniform_bars(plan: Plan, against: Headlines) -> list[Bar]:
    """The paper's two headlines against uniform bits: the best size of each stage."""
    found = []
    for stage, sizes in against.gain_at_equal_size.items():
        gain = max((size.gain for size in sizes if size.gain is not None), default=None)
        found.append(
            Bar(
                name=f"best accuracy gain over uniform, {stage}",
                limit=plan.uniform_gain,
                value=gain,
                met=gain is not None and gain >= plan.uniform_gain - SLACK,
                at_least=True,
            )
        )
    for stage, sizes in against.size_at_equal_accuracy.items():
        saved = max((size.saving for size in sizes if size.saving is not None), default=None)
        share = None if saved is None else 1 - saved
        met = share is not None and share <= plan.uniform_share + SLACK
        name = f"least share of uniform's size, {stage}"
        found.append(Bar(name=name, limit=plan.uniform_share, value=share, met=met))
    return found


def _bar(name: str, limit: float, value: float) -> Bar:
    return Bar(name=name, limit=limit, value=value, met=value <= limit + SLACK)


def _cpu_minutes(results: Iterable[PointResult]) -> float:
    searches, training = set(), 0.0
    for result in results:
        training += result.cpu_seconds
        if result.search:
            key = (result.method, result.size_budget, result.seed, result.search.qat_epochs)
            searches.add((*key, result.search.cpu_seconds))
    return (training + sum(each[-1] for each in searches)) / 60
