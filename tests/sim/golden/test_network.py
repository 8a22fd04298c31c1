from dataclasses import replace

import numpy as np
import pytest

from quant.integer_network import IntegerNetworkError
from sim.golden import (
    GoldenError,
    accumulators,
    classify,
    output_codes,
    requantize_channels,
    run,
)
from tests.helpers import reference
from tests.helpers.networks import random_images, random_network, with_layer

NETWORK = random_network(0)
IMAGES = random_images(NETWORK, 23, 1)


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_every_tensor_equals_the_plain_python_reference(seed: int, depthwise: bool):
    network = random_network(seed, depthwise=depthwise)
    images = random_images(network, 2, seed)
    codes = run(network, images)
    assert set(codes) == set(network.tensors)
    for index, image in enumerate(images.tolist()):
        for name, expected in reference.run(network, image).items():
            assert codes[name][index].tolist() == expected, f"tensor {name!r}"


def test_codes_have_the_tensors_shapes():
    for name, codes in run(NETWORK, IMAGES).items():
        assert codes.dtype == np.uint8
        assert codes.shape == (23, *NETWORK.tensors[name].shape)


def test_a_class_is_the_first_index_of_the_largest_code():
    codes = output_codes(NETWORK, IMAGES)
    expected = [row.index(max(row)) for row in codes.tolist()]
    classes = classify(NETWORK, IMAGES)
    assert classes.dtype == np.int64
    assert classes.tolist() == expected
    linear = NETWORK.mac_layers[-1]
    tied = replace(linear.requantization, minimum=77, maximum=77)
    ties = with_layer(NETWORK, "linear", requantization=tied)
    assert classify(ties, IMAGES).tolist() == [0] * 23


@pytest.mark.parametrize("batch", [1, 5, 23, 100])
def test_the_batch_size_changes_nothing(batch: int):
    np.testing.assert_array_equal(
        output_codes(NETWORK, IMAGES, batch=batch), run(NETWORK, IMAGES)[NETWORK.output]
    )


def test_progress_counts_images():
    calls: list[tuple[str, int, int]] = []
    classify(NETWORK, IMAGES, batch=10, progress=lambda *call: calls.append(call))
    assert calls == [("golden", 10, 23), ("golden", 20, 23), ("golden", 23, 23)]


@pytest.mark.parametrize("name", [layer.name for layer in NETWORK.mac_layers])
def test_accumulators_requantize_to_the_layers_output(name: str):
    layer = next(layer for layer in NETWORK.mac_layers if layer.name == name)
    codes = run(NETWORK, IMAGES)
    sums = accumulators(NETWORK, layer, codes[layer.input])
    assert sums.dtype == np.int32
    assert sums.shape == (23, *NETWORK.tensors[layer.output].shape)
    np.testing.assert_array_equal(
        requantize_channels(sums, layer.requantization), codes[layer.output]
    )


@pytest.mark.parametrize(
    ("images", "got"),
    [
        (IMAGES.astype(np.float32), r"float32\[23, 3, 9, 8\]"),
        (IMAGES.astype(np.int64), r"int64\[23, 3, 9, 8\]"),
        (IMAGES[0], r"uint8\[3, 9, 8\]"),
        (IMAGES[:, :, :, :7], r"uint8\[23, 3, 9, 7\]"),
        (IMAGES[:0], r"uint8\[0, 3, 9, 8\]"),
    ],
)
def test_images_of_another_type_or_shape_are_refused(images: np.ndarray, got: str):
    message = (
        r"^tensor 'image' of network 'random-0' takes uint8\[N, 3, 9, 8\] with N of at least 1, "
        rf"got {got}: quantize the images to codes of that shape$"
    )
    for function in (run, output_codes, classify):
        with pytest.raises(GoldenError, match=message):
            function(NETWORK, images)


def test_accumulators_check_their_codes():
    message = (
        r"^tensor 'conv1' of network 'random-0' takes uint8\[N, 6, 9, 8\] with N of at least 1"
    )
    with pytest.raises(GoldenError, match=message):
        accumulators(NETWORK, NETWORK.mac_layers[1], IMAGES)


def test_an_invalid_network_is_not_run():
    invalid = with_layer(NETWORK, "conv1", bits=9)
    for function in (run, output_codes, classify):
        with pytest.raises(IntegerNetworkError, match=r"^layer 'conv1': bits is 9"):
            function(invalid, IMAGES)
