import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from quant.errors import NetworkFileError, QuantError, UnsupportedLayerError
from quant.graph import ConvLayer, Rectifier, trace
from quant.imports.exported import load_exported
from quant.model import prepare
from quant.networks.digits import DigitsNet
from quant.networks.resnet20 import ResNet20

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")

Export = Callable[..., Path]
EXAMPLE = torch.zeros(1, 1, 8, 8)


class Separable(nn.Module):
    """A depthwise and a pointwise convolution, as in MobileNet."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Sequential(
            nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs),
            nn.ReLU6(inplace=True),
        )
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(self.norm(self.pointwise(self.depthwise(x))))


class Mobile(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding="same"), nn.ReLU6())
        self.blocks = nn.Sequential(Separable(4, 6, 2), Separable(6, 6, 1))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout()
        self.classifier = nn.Linear(6, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.blocks(self.features(x)))
        return self.classifier(self.dropout(x.view(x.size(0), -1)))


class Spelled(nn.Module):
    """Functions and methods, in place and not, one pool module called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 1)
        self.norm = nn.BatchNorm2d(4, affine=False)
        self.pool = nn.MaxPool2d(2)
        self.last = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.first(x), inplace=True))
        y = self.norm(self.second(x))
        y += x
        y = self.pool(F.hardtanh(y, 0.0, 6.0).clone())
        y = F.max_pool2d(y, 2, 1) + F.avg_pool2d(y, y.size()[3])
        return self.last(F.dropout(y.mean((2, 3)), training=self.training).reshape(y.shape[0], 4))


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """A network whose BatchNorm is far from the identity."""
    torch.manual_seed(3)
    network = make().eval()
    with torch.no_grad():
        for norm in network.modules():
            if isinstance(norm, nn.BatchNorm2d):
                assert norm.running_mean is not None
                assert norm.running_var is not None
                norm.running_mean.normal_(0, 0.2)
                norm.running_var.uniform_(0.5, 2)
    return network


# Direct tracing knows hardtanh only by its other name.
class SpelledForTrace(Spelled):
    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.first(x)))
        y = self.pool(F.relu6(self.norm(self.second(x)) + x).clone())
        y = F.max_pool2d(y, 2, 1) + F.avg_pool2d(y, y.size()[3])
        return self.last(y.mean((2, 3)))


NETWORKS = [
    (DigitsNet, DigitsNet, EXAMPLE),
    (ResNet20, ResNet20, torch.zeros(1, 3, 32, 32)),
    (Mobile, Mobile, EXAMPLE),
    (Spelled, SpelledForTrace, EXAMPLE),
]


@pytest.mark.parametrize(("make", "traced", "example"), NETWORKS)
@pytest.mark.parametrize("dynamic", [False, True])
def test_an_export_is_the_network_that_was_exported(
    export: Export,
    make: Callable[[], nn.Module],
    traced: Callable[[], nn.Module],
    example: Tensor,
    dynamic: bool,
) -> None:
    network, direct = seeded(make), seeded(traced)
    images = torch.rand(3, *example.shape[1:])
    imported = load_exported(export(network, images[:2] if dynamic else example, dynamic=dynamic))
    assert trace(imported, example) == trace(direct, example)
    assert imported.state_dict().keys() == network.state_dict().keys()
    assert not imported.training
    assert type(imported).__name__ == type(network).__name__
    with torch.no_grad():
        assert torch.equal(imported(images), direct(images))
        assert torch.equal(prepare(imported, example)(images), prepare(direct, example)(images))


@pytest.mark.parametrize(("make", "traced", "example"), NETWORKS[2:])
@pytest.mark.parametrize(("core", "strict"), [(True, False), (False, True)])
def test_other_ways_to_export(
    export: Export,
    make: Callable[[], nn.Module],
    traced: Callable[[], nn.Module],
    example: Tensor,
    core: bool,
    strict: bool,
) -> None:
    network, direct = seeded(make), seeded(traced)
    imported = load_exported(export(network, example, core=core, strict=strict))
    images = torch.rand(3, *example.shape[1:])
    with torch.no_grad():
        assert torch.allclose(imported(images), direct(images), rtol=0, atol=1e-5)
    found, expected = trace(imported, example), trace(direct, example)
    assert [layer.name for layer in found.mac_layers] == [
        layer.name for layer in expected.mac_layers
    ]
    assert list(found.shapes.values()) == list(expected.shapes.values())


