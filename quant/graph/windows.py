"""Strides, paddings and kernels of convolutions and pools, checked and brought to pairs."""

from typing import Any

from torch import Tensor, nn

from quant.graph.layers import Pair
from quant.graph.operations import Operation


def convolution_window(operation: Operation, module: nn.Conv2d) -> tuple[Pair, Pair]:
    """Return stride and padding; refuse dilation, padding by other than zeros, uneven padding."""
    if _pair(module.dilation) != (1, 1):
        raise operation.refuse(f"dilation {module.dilation} is not supported")
    if module.padding_mode != "zeros":
        raise operation.refuse(f"padding mode '{module.padding_mode}' is not supported")
    stride, kernel = _pair(module.stride), _pair(module.kernel_size)
    if module.padding == "valid":
        return stride, (0, 0)
    if module.padding == "same":
        if kernel[0] % 2 == 0 or kernel[1] % 2 == 0:
            raise operation.refuse("'same' padding of an even kernel pads one side more")
        return stride, (kernel[0] // 2, kernel[1] // 2)
    return stride, _pair(module.padding)


def average_window(operation: Operation) -> tuple[Pair, Pair]:
    """Return kernel and stride of an average pool; refuse padding, ceil mode and own divisors."""
    options = operation.options
    _refuse_unless(operation, "padding", 0)
    _refuse_unless(operation, "ceil_mode", False)
    _refuse_unless(operation, "divisor_override", None)
    kernel = _pair(options["kernel_size"])
    return kernel, _pair(options.get("stride") or kernel)


def max_window(operation: Operation) -> tuple[Pair, Pair, Pair]:
    """Return kernel, stride and padding of a maximum pool; refuse dilation and ceil mode."""
    options = operation.options
    _refuse_unless(operation, "dilation", 1)
    _refuse_unless(operation, "ceil_mode", False)
    _refuse_unless(operation, "return_indices", False)
    kernel = _pair(options["kernel_size"])
    return kernel, _pair(options.get("stride") or kernel), _pair(options.get("padding") or 0)


def global_window(source: Tensor) -> Pair:
    """Return height and width of `source` [N, C, H, W]."""
    return int(source.shape[2]), int(source.shape[3])


def _refuse_unless(operation: Operation, option: str, expected: Any) -> None:
    value = operation.options.get(option, expected)
    if value != expected and value != (expected, expected):
        raise operation.refuse(f"{option}={value} is not supported in pooling")


def _pair(value: Any) -> Pair:
    first, second = (value, value) if isinstance(value, int) else value
    return int(first), int(second)
