from collections.abc import Callable
from functools import reduce

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from quant.errors import QuantError, UnsupportedLayerError
from quant.graph import (
    AddLayer,
    AveragePoolLayer,
    ConvLayer,
    LinearLayer,
    MaxPoolLayer,
    Rectifier,
    SubsampleLayer,
    trace,
)
from quant.graph.layers import Pair
from quant.networks.digits import DigitsNet

EXAMPLE = torch.zeros(1, 1, 8, 8)


class Wrapped(nn.Module):
    """A convolution, then whatever `tail` makes of its output and of these modules."""

    def __init__(self, tail: Callable[["Wrapped", Tensor], Tensor], **modules: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.tail = tail
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x: Tensor) -> Tensor:
        return self.tail(self, self.conv(x))


def layers(tail: Callable[[Wrapped, Tensor], Tensor], **modules: nn.Module) -> list[object]:
    return list(trace(Wrapped(tail, **modules), EXAMPLE).layers)


def refused(tail: Callable[[Wrapped, Tensor], Tensor], match: str, **modules: nn.Module) -> None:
    with pytest.raises(UnsupportedLayerError, match=match):
        layers(tail, **modules)


def test_digits_network() -> None:
    graph = trace(DigitsNet(), EXAMPLE)
    assert [layer.name for layer in graph.layers] == [
        "stem",
        "block1.conv1",
        "block1.conv2",
        "block1.add",
        "block2.conv1",
        "block2.conv2",
        "block2.shortcut.0",
        "block2.add",
        "block3.conv1",
        "block3.conv2",
        "block3.shortcut.0",
        "block3.add",
        "adaptive_average_pool",
        "classifier",
    ]
    assert graph.layers[4] == ConvLayer(
        name="block2.conv1",
        input="block1.add",
        module="block2.conv1",
        norm="block2.bn1",
        rectifier=Rectifier(),
        stride=(2, 2),
        padding=(1, 1),
        groups=1,
    )
    assert graph.layers[7] == AddLayer(
        name="block2.add", inputs=("block2.conv2", "block2.shortcut.0"), rectifier=Rectifier()
    )
    assert graph.layers[-1] == LinearLayer(
        name="classifier", input="adaptive_average_pool", module="classifier"
    )
    assert (graph.input, graph.output) == ("input", "classifier")
    assert graph.shapes["block2.add"] == (32, 4, 4)
    assert graph.shapes["adaptive_average_pool"] == (48, 1, 1)
    assert graph.shapes["classifier"] == (10,)
    assert len(graph.mac_layers) == 10


@pytest.mark.parametrize(
    "rectify",
    [
        lambda m, x: m.relu(x),
        lambda _, x: F.relu(x),
        lambda _, x: F.relu(x, inplace=True),
        lambda _, x: torch.relu(x),
        lambda _, x: x.relu(),
        lambda _, x: F.relu(F.relu(x)),
    ],
)
def test_every_spelling_of_relu(rectify: Callable[[Wrapped, Tensor], Tensor]) -> None:
    (conv,) = layers(rectify, relu=nn.ReLU(inplace=True))
    assert isinstance(conv, ConvLayer)
    assert conv.rectifier == Rectifier()


@pytest.mark.parametrize("rectify", [lambda m, x: m.relu6(x), lambda _, x: F.relu6(F.relu(x))])
def test_relu6(rectify: Callable[[Wrapped, Tensor], Tensor]) -> None:
    (conv,) = layers(rectify, relu6=nn.ReLU6())
    assert isinstance(conv, ConvLayer)
    assert conv.rectifier == Rectifier(ceiling=6.0)


@pytest.mark.parametrize(
    "add",
    [
        lambda m, x: x + m.other(x),
        lambda m, x: torch.add(x, m.other(x)),
        lambda m, x: x.add(m.other(x)),
    ],
)
def test_every_spelling_of_addition(add: Callable[[Wrapped, Tensor], Tensor]) -> None:
    found = layers(add, other=nn.Conv2d(4, 4, 1))
    assert found[-1] == AddLayer(name="add", inputs=("conv", "other"))


