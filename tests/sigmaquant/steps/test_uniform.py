from pathlib import Path

from sigmaquant.config import Configuration
from sigmaquant.results import UniformPoint
from sigmaquant.steps import uniform
from sigmaquant.store import Place
from sigmaquant.worker import StoreContext


def test_narrow_widths_for_one_seed_and_int8_for_all():
    steps = uniform.steps(Configuration(seeds=(3, 5)))
    assert [step.name for step in steps] == [
        *(f"uniform-{bits}bit-seed3" for bits in (8, 6, 4, 2)),
        "uniform-8bit-seed5",
    ]


def test_a_point_is_trained_as_an_allocation_is(tmp_path: Path):
    configuration = Configuration(seeds=(1,), search_steps=2, epochs=0.2, build=tmp_path)
    step = next(s for s in uniform.steps(configuration) if s.name == "uniform-4bit-seed1")
    context = StoreContext({step.name: Place(tmp_path, {})}, tmp_path, lambda *_: None)
    found = step.compute(context)
    assert isinstance(found, UniformPoint)
    assert (found.bits, found.seed, found.size_ratio) == (4, 1, 0.5)
    assert found.qat_epochs > 0.2
    assert found.accuracy.test > 0.5