class Tail(nn.Module):
    """A convolution, then whatever `tail` makes of its output and of these modules."""

    def __init__(self, tail: Callable[..., Tensor], **modules: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.tail = tail
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        return self.tail(self, self.conv(x))


def test_what_reads_a_tensor_after_a_change_in_place_reads_the_changed_one(export: Export) -> None:
    def tail(m: Tail, x: Tensor) -> Tensor:
        x = m.get_submodule("off")(x)
        changed = x.relu_()
        return x + m.get_submodule("other")(changed)

    network = seeded(lambda: Tail(tail, off=nn.Dropout(), other=nn.Conv2d(4, 4, 1)))
    imported = load_exported(export(network, EXAMPLE))
    conv = trace(imported, EXAMPLE).layers[0]
    assert isinstance(conv, ConvLayer)
    assert conv.rectifier == Rectifier()
    images = torch.rand(2, 1, 8, 8)
    assert torch.equal(imported(images), network(images))


@pytest.mark.parametrize("core", [False, True])
def test_a_shortcut_without_weights(export: Export, core: bool) -> None:
    network = Tail(lambda _, x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 2))).eval()
    imported = load_exported(export(network, EXAMPLE, core=core))
    assert trace(imported, EXAMPLE) == trace(network, EXAMPLE)


