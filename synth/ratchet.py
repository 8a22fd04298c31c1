"""Limits that figures may not cross, in a committed file: a figure once reached is kept.

{"limits": [{"metric": "area_um2", "compare": "<=", "value": 7000.0}, ...],
 "netlist_sha256": {"array-tiny": "..."}}

A netlist's checksum is a note, not a limit: another netlist may be as good.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from math import isfinite
from pathlib import Path
from typing import Literal

from synth.errors import SynthesisInputError

# Significant digits of limits.
_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A metric, and the value that it may at most ("<=") or has to at least (">=") have."""

    metric: str
    compare: Literal["<=", ">="]
    value: float

    def allows(self, figure: float) -> bool:
        """Whether `figure` is within the limit."""
        return figure <= self.value if self.compare == "<=" else figure >= self.value

    def tightened(self, figure: float) -> "Limit":
        """The limit at `figure`, rounded away from it, or as it is where that would loosen it."""
        if not isfinite(figure) or not self.allows(figure):
            return self
        rounding = ROUND_CEILING if self.compare == "<=" else ROUND_FLOOR
        context = Context(prec=_DIGITS, rounding=rounding)
        rounded = float(context.create_decimal_from_float(figure))
        tighter = rounded < self.value if self.compare == "<=" else rounded > self.value
        return replace(self, value=rounded) if tighter else self


@dataclass(frozen=True, kw_only=True)
class Ratchet:
    """The limits of a file, and the checksums of netlists that were seen when it was written."""

    limits: tuple[Limit, ...]
    netlists: Mapping[str, str]

    def violations(self, figures: Mapping[str, float]) -> list[str]:
        """One line for every limit that is crossed, every metric without a figure or a limit."""
        found = []
        for limit in self.limits:
            if limit.metric not in figures:
                found.append(f"{limit.metric}: no figure; a metric that is missing is no success")
            elif not isfinite(figures[limit.metric]) or not limit.allows(figures[limit.metric]):
                found.append(
                    f"{limit.metric}: {figures[limit.metric]:.{_DIGITS}g} is not {limit.compare} "
                    f"{limit.value:.{_DIGITS}g}"
                )
        known = {limit.metric for limit in self.limits}
        return found + [f"{metric}: has no limit" for metric in figures if metric not in known]

    def changed(self, netlists: Mapping[str, str]) -> list[str]:
        """Names of netlists that are not those of the file."""
        return [name for name, sha256 in netlists.items() if self.netlists.get(name) != sha256]

    def tightened(self, figures: Mapping[str, float], netlists: Mapping[str, str]) -> "Ratchet":
        """Every limit at its figure, where that is tighter; checksums as they are now."""
        return Ratchet(
            limits=tuple(
                limit.tightened(figures[limit.metric]) if limit.metric in figures else limit
                for limit in self.limits
            ),
            netlists=dict(netlists),
        )

    def save(self, path: Path) -> None:
        """Write the file."""
        content = {
            "limits": [asdict(limit) for limit in self.limits],
            "netlist_sha256": dict(self.netlists),
        }
        path.write_text(json.dumps(content, indent=1) + "\n")


def load(path: Path) -> Ratchet:
    """Read the file; SynthesisInputError where it is not one."""
    try:
        content = json.loads(path.read_text())
        limits = tuple(Limit(**limit) for limit in content["limits"])
        ratchet = Ratchet(limits=limits, netlists=content["netlist_sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SynthesisInputError(
            f"{path}: not a file of limits ({error}); take the committed one back"
        ) from error
    _check(path, limits)
    return ratchet


def _check(path: Path, limits: Sequence[Limit]) -> None:
    metrics = [limit.metric for limit in limits]
    wrong = [limit.metric for limit in limits if limit.compare not in ("<=", ">=")]
    if wrong or len(set(metrics)) != len(metrics) or not limits:
        raise SynthesisInputError(
            f"{path}: every metric needs one limit that is <= or >=; see {wrong or metrics}"
        )
