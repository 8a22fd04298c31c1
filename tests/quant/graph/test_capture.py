import pytest
import torch
from torch import Tensor, fx, nn

from quant.graph import trace
from quant.graph.capture import capture, source_line

EXAMPLE = torch.zeros(1, 1, 8, 8)
CALL = '  File "/home/me/net.py", line 7, in forward\n    return self.act(x)\n'


@pytest.mark.parametrize(
    "folder",
    [
        "/opt/env/lib/python3.12/site-packages/torch/nn",
        "/usr/lib/python3/dist-packages/torch/nn",
        r"C:\env\Lib\site-packages\torch\nn",
    ],
)
def test_frames_of_another_machines_torch_are_not_the_networks(folder: str) -> None:
    node = fx.Graph().placeholder("x")
    frame = f'  File "{folder}/modules/module.py", line 1, in _call_impl\n    return call()\n'
    node.stack_trace = frame + CALL + frame
    assert source_line(node) == " (/home/me/net.py:7: return self.act(x))"
    node.stack_trace = frame
    assert source_line(node) == ""


def test_a_folder_of_the_users_called_torch_is_the_networks() -> None:
    node = fx.Graph().placeholder("x")
    node.stack_trace = '  File "/home/me/torch/net.py", line 3, in forward\n    x = x + 1\n'
    assert source_line(node) == " (/home/me/torch/net.py:3: x = x + 1)"


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(x))


def test_a_graph_module_is_its_own_trace() -> None:
    module = fx.symbolic_trace(Named())
    assert capture(module, EXAMPLE).module is module
    assert trace(module, EXAMPLE) == trace(Named(), EXAMPLE)