def test_a_change_in_place_behind_a_view_is_refused(export: Export) -> None:
    def tail(_: Tail, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        flat.relu_()
        return x

    path = export(seeded(lambda: Tail(tail)), EXAMPLE)
    # The change is not even an ancestor of what is returned.
    with pytest.raises(UnsupportedLayerError, match="computes something else than its operations"):
        load_exported(path)


class Alone(nn.Module):
    """Parameters of the module's own, used by functions."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.rand(4, 1, 3, 3))
        self.matrix = nn.Parameter(torch.rand(2, 4))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.conv2d(x, self.kernel, stride=2).mean((2, 3)), self.matrix)


def test_parameters_of_the_users_own_name_their_layers(export: Export) -> None:
    graph = trace(load_exported(export(seeded(Alone), EXAMPLE)), EXAMPLE)
    assert [layer.name for layer in graph.mac_layers] == ["kernel", "matrix"]


LINE = r" \(.*test_exported\.py:\d+: .*\)"


@pytest.mark.parametrize(
    ("tail", "match"),
    [
        (
            lambda m, x: m.act(x),
            rf"'act' is of type aten\.gelu\.default, which is not supported{LINE}; supported: C",
        ),
        (lambda m, x: m.deep(x), rf"layer 'deep\.1\.0' is of type aten\.prelu\.default, .*{LINE};"),
        (lambda _, x: x.sigmoid(), rf"layer 'sigmoid' is of type aten\.sigmoid\.default, .*{LINE}"),
        (lambda m, x: m.up(x), r"layer 'up' is of type aten\.conv_transpose2d"),
        (lambda _, x: x.transpose(2, 3), r"layer 'transpose' is of type aten\.transpose\.int"),
        (lambda _, x: x.permute(0, 2, 1, 3), r"layer 'permute' is of type aten\.permute\.default"),
        (lambda _, x: x.max(1)[1] + x, r"layer 'max' is of type aten\.max\.dim"),
        (
            lambda _, x: F.hardtanh(x),
            rf"layer 'hardtanh': clamps to -1\.0\.\.1\.0; only ReLU6 is supported{LINE}",
        ),
        (
            lambda _, x: x.view(1, 2, 2, 64),
            rf"layer 'view': reshaping \(1, 4, 8, 8\) to \(1, 2, 2, 64\); only flat.*\){LINE}",
        ),
        (lambda _, x: torch.add(x, x, alpha=2), rf"layer 'add': addition needs two.*{LINE}"),
        (
            lambda m, x: x.mean((2, 3)) + m.other.bias,
            rf"layer 'add': reads the stored tensor 'other\.bias' as if it were an image{LINE}",
        ),
        (
            lambda m, x: F.conv2d(x, m.other(x)),
            rf"layer 'conv2d': its weight is computed by 'conv2d_1', not stored{LINE}",
        ),
        (
            lambda m, x: m.norm1(x.mean((2, 3))),
            rf"layer 'norm1': only BatchNorm2d with running statistics is supported{LINE}",
        ),
        (lambda m, x: m.stateless(x), "layer 'stateless': BatchNorm was exported in training mode"),
        (lambda _, x: F.dropout(x), "layer 'dropout': Dropout was exported in training mode; call"),
    ],
)
def test_operations_that_no_layer_stands_for(
    export: Export, tail: Callable[[nn.Module, Tensor], Tensor], match: str
) -> None:
    network = Tail(
        tail,
        act=nn.GELU(),
        deep=nn.Sequential(nn.Identity(), nn.Sequential(nn.PReLU())),
        up=nn.ConvTranspose2d(4, 4, 3),
        other=nn.Conv2d(4, 4, 1),
        norm1=nn.BatchNorm1d(4),
        stateless=nn.BatchNorm2d(4, track_running_stats=False),
    ).eval()
    with pytest.raises(UnsupportedLayerError, match=match):
        load_exported(export(network, EXAMPLE))


@pytest.mark.parametrize("core", [False, True])
def test_an_export_in_training_mode(export: Export, core: bool) -> None:
    path = export(DigitsNet().train(), torch.zeros(2, 1, 8, 8), core=core)
    with pytest.raises(
        UnsupportedLayerError,
        match=r"layer 'bn': BatchNorm was exported in training mode; call \.eval\(\) on the",
    ):
        load_exported(path)


@pytest.mark.parametrize(
    ("tail", "match"),
    [
        (lambda _, x: F.avg_pool2d(x, 2, padding=1), r"layer 'average_pool': padding=\(1, 1\)"),
        (lambda _, x: F.max_pool2d(x, 2, dilation=2), r"layer 'max_pool': dilation=\(2, 2\)"),
        (lambda _, x: x.mean(1), r"layer 'mean': mean over axes \(1,\)"),
        (lambda _, x: x.mean(), r"layer 'mean': mean over axes \(\)"),
        (lambda _, x: x + 1, "layer 'add': addition needs two tensors"),
        (lambda m, x: m.conv2(m.conv2(x)), "layer 'conv2': used twice"),
        (lambda _, x: x[:, 1:], r"layer 'subsample': takes \[:, 1::1\]"),
        (lambda _, x: F.pad(x, (1, 1)), r"layer 'pad': pads \(1, 4, 8, 8\) by \(1, 1\)"),
    ],
)
def test_the_trace_refuses_with_the_lines_of_the_source(
    export: Export, tail: Callable[[nn.Module, Tensor], Tensor], match: str
) -> None:
    network = Tail(tail, conv2=nn.Conv2d(4, 4, 1)).eval()
    with pytest.raises(UnsupportedLayerError, match=match + f".*{LINE}$"):
        trace(load_exported(export(network, EXAMPLE)), EXAMPLE)


class Two(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


class Several(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.relu(), x


class Wrapped(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"logits": x.relu()}


@pytest.mark.parametrize(
    ("network", "example", "match"),
    [
        (Two(), (EXAMPLE, EXAMPLE), r"takes inputs of shapes \[\(1, 1, 8, 8\), .*; only one input"),
        (nn.Linear(4, 2), (torch.zeros(1, 4),), r"takes inputs of shapes \[\(1, 4\)\]; only one"),
        (Several(), (EXAMPLE,), "returns 2 values; only one tensor, the logits, is supported"),
        (Wrapped(), (EXAMPLE,), "returns its logits in a dict; return the tensor alone"),
    ],
)
def test_not_one_image_to_one_tensor(
    export: Export, network: nn.Module, example: tuple[Tensor, ...], match: str
) -> None:
    with pytest.raises(NetworkFileError, match=rf"net\.pt2: {match}"):
        load_exported(export(network, *example))


def test_files_that_are_no_export(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    with pytest.raises(NetworkFileError, match=r"net\.pt2: no such file; torch\.export\.save m"):
        load_exported(path)
    path.write_text("hello")
    with pytest.raises(NetworkFileError, match=r"damaged or not an export \(File is not a zip"):
        load_exported(path)
    torch.save({}, path)
    with pytest.raises(NetworkFileError, match=r"holds no export; write it with torch\.export\.s"):
        load_exported(path)


def tiny() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(72, 3))


def test_an_export_of_another_schema(export: Export, tmp_path: Path) -> None:
    path, other = export(seeded(tiny), EXAMPLE), tmp_path / "other.pt2"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("model.json"):
                data = json.dumps(json.loads(data) | {"schema_version": {"major": 99}}).encode()
            target.writestr(name, data)
    with pytest.raises(
        NetworkFileError, match=r"other\.pt2: torch 2\..* cannot read this export \(.*\); export th"
    ):
        load_exported(other)


def test_damage_is_refused_or_harmless(export: Export, tmp_path: Path) -> None:
    network, images, damaged = seeded(tiny), torch.rand(2, 1, 8, 8), tmp_path / "damaged.pt2"
    good = export(network, EXAMPLE).read_bytes()
    refusals = []

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(place=st.integers(0, len(good) - 1), bit=st.integers(0, 7), cut=st.booleans())
    def check(place: int, bit: int, cut: bool) -> None:
        changed = bytes([good[place] ^ 1 << bit])
        damaged.write_bytes(good[:place] if cut else good[:place] + changed + good[place + 1 :])
        try:
            assert torch.equal(load_exported(damaged)(images), network(images))
        except QuantError as error:
            refusals.append(str(error))

    check()
    assert len(refusals) > 20
    assert all(re.match(r".*damaged\.pt2: .*; (export|write) [^\n]*$", text) for text in refusals)
