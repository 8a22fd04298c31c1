"""The base of all results."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen record. A room may add fields to what it returns without breaking the front door."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
