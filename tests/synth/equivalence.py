"""Formal equivalence of two designs by Yosys' SAT solver."""

from collections.abc import Sequence
from pathlib import Path

from synth import yosys
from synth.yosys import Step

# Registers start at 0 in both; the outputs are proved equal at every later cycle by induction.
_PROVE = "sat -verify -prove trigger 0 -set-init-zero -tempinduct -maxsteps 8 -show-inputs miter"


def prove_equal(gold: Sequence[str], gate: Sequence[str], folder: Path, top: str = "top") -> None:
    """Prove that the designs read by the two lists of commands have equal outputs for ever.

    Raises SynthesisToolError with the log when they differ or the proof does not close.
    """
    commands = []
    for name, load in (("gold", gold), ("gate", gate)):
        commands += [
            *load,
            f"hierarchy -check -top {top}",
            "setattr -unset init w:*",
            "proc",
            "flatten",
            "opt_clean",
            f"rename {top} {name}",
            f"design -stash {name}",
        ]
    commands += [
        "design -copy-from gold -as gold gold",
        "design -copy-from gate -as gate gate",
        "miter -equiv -flatten gold gate miter",
        _PROVE,
    ]
    yosys.run([Step("prove equivalence", tuple(commands))], folder, "equivalence")
