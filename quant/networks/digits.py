"""DigitsNet: a residual network of ten layers for 8x8 grey images, and its trained weights."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from quant.checkpoint import load_weights

CHECKPOINT = Path(__file__).with_name("digits.safetensors")
CHANNELS = (16, 32, 48)


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut, He et al., "Deep residual learning", 2016.

    Input float32[N, inputs, H, W], output float32[N, outputs, ceil(H/stride), ceil(W/stride)]. The
    shortcut is a 1x1 convolution where the shape changes, else the identity.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut.append(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False))
            self.shortcut.append(nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))


class DigitsNet(nn.Module):
    """Stem, three residual blocks at 8x8, 4x4 and 2x2 pixels, global average pool, classifier.

    Input float32[N, 1, 8, 8] in 0..1, output logits float32[N, 10]. 55,664 weights in 10 layers,
    678,368 multiply-accumulates an image.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second, third = CHANNELS
        self.stem = nn.Conv2d(1, first, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(first)
        self.block1 = Block(first, first, 1)
        self.block2 = Block(first, second, 2)
        self.block3 = Block(second, third, 2)
        self.classifier = nn.Linear(third, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of a batch of images."""
        x = F.relu(self.bn(self.stem(x)))
        x = self.block3(self.block2(self.block1(x)))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.classifier(torch.flatten(x, 1))


def load_pretrained(path: Path = CHECKPOINT) -> DigitsNet:
    """Return the trained network in eval mode; CheckpointError where `path` does not hold one.

    `python -m quant.train` makes the shipped file; its safetensors header says how.
    """
    network = DigitsNet()
    load_weights(network, path)
    return network.eval()
