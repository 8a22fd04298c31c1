import subprocess
import sys

import numpy as np
import pytest

from quant.errors import DataError
from quant.input_codes import input_codes
from quant.integer_network import IntegerNetwork, Tensor


def network() -> IntegerNetwork:
    tensor = Tensor(name="input", shape=(1, 1, 6), scale=0.5, zero_point=10)
    return IntegerNetwork(
        name="n", input="input", output="input", tensors={"input": tensor}, layers=()
    )


def test_codes_round_halves_to_even_and_saturate() -> None:
    images = np.array([[[[-9.0, -0.25, 0.25, 0.75, 1.0, 200.0]]]], dtype=np.float32)
    assert input_codes(network(), images).tolist() == [[[[0, 10, 10, 12, 12, 255]]]]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite(value: float) -> None:
    images = np.zeros((3, 1, 1, 6), np.float32)
    images[1, 0, 0, 4] = value
    with pytest.raises(DataError, match="image 1 has values that are NaN or infinite"):
        input_codes(network(), images)


def test_images_of_another_shape() -> None:
    match = r"images of shape \(1, 6, 1\), but network 'n' reads \(1, 1, 6\)"
    with pytest.raises(DataError, match=match):
        input_codes(network(), np.zeros((2, 1, 6, 1), np.float32))


def test_no_torch_is_needed() -> None:
    code = "import sys, quant.input_codes; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
