"""What a search hands to the fine-tuning."""

from dataclasses import dataclass

from quant.allocator.evaluator import Evaluation


@dataclass(frozen=True, kw_only=True)
class Refined:
    """The best evaluation that the search saw, and in a few words why it ended."""

    evaluation: Evaluation
    ending: str
