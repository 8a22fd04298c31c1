"""A step of a run: what it needs, what it depends on, and the function that computes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from quant.progress import Progress
from sigmaquant import provenance

Result = TypeVar("Result", bound=BaseModel)


class Context(Protocol):
    """What a step's function may use while it runs."""

    @property
    def folder(self) -> Path:
        """Where the step works. It outlives an interruption: partial work here is resumed."""
        ...

    @property
    def progress(self) -> Progress:
        """Reports (label, done, total)."""
        ...

    def result(self, step: "Step[Result]", /) -> Result:
        """The stored result of a step this one needs."""
        ...

    def folder_of(self, step: "Step[Any]", /) -> Path:
        """The folder of a step this one needs: its artifacts lie there."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Step(Generic[Result]):
    """One piece of work whose result is stored under a hash of everything it depends on.

    A step runs in a process of its own, so all of it can be pickled: `compute` is a module's
    function, or a partial of one.

    Parameters:
        name: folder name, unique in a run, such as `allocate-seed1`.
        title: what the terminal shows.
        result: pydantic model of the result.
        compute: the work. Called only when no result is stored.
        inputs: JSON values the result depends on (the part of the configuration it reads).
        needs: steps whose results or artifacts it reads.
        sources: packages and modules whose code it depends on.
        distributions: installed distributions whose version it depends on.
        artifacts: files it leaves in its folder besides the result; checked before reuse.
    """

    name: str
    title: str
    result: type[Result]
    compute: Callable[[Context], Result]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple["Step[Any]", ...] = ()
    sources: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()

    def ingredients(self) -> dict[str, Any]:
        """Everything the result depends on, as JSON; a step needed appears by its own key."""
        return {
            "step": self.name,
            "inputs": dict(self.inputs),
            "needs": {step.name: step.key() for step in self.needs},
            "sources": {name: provenance.source_sha256(name) for name in self.sources},
            "versions": provenance.versions(self.distributions)
            | {"python": provenance.python_series()},
        }

    def key(self) -> str:
        """SHA-256 of the ingredients: equal key, equal result."""
        return provenance.json_sha256(self.ingredients())


def in_order(*goals: Step[Any]) -> list[Step[Any]]:
    """The goals and all they need, each name once, needs first."""
    ordered: dict[str, Step[Any]] = {}

    def visit(step: Step[Any]) -> None:
        if step.name not in ordered:
            for need in step.needs:
                visit(need)
            ordered[step.name] = step

    for goal in goals:
        visit(goal)
    return list(ordered.values())
