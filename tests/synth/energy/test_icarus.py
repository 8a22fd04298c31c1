import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from synth.energy.icarus import transitions
from synth.energy.simulation import GateSimulation
from synth.errors import SynthesisToolError
from synth.flow import Synthesis
from synth.liberty import Liberty

# Both methods order what happens at one picosecond in their own way.
BOUND = 0.02


def test_another_simulator_counts_the_same_transitions(
    small: Liberty, grid: Synthesis, tmp_path: Path
):
    if not shutil.which("iverilog"):
        pytest.skip("Icarus Verilog is not installed")
    draws = random.Random(3)
    ports = {p: len(n) for p, n in grid.netlist.inputs.items() if p not in ("clk", "rst")}
    stimulus = [{p: draws.randrange(1 << bits) for p, bits in ports.items()} for _ in range(60)]
    simulation = GateSimulation(grid.netlist, small, period_ns=grid.period_ns)
    for inputs in stimulus:
        simulation.step(inputs)
    ours = simulation.toggles
    theirs = transitions(grid.netlist, small, stimulus, tmp_path, period_ns=grid.period_ns)
    assert ours.sum() > 10_000
    assert abs(theirs.sum() / ours.sum() - 1) < BOUND, (ours.sum(), theirs.sum())
    assert np.corrcoef(ours, theirs)[0, 1] > 0.99


def test_without_icarus_it_says_so(
    small: Liberty, grid: Synthesis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(SynthesisToolError, match="install the package iverilog"):
        transitions(grid.netlist, small, [], tmp_path, period_ns=1.0)
