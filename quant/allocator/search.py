"""What the two phases share: the evaluator, the budgets, and the record of the way."""

from collections.abc import Mapping

from quant.allocator.evaluator import Evaluation, Evaluator
from quant.allocator.result import Round
from quant.allocator.settings import AllocatorSettings
from quant.allocator.zones import Zone, accuracy_met, classify, size_met, violation
from quant.model import size_ratio


class Search:
    """One search in progress; `rounds` and `evaluations` grow with every evaluation."""

    def __init__(self, evaluator: Evaluator, settings: AllocatorSettings) -> None:
        self.evaluator = evaluator
        self.settings = settings
        self.float_accuracy = evaluator.float_accuracy(evaluator.data.validation)
        self.rounds: list[Round] = []
        self.evaluations: list[Evaluation] = []

    def evaluate(
        self,
        bits: Mapping[str, int],
        *,
        parent: Evaluation | None,
        epochs: int,
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
                size_ratio=evaluation.size_ratio,
                zone=self.zone(evaluation).value,
                action=action,
                qat_epochs=epochs,
                seconds=evaluation.seconds,
                evaluation=evaluation.key,
            )
        )
        return evaluation

    def drop(self, evaluation: Evaluation) -> float:
        """Return the loss of validation accuracy against the float network."""
        return self.float_accuracy - evaluation.accuracy

    def zone(self, evaluation: Evaluation) -> Zone:
        """Return the zone in which `evaluation` lies."""
        return classify(self.drop(evaluation), evaluation.size_ratio, self.settings)

    def accuracy_met(self, evaluation: Evaluation) -> bool:
        """Return whether the accuracy budget holds."""
        return accuracy_met(self.drop(evaluation), self.settings)

    def size_met(self, evaluation: Evaluation) -> bool:
        """Return whether the size budget holds."""
        return size_met(evaluation.size_ratio, self.settings)

    def fits(self, bits: Mapping[str, int]) -> bool:
        """Return whether `bits` would be within the size budget."""
        return size_met(size_ratio(self.evaluator.counts, bits), self.settings)

    def violation(self, evaluation: Evaluation) -> float:
        """Return how far `evaluation` lies beyond the budgets; 0 where both hold."""
        return violation(self.drop(evaluation), evaluation.size_ratio, self.settings)

    def reached(self) -> str:
        """Say what the search came to: the two ends of the frontier that it saw."""
        accurate = [e for e in self.evaluations if self.accuracy_met(e)]
        small = [e for e in self.evaluations if self.size_met(e)]
        smallest = (
            f"smallest size within the accuracy budget {min(e.size_ratio for e in accurate):.1%} "
            "of INT8"
            if accurate
            else "no allocation within the accuracy budget; its best drop "
            f"{min(self.drop(e) for e in self.evaluations):.2%}"
        )
        best = (
            f"best drop within the size budget {min(self.drop(e) for e in small):.2%}"
            if small
            else "no allocation within the size budget; its smallest "
            f"{min(e.size_ratio for e in self.evaluations):.1%} of INT8"
        )
        return f"{smallest}; {best}"
