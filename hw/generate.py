"""Text of a component for other tools: Verilog for simulators, RTLIL for synthesis.

Repeated blocks are written once (`hw.library`). The text does not depend on the machine: Amaranth's
own Yosys writes the Verilog, never one found on PATH.
"""

import os

from amaranth.back import rtlil as rtlil_backend  # pyright: ignore[reportAttributeAccessIssue]
from amaranth.back import verilog as verilog_backend
from amaranth.lib.wiring import Component

from hw.library import ModuleLibrary
from hw.memory_macros import MacroLibrary


def verilog(component: Component, name: str) -> str:
    """Verilog of `component` as top module `name`."""
    library = ModuleLibrary(_convert_verilog)
    top = _convert_verilog(component, name, library)
    return "\n".join([*library.modules.values(), top])


def rtlil(component: Component, name: str, *, macros: bool = False) -> str:
    """RTLIL of `component` as top module `name`, the one module with the attribute `top`.

    macros: memories are instances of black boxes (`hw.memory_macros`), for standard cells.
    """
    library = MacroLibrary(_convert_rtlil) if macros else ModuleLibrary(_convert_rtlil)
    top = _convert_rtlil(component, name, library)
    boxes = library.boxes.values() if isinstance(library, MacroLibrary) else ()
    blocks = [text.replace("attribute \\top 1\n", "") for text in library.modules.values()]
    return "\n".join([*boxes, *blocks, top])


def _convert_verilog(component: Component, name: str, library: ModuleLibrary) -> str:
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"
    return verilog_backend.convert(
        component, name=name, platform=library, emit_src=False, strip_internal_attrs=True
    )


def _convert_rtlil(component: Component, name: str, library: ModuleLibrary) -> str:
    return rtlil_backend.convert(component, name=name, platform=library, emit_src=False)
