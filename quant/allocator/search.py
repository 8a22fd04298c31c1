"""What the phases share: the evaluator, the space, the budgets, and the record of the way."""

from collections.abc import Mapping, Sequence

from quant.allocator.assign import assign
from quant.allocator.costs import Budget, weight_bytes
from quant.allocator.evaluator import Evaluation, Evaluator
from quant.allocator.result import CLUSTER, Round
from quant.allocator.settings import AllocatorSettings
from quant.allocator.space import SearchSpace
from quant.allocator.zones import Zone, accuracy_met, classify, violation
from quant.integer_network import MAX_BITS
from quant.model import size_ratio


class Search:
    """One search in progress; `rounds` and `evaluations` grow with every evaluation.

    `budgets` are those on costs, the one on weight size first where the settings have one.
    SettingsError where no allocation of the space meets them.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        settings: AllocatorSettings,
        budgets: Sequence[Budget] = (),
    ) -> None:
        self.evaluator = evaluator
        self.settings = settings
        self.space = SearchSpace(
            evaluator.counts, settings.widths, pins=settings.pins, tied=settings.tied
        )
        size = [size_budget(self.space, settings.size)] if settings.size < 1 else []
        self.budgets = (*size, *budgets)
        # Any scores will do to find out whether the budgets can be met, one by one and together.
        nothing = {name: dict.fromkeys(self.widths, 0.0) for name in self.space.counts}
        assign(nothing, self.space, self.budgets)
        self.float_accuracy = evaluator.float_accuracy(evaluator.data.validation)
        self.rounds: list[Round] = []
        self.evaluations: list[Evaluation] = []

    def start(self) -> Evaluation:
        """Evaluate the network at the widest widths, calibrated but not trained."""
        return self.evaluate(
            self.space.highest(),
            parent=None,
            epochs=0,
            phase=CLUSTER,
            number=0,
            action="start at the widest widths",
        )

    def evaluate(
        self,
        bits: Mapping[str, int],
        *,
        parent: Evaluation | None,
        epochs: float,
        phase: int,
        number: int,
        action: str,
    ) -> Evaluation:
        """Evaluate `bits` from `parent` and write the round down."""
        label = f"phase {phase} round {number}: {action}"
        evaluation = self.evaluator.evaluate(bits, parent=parent, epochs=epochs, label=label)
        self.evaluations.append(evaluation)
        self.rounds.append(
            Round(
                phase=phase,
                round=number,
                bits=evaluation.bits,
                accuracy=evaluation.accuracy,
                divergence=evaluation.divergence,
                size_ratio=evaluation.size_ratio,
                zone=self.zone(evaluation).value,
                action=action,
                qat_epochs=epochs,
                seconds=evaluation.seconds,
                evaluation=evaluation.key,
            )
        )
        return evaluation

    @property
    def widths(self) -> tuple[int, ...]:
        """Every width that a layer may have, pins included."""
        return tuple(sorted({*self.space.widths, *self.space.pins.values()}))

    def drop(self, evaluation: Evaluation) -> float:
        """Return the loss of validation accuracy against the float network."""
        return self.float_accuracy - evaluation.accuracy

    def zone(self, evaluation: Evaluation) -> Zone:
        """Return the zone in which `evaluation` lies."""
        return classify(self.drop(evaluation), self.load(evaluation.bits), self.settings)

    def met(self, evaluation: Evaluation) -> bool:
        """Return whether all budgets hold."""
        return self.accuracy_met(evaluation) and self.size_met(evaluation)

    def accuracy_met(self, evaluation: Evaluation) -> bool:
        """Return whether the accuracy budget holds."""
        return accuracy_met(self.drop(evaluation), self.settings)

    def size_met(self, evaluation: Evaluation) -> bool:
        """Return whether the budgets on costs hold."""
        return self.fits(evaluation.bits)

    def fits(self, bits: Mapping[str, int]) -> bool:
        """Return whether `bits` would be within all budgets on costs."""
        return all(budget.met(bits) for budget in self.budgets)

    def load(self, bits: Mapping[str, int]) -> float:
        """Return the size ratio of `bits`, or that of an equal strain on a tighter cost.

        The zones have one axis for all costs: each counts as its share of its own limit.
        """
        size = size_ratio(self.evaluator.counts, bits)
        shares = [budget.cost.of(bits) / budget.limit for budget in self.budgets]
        return max(size, *(share * self.settings.size for share in shares), 0.0)

    def violation(self, evaluation: Evaluation) -> float:
        """Return how far `evaluation` lies beyond the budgets; 0 where all hold."""
        return violation(self.drop(evaluation), self.load(evaluation.bits), self.settings)

    def reached(self) -> str:
        """Say what the search came to: the two ends of the frontier that it saw."""
        accurate = [e for e in self.evaluations if self.accuracy_met(e)]
        small = [e for e in self.evaluations if self.size_met(e)]
        costs = " and ".join(budget.cost.name for budget in self.budgets) or "size"
        smallest = (
            f"smallest size within the accuracy budget {min(e.size_ratio for e in accurate):.1%} "
            "of INT8"
            if accurate
            else "no allocation within the accuracy budget; its best drop "
            f"{min(self.drop(e) for e in self.evaluations):.2%}"
        )
        best = (
            f"best drop within the budget on {costs} {min(self.drop(e) for e in small):.2%}"
            if small
            else f"no allocation within the budget on {costs}; its smallest "
            f"{min(e.size_ratio for e in self.evaluations):.1%} of INT8"
        )
        return f"{smallest}; {best}"


def size_budget(space: SearchSpace, ratio: float) -> Budget:
    """Return the budget of weight bytes that is `ratio` of uniform 8 bits."""
    widths = sorted({*space.widths, *space.pins.values(), MAX_BITS})
    cost = weight_bytes(space.counts, widths)
    return Budget(cost, ratio * cost.of(dict.fromkeys(space.counts, MAX_BITS)))
