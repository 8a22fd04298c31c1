"""Steps for tests, importable by the processes that run them."""

import os
import time
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from sigmaquant.errors import StoreError
from sigmaquant.step import Context, Step


class Number(BaseModel):
    value: int


def step(name: str, function, *needs: Step, inputs=None, artifacts=()) -> Step[Number]:
    return Step(
        name=name,
        title=name.capitalize(),
        result=Number,
        compute=function,
        inputs=inputs or {},
        needs=needs,
        artifacts=artifacts,
    )


def one(context: Context) -> Number:
    """Counts its runs in its folder, so that a test sees how often it really ran."""
    runs = context.folder / "runs"
    runs.write_text(f"{int(runs.read_text()) + 1 if runs.exists() else 1}")
    context.progress("work", 1, 1)
    return Number(value=1)


def with_artifact(context: Context) -> Number:
    (context.folder / "data.bin").write_bytes(b"precious")
    return one(context)


def add(terms: tuple[Step[Number], ...], context: Context) -> Number:
    return Number(value=sum(context.result(term).value for term in terms))


def total(name: str, *terms: Step[Number]) -> Step[Number]:
    return step(name, partial(add, terms), *terms)


def refuse(_: Context) -> Number:
    raise StoreError("no such thing; get one")


def stumble(_: Context) -> Number:
    raise ZeroDivisionError("a bug")


class UnportableError(Exception):
    def __init__(self, one: int, two: int):
        super().__init__(f"{one} {two}")


def unportable(_: Context) -> Number:
    raise UnportableError(1, 2)


def die(_: Context) -> Number:
    os._exit(9)


def sleep(context: Context) -> Number:
    """Leaves its process number where a test finds it, and partial work."""
    (context.folder / "pid").write_text(str(os.getpid()))
    time.sleep(60)
    return Number(value=0)


def resume(context: Context) -> Number:
    """Stops in the middle of the first run, and finds its work in the second."""
    partial_work = context.folder / "half"
    if partial_work.exists():
        return Number(value=int(partial_work.read_text()) + 1)
    partial_work.write_text("41")
    raise KeyboardInterrupt


def meet(path: Path, context: Context) -> Number:
    """Ends only when as many steps run at the same time as `path` names."""
    (path / str(os.getpid())).touch()
    deadline = time.monotonic() + 30
    while len(list(path.iterdir())) < 2:
        if time.monotonic() > deadline:
            raise StoreError("the other step never came")
        time.sleep(0.02)
    return one(context)
