"""What a search came to, in costs and along the way, as validated records."""

from sigmaquant.record import Record


class Cost(Record):
    """What the allocation costs in one of the units that have a budget, `limit`."""

    name: str
    unit: str
    value: float
    limit: float

    @property
    def met(self) -> bool:
        """Whether the cost is within its limit."""
        return self.value <= self.limit


class FrontierPoint(Record):
    """An allocation of the search that none other beats in size and validation accuracy."""

    size_ratio: float
    mean_bits: float
    drop: float
    bits: dict[str, int]


class SearchCost(Record):
    """What the search took before the last fine-tuning: training, and processor seconds."""

    qat_epochs: float
    cpu_seconds: float