@pytest.mark.parametrize(
    "pool",
    [
        lambda m, x: m.adaptive(x),
        lambda _, x: F.adaptive_avg_pool2d(x, (1, 1)),
        lambda _, x: F.avg_pool2d(x, x.size()[3]),
        lambda _, x: F.avg_pool2d(x, kernel_size=(x.shape[2], x.shape[3])),
        lambda _, x: x.mean((2, 3)),
        lambda _, x: x.mean(dim=(-1, -2), keepdim=True),
        lambda _, x: torch.mean(x, [2, 3]),
    ],
)
def test_every_spelling_of_the_global_average(pool: Callable[[Wrapped, Tensor], Tensor]) -> None:
    graph = trace(Wrapped(pool, adaptive=nn.AdaptiveAvgPool2d(1)), EXAMPLE)
    layer = graph.layers[-1]
    assert isinstance(layer, AveragePoolLayer)
    assert (layer.kernel, layer.stride) == ((8, 8), (8, 8))
    assert graph.shapes[layer.name] == (4, 1, 1)


@pytest.mark.parametrize(
    "pool",
    [lambda m, x: m.pool(x), lambda _, x: F.max_pool2d(x, 3, 2, 1)],
)
def test_maximum_pool(pool: Callable[[Wrapped, Tensor], Tensor]) -> None:
    found = layers(pool, pool=nn.MaxPool2d(3, 2, 1))[-1]
    assert isinstance(found, MaxPoolLayer)
    assert (found.kernel, found.stride, found.padding) == ((3, 3), (2, 2), (1, 1))


def subsampled(
    stride: Pair, channels: Pair, name: str = "subsample", source: str = "conv"
) -> SubsampleLayer:
    return SubsampleLayer(
        name=name,
        input=source,
        stride=stride,
        channels_before=channels[0],
        channels_after=channels[1],
    )


@pytest.mark.parametrize(
    ("shortcut", "expected"),
    [
        (lambda _, x: x[:, :, ::2, ::2], subsampled((2, 2), (0, 0))),
        (lambda _, x: x[..., ::3], subsampled((1, 3), (0, 0))),
        (lambda _, x: x[:, :, 0 : x.shape[2] : 2], subsampled((2, 1), (0, 0))),
        (lambda _, x: F.pad(x, (0, 0, 0, 0, 1, 2)), subsampled((1, 1), (1, 2), "pad")),
        (
            lambda _, x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2), "constant", 0),
            subsampled((2, 2), (2, 2)),
        ),
        (
            lambda m, x: m.identity(F.pad(x, [0, 0, 0, 0, 0, 4], value=0.0))[:, :, ::2, ::4],
            subsampled((2, 4), (0, 4), "pad"),
        ),
        (lambda _, x: x[:, :, ::2, ::2][:, :, ::2], subsampled((4, 2), (0, 0))),
    ],
)
def test_every_spelling_of_a_shortcut_without_weights(
    shortcut: Callable[[Wrapped, Tensor], Tensor], expected: SubsampleLayer
) -> None:
    network = Wrapped(shortcut, identity=nn.Identity())
    graph = trace(network, EXAMPLE)
    assert graph.layers[1:] == (expected,)
    assert graph.shapes[graph.output] == tuple(network(EXAMPLE).shape[1:])


def test_slices_and_padding_with_another_reader_stay_apart() -> None:
    def both(_: Wrapped, x: Tensor) -> Tensor:
        x = x[:, :, ::2, ::2]
        return F.pad(x, (0, 0, 0, 0, 0, 4)) + F.pad(x, (0, 0, 0, 0, 4, 0))

    assert layers(both)[1:3] == [
        subsampled((2, 2), (0, 0)),
        subsampled((1, 1), (0, 4), "pad", "subsample"),
    ]


@pytest.mark.parametrize("same", [lambda _, x: x[:], lambda _, x: F.pad(x, (0, 0))])
def test_slices_and_padding_that_change_nothing_vanish(
    same: Callable[[Wrapped, Tensor], Tensor],
) -> None:
    (conv,) = layers(lambda m, x: F.relu(same(m, x)))
    assert isinstance(conv, ConvLayer)
    assert conv.rectifier == Rectifier()


