"""The plan is a promise: what it says is pinned."""

from quant.allocator import AllocatorSettings
from sigmaquant import methods
from sigmaquant.config import Configuration
from sigmaquant.resnet20_plan import COMPARISON, MAIN, PLAN, PROOF_STEPS, UNTRAINED


def test_targets_are_three_sizes_with_their_drops():
    assert [(each.mean_bits, each.accuracy_drop) for each in PLAN.targets] == [
        (3.2, 0.003),
        (2.5, 0.008),
        (2.25, 0.012),
    ]
    assert [each.size_ratio for each in PLAN.targets] == [0.4, 0.3125, 0.28125]
    assert PLAN.widths == (2, 3, 4, 5, 6, 7, 8)


def test_the_main_points_have_full_fine_tuning_and_three_seeds_at_the_largest_size():
    main = PLAN.stage(MAIN)
    assert main.methods == ("sigmaquant",)
    assert main.seeds_of("sigmaquant", 3.2) == (1, 2, 3)
    assert main.seeds_of("sigmaquant", 2.5) == main.seeds_of("sigmaquant", 2.25) == (1,)
    assert (main.search_steps, main.epochs, main.search_rounds) == (100, 4.0, None)


def test_the_comparison_trains_all_alike():
    stage = PLAN.stage(COMPARISON)
    assert set(stage.methods) == {
        *("sigmaquant", "published", "layer_mse", "hessian", "entropy", "random", "modelopt")
    }
    assert (stage.uniform, stage.seeds) == ((2, 3, 4, 6, 8), (1, 2, 3))
    assert (stage.search_steps, stage.epochs) == (100, 0.5)
    single = {method for method in stage.methods if stage.seeds_of(method, 2.5) == (1,)}
    assert single == {"published", "entropy", "random"}
    assert stage.seeds_of("hessian", 2.25) == (1, 2, 3)
    assert stage.seeds_of("uniform", None) == stage.seeds_of("hessian", 3.2) == (1,)
    assert AllocatorSettings().proof_steps == PROOF_STEPS


def test_the_last_stage_trains_nothing():
    stage, trained = PLAN.stage(UNTRAINED), PLAN.stage(COMPARISON)
    assert {*stage.methods, "published"} == {*trained.methods}
    assert stage.sizes == trained.sizes == (3.2, 2.5, 2.25)
    assert stage.uniform == trained.uniform
    assert (stage.search_steps, stage.search_rounds, stage.epochs) == (0, 0, 0)


def test_epochs_are_floats_as_the_command_line_s_are():
    # Keys of the store tell 4 from 4.0.
    assert {type(stage.epochs) for stage in PLAN.stages} == {float}
    assert isinstance(Configuration.load(None, {"epochs": "4"}).epochs, float)


def test_all_methods_are_known():
    assert methods.check(PLAN.methods) == PLAN.methods
