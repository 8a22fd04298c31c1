"""From what the allocator returns to the fields of a point."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quant.allocator import Allocation, Round, Trained


def of_trained(trained: "Trained") -> dict[str, Any]:
    """The fields of bits that were given before any training."""
    from quant.integer_network import MAX_BITS

    return asdict(trained) | {"mean_bits": MAX_BITS * trained.size_ratio}


def of_allocation(allocation: "Allocation") -> dict[str, Any]:
    """The fields of bits that a search with training found."""
    final, rounds = allocation.final, training(allocation)
    return {
        "bits": allocation.bits,
        "mean_bits": final.mean_bits,
        "size_ratio": final.size_ratio,
        "accuracy": {"validation": final.validation_accuracy, "test": final.test_accuracy},
        "divergence": rounds[-1].divergence,
        "qat_epochs": sum(each.qat_epochs for each in rounds),
        "cpu_seconds": round(sum(each.seconds for each in rounds), 1),
        "search": asdict(allocation.search),
        "met": allocation.met,
        "reason": allocation.reason,
        "evaluation": final.evaluation,
    }


def training(allocation: "Allocation") -> "list[Round]":
    """The rounds whose training is in the weights that were kept, those last.

    The measured search trains each allocation from the float network, some twice; the published one
    goes on from the weights before: there it is every round up to the one kept, of which a return
    to the best allocation may have dropped some.
    """
    from quant.allocator.result import FINAL

    rounds = list(allocation.trajectory)
    keys = [each.evaluation for each in rounds]
    kept = rounds[keys.index(allocation.final.evaluation)]
    searched = [each for each in rounds if each.phase != FINAL]
    found = max(i for i, each in enumerate(searched) if each.bits == kept.bits)
    if allocation.settings.mode == "published":
        searched = searched[: found + 1]
    else:
        searched = [each for each in searched if each.bits == kept.bits]
    return searched + ([kept] if kept.phase == FINAL else [])