ONLY_STEPS = r"only steps over all rows and columns of images, \[:, :, ::2, ::2\] \(.*test_lower"


@pytest.mark.parametrize(
    ("tail", "match"),
    [
        (lambda _, x: x[:1], r"layer 'subsample': takes \[:1\]; " + ONLY_STEPS),
        (lambda _, x: x[:, 2:], r"takes \[:, 2:\]; only steps"),
        (lambda _, x: x[:, ::2], r"takes \[:, ::2\]; only steps"),
        (lambda _, x: x[:, :, 1::2], r"takes \[:, :, 1::2\]; only steps"),
        (lambda _, x: x[..., :-1], r"takes \[\.\.\., :-1\]; only steps"),
        (lambda _, x: x[..., None], r"takes \[\.\.\., None\]; only steps"),
        (lambda _, x: x[:, :, 0], r"takes \[:, :, 0\]; only steps"),
        (lambda _, x: x[x > 0], r"function gt, which is not supported"),
        (lambda _, x: x[:, [0, 1]], r"takes \[:, \[0, 1\]\]; only steps"),
        (lambda _, x: x.flatten(1)[:, ::2], r"takes \[:, ::2\]; only steps"),
        (lambda _, x: x.split(2, 1)[0], r"layer 'subsample': takes \[0\]; only steps"),
        (
            lambda _, x: F.pad(x, (1, 1)),
            r"layer 'pad': pads \(1, 4, 8, 8\) by \(1, 1\); only channels .* \(.*test_lower",
        ),
        (lambda _, x: F.pad(x, (0, 0, 0, 1, 2, 2)), r"by \(0, 0, 0, 1, 2, 2\); only channels"),
        (lambda _, x: F.pad(x, (0, 0, 0, 0, -1, 2)), r"by \(0, 0, 0, 0, -1, 2\); only channels"),
        (lambda _, x: F.pad(x, (0, 0) * 3 + (1, 0)), r"0, 1, 0\); only channels"),
        (lambda _, x: F.pad(x.flatten(1), (0, 0, 0, 0)), r"pads \(1, 256\) by"),
        (lambda _, x: F.pad(x, (0,) * 5 + (1,), value=1.0), "mode 'constant' and value 1.0; only"),
        (lambda _, x: F.pad(x, (1, 1, 1, 1), "reflect"), "mode 'reflect' and value None; only"),
    ],
)
def test_slices_and_padding_that_no_layer_stands_for(
    tail: Callable[[Wrapped, Tensor], Tensor], match: str
) -> None:
    refused(tail, match)


@pytest.mark.parametrize(
    "flatten",
    [
        lambda m, x: m.flat(x),
        lambda _, x: torch.flatten(x, 1),
        lambda _, x: x.flatten(1),
        lambda _, x: x.view(x.size(0), -1),
        lambda _, x: x.reshape(x.shape[0], -1),
    ],
)
def test_every_spelling_of_flatten(flatten: Callable[[Wrapped, Tensor], Tensor]) -> None:
    found = layers(
        lambda m, x: m.get_submodule("last")(flatten(m, x)),
        flat=nn.Flatten(),
        last=nn.Linear(4 * 64, 2),
    )
    assert found[-1] == LinearLayer(name="last", input="conv", module="last")


def test_names_stay_unique() -> None:
    found = layers(lambda _, x: (x + x) + x)
    assert [getattr(layer, "name", None) for layer in found] == ["conv", "add", "add_2"]


def test_calls_leave_the_names_of_modules_alone() -> None:
    modules = {"add": nn.Conv2d(4, 4, 1), "pool": nn.MaxPool2d(2), "pool_2": nn.Conv2d(4, 4, 1)}
    path = ("add", "pool", "pool", "pool_2")
    found = layers(
        lambda m, x: reduce(lambda y, name: m.get_submodule(name)(y), path, x + x), **modules
    )
    names = [getattr(layer, "name", None) for layer in found]
    assert names == ["conv", "add_2", "add", "pool", "pool_3", "pool_2"]


