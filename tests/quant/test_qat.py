import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from quant.data import Split, Splits
from quant.errors import DataError, SettingsError, TrainingError
from quant.evaluate import accuracy
from quant.model import QuantizedModel, prepare
from quant.networks.digits import load_pretrained
from quant.progress import Progress
from quant.qat import QatSettings, train_quantized


def trained(
    network: nn.Module, data: Splits, *, seed: int = 1, share: float = 0.5
) -> QuantizedModel:
    model = prepare(network, torch.zeros(1, 1, 8, 8))
    model.set_bits(dict.fromkeys(model.bits, 2))
    settings = QatSettings(distillation=share)
    train_quantized(model, network, data, settings, epochs=1, seed=seed)
    return model


def test_one_seed_one_result_whatever_the_threads(small_net: nn.Module, small_data: Splits) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        first = trained(small_net, small_data).snapshot()
        torch.set_num_threads(2)
        second = trained(small_net, small_data).snapshot()
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(value, second[key]) for key, value in first.items())
    other = trained(small_net, small_data, seed=2).snapshot()
    assert not all(torch.equal(value, other[key]) for key, value in first.items())


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_two_bits_recover_by_training(small_data: Splits, share: float) -> None:
    network = load_pretrained()
    model = prepare(network, torch.zeros(1, 1, 8, 8))
    model.set_bits(dict.fromkeys(model.bits, 2))
    settings = QatSettings(distillation=share)
    losses = []
    for epochs in (0, 3):
        train_quantized(model, network, small_data, settings, epochs=epochs, seed=1)
        with torch.no_grad():
            outputs = model(torch.from_numpy(small_data.validation.images))
        labels = torch.from_numpy(small_data.validation.labels)
        losses.append(float(nn.functional.cross_entropy(outputs, labels)))
    assert losses[1] < 0.6 * losses[0]
    assert accuracy(model, small_data.validation) > 0.95
    assert not model.training


def test_steps_and_weights_learn_and_the_teacher_does_not(
    small_net: nn.Module, small_data: Splits
) -> None:
    before = {key: value.clone() for key, value in small_net.state_dict().items()}
    untrained = prepare(small_net, torch.zeros(1, 1, 8, 8))
    untrained.set_bits(dict.fromkeys(untrained.bits, 2))
    for name, unit in trained(small_net, small_data).mac_units.items():
        fresh = untrained.mac_units[name]
        assert not torch.equal(unit.float_weight, fresh.float_weight)
        assert not torch.equal(unit.weight_quantizer.step, fresh.weight_quantizer.step)
        assert unit.norm is None or (unit.norm.weight > 0).all()
    assert all(torch.equal(value, before[key]) for key, value in small_net.state_dict().items())


def test_progress_hears_of_the_steps(small_net: nn.Module, small_data: Splits) -> None:
    model, heard = prepare(small_net, torch.zeros(1, 1, 8, 8)), []
    train_quantized(
        model,
        small_net,
        small_data,
        QatSettings(),
        epochs=1.5,
        seed=1,
        label="work",
        progress=lambda *event: heard.append(event),
    )
    assert heard == [("work", step, 6) for step in range(1, 7)]


def test_a_rate_that_diverges_is_named_with_the_work(
    small_net: nn.Module, small_data: Splits
) -> None:
    model, settings = prepare(small_net, torch.zeros(1, 1, 8, 8)), QatSettings(rate=1e36)
    match = r"training diverged in round 3: lower qat.rate \(after training: 'units.* values that"
    with pytest.raises(TrainingError, match=match):
        train_quantized(model, small_net, small_data, settings, epochs=1, seed=1, label="round 3")


def test_tensors_that_training_made_infinite(small_net: nn.Module, small_data: Splits) -> None:
    model = prepare(small_net, torch.zeros(1, 1, 8, 8))

    def break_a_mean(*_: object) -> None:
        model.get_buffer("units.0_first.norm.running_mean").fill_(torch.nan)
        model.get_parameter("units.0_first.norm.bias").data.fill_(3e38)
        model.get_parameter("units.0_first.norm.weight").data.fill_(3e38)

    match = r"training diverged in round 3: lower qat.rate \(tensor 'first' takes values that are"
    with pytest.raises(TrainingError, match=match):
        train_quantized(
            model,
            small_net,
            small_data,
            QatSettings(),
            epochs=0.25,
            seed=1,
            label="round 3",
            progress=break_a_mean,
        )


