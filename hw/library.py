"""Repeated blocks as one module each in generated text, instead of one copy per instance.

Amaranth writes a module per instance. Passed as the `platform` of a conversion, a `ModuleLibrary`
makes `instantiate` emit a block once and refer to it afterwards: the text is as small as a person's
and synthesis maps the block once. Without it (Amaranth's simulator) blocks are plain submodules.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from amaranth.hdl import ClockSignal, Instance, Module, ResetInserter, ResetSignal, Value
from amaranth.lib import wiring

Block = TypeVar("Block", bound=wiring.Component)

# Stands for the block's name while its text is generated, so that equal blocks have equal text.
_PLACEHOLDER = "BLOCK_NAME_PLACEHOLDER"


class ModuleLibrary:
    """Collects the text of the blocks instantiated during one conversion.

    convert: turns (component, module name, platform) into text.
    modules: text by module name, each block after the blocks it uses.
    """

    def __init__(self, convert: Callable[[wiring.Component, str, "ModuleLibrary"], str]):
        self._convert = convert
        self._names: dict[str, str] = {}
        self.modules: dict[str, str] = {}

    def module_name(self, block: wiring.Component) -> str:
        """Name of the module that implements `block`; generates its text on first use."""
        text = self._convert(block, _PLACEHOLDER, self)
        if text not in self._names:
            name = f"{type(block).__name__}_{len(self.modules)}"
            self._names[text] = name
            self.modules[name] = text.replace(_PLACEHOLDER, name)
        return self._names[text]


def instantiate(
    m: Module,
    platform: object,
    names: Sequence[str],
    build: Callable[[], Block],
    reset: Value | None = None,
) -> list[Block]:
    """Add one identical block per name to `m.submodules` and return them in order.

    build: makes one block. Under a `ModuleLibrary` the returned objects have its ports only.
    reset: 1 bit, resets the blocks, and all that is in them, at the edges at which it is high.
    """
    if not isinstance(platform, ModuleLibrary):
        blocks = [build() for _ in names]
        for name, block in zip(names, blocks, strict=True):
            resettable = cast(Any, block)
            m.submodules[name] = resettable if reset is None else ResetInserter(reset)(resettable)
        return blocks
    prototype = build()
    module = platform.module_name(prototype)
    ports = []
    for name in names:
        port = prototype.signature.create(path=(name,))
        connections = _connections(prototype.signature, port, platform.modules[module], reset)
        m.submodules[name] = Instance(module, **connections)
        ports.append(port)
    return cast(list[Block], ports)


def _connections(
    signature: wiring.Signature, port: object, text: str, reset: Value | None
) -> dict[str, Value]:
    """Instance arguments: the signature's ports, clock and reset where the module has them."""
    connections: dict[str, Value] = {}
    for path, member, value in signature.flatten(port):
        prefix = "o" if cast(wiring.Member, member).flow is wiring.Out else "i"
        connections[f"{prefix}_{'__'.join(map(str, path))}"] = Value.cast(value)
    resets = ResetSignal() if reset is None else ResetSignal() | reset
    for name, signal in (("clk", ClockSignal()), ("rst", resets)):
        if re.search(rf"\binput\b.*\b{name}\b", text):
            connections[f"i_{name}"] = signal
    return connections