def test_dropout_and_identity_vanish() -> None:
    found = layers(lambda m, x: m.a(m.b(x)), a=nn.Dropout(), b=nn.Identity())  # pyright: ignore[reportCallIssue]
    assert len(found) == 1


def test_same_padding() -> None:
    (_, conv) = layers(lambda m, x: m.get_submodule("c")(x), c=nn.Conv2d(4, 4, 5, padding="same"))
    assert isinstance(conv, ConvLayer)
    assert conv.padding == (2, 2)


class Gelu(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.act = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x))


def test_an_unknown_module_is_named_with_its_type_and_source_line() -> None:
    with pytest.raises(
        UnsupportedLayerError,
        match=r"layer 'act' is of type GELU, which is not supported "
        r"\(.*test_lower\.py:\d+: return self\.act\(self\.conv\(x\)\)\); supported: Conv2d, Linear",
    ):
        trace(Gelu(), EXAMPLE)


def test_unknown_functions_methods_and_parameters_are_named() -> None:
    refused(lambda _, x: F.gelu(x), "layer 'gelu' is of type function gelu, which is not supported")
    refused(lambda _, x: x.sigmoid(), "layer 'sigmoid' is of type tensor method sigmoid")
    refused(lambda m, x: x + m.conv.weight.sum(), "is of type parameter conv.weight, which is not")


def test_control_flow_on_values() -> None:
    refused(lambda _, x: x if x.sum() > 0 else -x, "Wrapped.forward cannot be traced .* branches")


@pytest.mark.parametrize(
    ("tail", "match"),
    [
        (lambda m, x: m.conv2(m.conv2(x)), "layer 'conv2': used twice"),
        (lambda m, x: m.norm(F.relu(x)), "layer 'norm': BatchNorm2d must follow a Conv2d"),
        (lambda m, x: x + m.norm(x), "layer 'norm': the output of 'conv' is read before and"),
        (lambda _, x: x + F.relu(x), "layer 'relu': the output of 'conv' is read before and after"),
        (lambda _, x: F.relu(F.max_pool2d(x, 2)), "layer 'relu': a rectifier must follow"),
        (lambda _, x: x + 1, "layer 'add': addition needs two tensors of one shape"),
        (lambda m, x: x + m.narrow(x), "layer 'add': addition needs two tensors of one shape"),
        (lambda _, x: torch.add(x, x, alpha=2), "layer 'add': addition needs two tensors"),
        (lambda _, x: F.adaptive_avg_pool2d(x, 2), "pooling to 2; only to 1 is supported"),
        (lambda _, x: x.mean(1), r"mean over axes \(1,\); only over height and width"),
        (lambda _, x: F.avg_pool2d(x, 2, padding=1), "padding=1 is not supported in pooling"),
        (lambda _, x: F.avg_pool2d(x, 2, ceil_mode=True), "ceil_mode=True is not supported"),
        (lambda _, x: F.max_pool2d(x, 2, dilation=2), "dilation=2 is not supported in pooling"),
        (lambda _, x: x.view(1, 2, 2, 64), r"reshaping \(1, 4, 8, 8\) to \(1, 2, 2, 64\)"),
        (lambda m, x: m.dilated(x), r"layer 'dilated': dilation \(2, 2\) is not supported"),
        (lambda m, x: m.mirrored(x), "layer 'mirrored': padding mode 'reflect' is not supported"),
        (lambda m, x: m.last(x), r"layer 'last': Linear needs an input of shape \(batch, features"),
        (lambda m, x: m.input(x), "layer 'input': its name is taken by another tensor; rename"),
        (
            lambda m, x: x.mean((2, 3)) + m.square(x.mean((2, 3))),
            r"layer 'add': adds 'mean' of shape \(4, 1, 1\) to 'square' of shape \(4,\); only",
        ),
        (lambda _, x: F.relu(x[:, :, ::2, ::2]), "layer 'relu': a rectifier must follow"),
        (lambda m, x: m.norm(x[:, :, ::2]), "layer 'norm': BatchNorm2d must follow a Conv2d"),
        (lambda m, x: m.stateless(x), "layer 'stateless': BatchNorm2d without running statistics"),
    ],
)
def test_uses_that_integer_hardware_does_not_know(
    tail: Callable[[Wrapped, Tensor], Tensor], match: str
) -> None:
    refused(
        tail,
        match,
        conv2=nn.Conv2d(4, 4, 1),
        norm=nn.BatchNorm2d(4),
        narrow=nn.Conv2d(4, 1, 1),
        dilated=nn.Conv2d(4, 4, 3, dilation=2),
        mirrored=nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        last=nn.Linear(8, 2),
        input=nn.Conv2d(4, 4, 1),
        square=nn.Linear(4, 4),
        stateless=nn.BatchNorm2d(4, track_running_stats=False),
    )