def test_weights_that_training_made_infinite(small_net: nn.Module, small_data: Splits) -> None:
    model, teacher = prepare(small_net, torch.zeros(1, 1, 8, 8)), copy.deepcopy(small_net)
    with torch.no_grad():
        teacher.get_parameter("classifier.bias")[0] = torch.nan  # makes every gradient so
    match = r"training diverged in round 3: .* \(after training: 'units.* values that are NaN"
    with pytest.raises(TrainingError, match=match):
        train_quantized(
            model, teacher, small_data, QatSettings(), epochs=1, seed=1, label="round 3"
        )


@pytest.mark.parametrize("settings", [QatSettings(), QatSettings(precision="bfloat16")])
@pytest.mark.parametrize("events", [1, 5, 7])
def test_a_stopped_training_goes_on_to_the_same_weights(
    small_net: nn.Module,
    small_data: Splits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: QatSettings,
    events: int,
) -> None:
    monkeypatch.setattr("quant.qat._SAVE_SECONDS", 0.0)
    heard: list[int] = []

    def stop(label: str, done: int, total: int) -> None:
        del label, total
        heard.append(done)
        if len(heard) == events:
            raise KeyboardInterrupt

    def train(resume: Path | None, progress: Progress | None = None) -> QuantizedModel:
        model = prepare(small_net, torch.zeros(1, 1, 8, 8))
        model.set_bits(dict.fromkeys(model.bits, 2))
        train_quantized(
            model,
            small_net,
            small_data,
            settings,
            epochs=2,
            seed=1,
            progress=progress,
            resume=resume,
        )
        return model

    path = tmp_path / "state" / "training"
    with pytest.raises(KeyboardInterrupt):
        train(path, stop)
    assert path.exists() == (events >= 5)
    resumed = train(path, lambda *event: heard.append(event[1])).snapshot()
    assert heard[events:] == list(range(5 if events >= 5 else 1, 9))
    assert not path.exists()
    whole = train(None).snapshot()
    assert all(torch.equal(value, whole[key]) for key, value in resumed.items())


def test_a_damaged_training_state_is_passed_over(
    small_net: nn.Module, small_data: Splits, tmp_path: Path
) -> None:
    path, heard = tmp_path / "training", []
    path.write_bytes(b"half a file")
    train_quantized(
        prepare(small_net, torch.zeros(1, 1, 8, 8)),
        small_net,
        small_data,
        QatSettings(),
        epochs=1,
        seed=1,
        progress=lambda *event: heard.append(event[1]),
        resume=path,
    )
    assert heard == [1, 2, 3, 4]


def test_activations_unquantized_in_training_are_quantized_after_it(
    small_net: nn.Module, small_data: Splits
) -> None:
    model = prepare(small_net, torch.zeros(1, 1, 8, 8))
    modes: list[str] = []
    train_quantized(
        model,
        small_net,
        small_data,
        QatSettings(activations=False),
        epochs=0.25,
        seed=1,
        progress=lambda *_: modes.append(model.input_quantizer.mode),
    )
    assert modes == ["off"]
    assert {quantizer.mode for quantizer in model.activation_quantizers()} == {"on"}


@pytest.mark.parametrize(("part", "name"), [("train", "training"), ("validation", "validation")])
def test_labels_beyond_the_classes(
    small_net: nn.Module, small_data: Splits, part: str, name: str
) -> None:
    model = prepare(small_net, torch.zeros(1, 1, 8, 8))
    split: Split = getattr(small_data, part)
    data = replace(small_data, **{part: Split(images=split.images, labels=split.labels + 3)})
    match = rf"label 12 in the {name} part, but the network has 10 classes: .* 0\.\.9"
    with pytest.raises(DataError, match=match):
        train_quantized(model, small_net, data, QatSettings(), epochs=1, seed=1)


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("rate", 0.0, "qat.rate must be positive, not 0.0"),
        ("rate", float("nan"), "qat.rate must be positive, not nan"),
        ("temperature", float("inf"), "qat.temperature must be positive, not inf"),
        ("batch", 1.5, r"qat.batch must be an integer, not 1\.5"),
        ("batch", 0, "qat.batch must be positive, not 0"),
        ("calibration", 0, "qat.calibration must be positive, not 0"),
        ("precision", "half", "qat.precision must be float32 or bfloat16, not 'half'"),
        ("distillation", 1.5, r"qat.distillation must be in 0\.\.1, not 1.5"),
    ],
)
def test_settings_out_of_range(name: str, value: float, match: str) -> None:
    with pytest.raises(SettingsError, match=match):
        QatSettings(**{name: value})  # pyright: ignore[reportArgumentType]
