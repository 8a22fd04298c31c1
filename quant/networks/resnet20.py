"""ResNet-20 for 32x32 images of ten classes, with shortcuts that need no weights.

Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016, section 4.2:
three stages of three blocks of 16, 32 and 64 channels; option A shortcuts, which drop every other
row and column and fill the new channels with zeros.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from quant.checkpoint import load_state

BLOCKS = 3
CHANNELS = (16, 32, 64)
CLASSES = 10


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut without weights.

    Input float32[N, inputs, H, W], output float32[N, outputs, ceil(H/stride), ceil(W/stride)].
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride = stride
        self.new_channels = outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        """Return relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))

    def shortcut(self, x: Tensor) -> Tensor:
        """Return every `stride`-th row and column, between as many channels of zeros each side."""
        if self.stride == 1:
            return x
        before = self.new_channels // 2
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, before, self.new_channels - before))


class ResNet20(nn.Module):
    """Stem, nine residual blocks, global average pool, classifier.

    Input float32[N, 3, 32, 32], output logits float32[N, 10]. 268,336 weights in 20 layers,
    40,551,040 multiply-accumulates an image. The keys of its state dict are those of the widely
    used checkpoints: `conv1.weight`, `layer1.0.bn1.running_mean`, `linear.bias`.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second, third = CHANNELS
        self.conv1 = nn.Conv2d(3, first, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.layer1 = _stage(first, first, 1)
        self.layer2 = _stage(first, second, 2)
        self.layer3 = _stage(second, third, 2)
        self.linear = nn.Linear(third, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of a batch of images."""
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.linear(torch.flatten(x, 1))


def _stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    rest = [Block(outputs, outputs, 1) for _ in range(BLOCKS - 1)]
    return nn.Sequential(Block(inputs, outputs, stride), *rest)


def load(path: Path) -> ResNet20:
    """Return the network with the state dict in `path`, in eval mode.

    CheckpointError where it does not hold one; `quant.checkpoint.read_state` tells the kinds of
    files. It has to be trained on images as `quant.data.cifar10` normalises them.
    """
    network = ResNet20()
    load_state(network, path)
    return network.eval()
