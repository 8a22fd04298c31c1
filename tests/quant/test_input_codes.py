import subprocess
import sys

import numpy as np

from quant.input_codes import input_codes
from quant.integer_network import IntegerNetwork, Tensor


def test_codes_round_halves_to_even_and_saturate() -> None:
    tensor = Tensor(name="input", shape=(1, 1, 6), scale=0.5, zero_point=10)
    network = IntegerNetwork(
        name="n", input="input", output="input", tensors={"input": tensor}, layers=()
    )
    images = np.array([[[[-9.0, -0.25, 0.25, 0.75, 1.0, 200.0]]]], dtype=np.float32)
    assert input_codes(network, images).tolist() == [[[[0, 10, 10, 12, 12, 255]]]]


def test_no_torch_is_needed() -> None:
    code = "import sys, quant.input_codes; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