@pytest.mark.parametrize(
    "alias",
    [
        lambda m, x: m.dropout(x),
        lambda m, x: m.identity(x),
        lambda _, x: x.clone(),
        lambda _, x: x.contiguous(),
    ],
)
@pytest.mark.parametrize("kind", ["relu", "norm"])
def test_another_reader_is_found_behind_what_only_passes_the_tensor_on(
    alias: Callable[[Wrapped, Tensor], Tensor], kind: str
) -> None:
    modules = {"dropout": nn.Dropout(), "identity": nn.Identity(), "norm": nn.BatchNorm2d(4)}
    match = f"layer '{kind}': the output of 'conv' is read before and after"

    def join(m: Wrapped, x: Tensor) -> Tensor:
        return F.relu(x) if kind == "relu" else m.get_submodule("norm")(x)

    refused(lambda m, x: x + join(m, alias(m, x)), match, **modules)
    refused(lambda m, x: alias(m, x) + join(m, x), match, **modules)
    assert len(layers(lambda m, x: alias(m, join(m, alias(m, x))), **modules)) == 1


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_same_padding_of_an_even_kernel() -> None:
    refused(
        lambda m, x: m.get_submodule("uneven")(x),
        "layer 'uneven': 'same' padding of an even kernel pads one side more",
        uneven=nn.Conv2d(4, 4, 2, padding="same"),
    )


def test_images_of_a_wrong_shape() -> None:
    with pytest.raises(QuantError, match=r"DigitsNet does not run on images of shape \(3, 8, 8\):"):
        trace(DigitsNet(), torch.zeros(1, 3, 8, 8))


def test_networks_without_layers_or_with_two_outputs() -> None:
    with pytest.raises(UnsupportedLayerError, match="computes nothing"):
        trace(nn.Identity(), EXAMPLE)

    class Two(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x, x

    with pytest.raises(UnsupportedLayerError, match="must return one tensor"):
        trace(Two(), EXAMPLE)


def test_tracing_leaves_the_module_in_its_mode() -> None:
    network = DigitsNet().train()
    trace(network, EXAMPLE)
    assert network.training


def test_options_with_defaults_are_constants_and_a_second_tensor_is_refused() -> None:
    class Scaled(Wrapped):
        def forward(self, x: Tensor, kernel: int = 2, unused: float = 1.0) -> Tensor:
            del unused
            return F.max_pool2d(self.conv(x), kernel)

    pool = trace(Scaled(lambda _, x: x), EXAMPLE).layers[-1]
    assert isinstance(pool, MaxPoolLayer)
    assert pool.kernel == (2, 2)

    class Masked(nn.Module):
        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            return x + mask

    with pytest.raises(QuantError, match=r"Masked does not run on .* argument for parameter mask"):
        trace(Masked(), EXAMPLE)


def test_what_cannot_be_traced_and_what_does_not_run_are_told_apart() -> None:
    refused(lambda _, x: x[: len(x)], r"Wrapped.forward cannot be traced \('len' is not supported")
    with pytest.raises(
        QuantError, match=r"Wrapped does not run on images of shape \(1, 8, 8\): Dim"
    ):
        layers(lambda _, x: x.mean((7, 8)))
