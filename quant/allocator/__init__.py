"""SigmaQuant: bit-widths within budgets, found by measurement or as published.

The published search has sigma clusters (phase 1) and refinement by KL divergence (phase 2); ours
keeps the two phases and measures instead. The method: Liu, Yu, Zapater, Atienza, "SigmaQuant:
Hardware-Aware Heterogeneous Quantization Method for Edge DNN Inference", arXiv 2602.22136, 2026.
Where the paper is open, the modules say what is ours.
"""

from quant.allocator.allocate import allocate, load_allocated
from quant.allocator.compare import METHODS, Trained, rival, uniform
from quant.allocator.costs import Budget, CostTable, bops, weight_bytes
from quant.allocator.result import (
    Accuracy,
    AllocatedLayer,
    Allocation,
    CostFigure,
    Final,
    FrontierPoint,
    Round,
    SearchCost,
)
from quant.allocator.settings import AllocatorSettings
from quant.allocator.zones import Zone

__all__ = [
    "METHODS",
    "Accuracy",
    "AllocatedLayer",
    "Allocation",
    "AllocatorSettings",
    "Budget",
    "CostFigure",
    "CostTable",
    "Final",
    "FrontierPoint",
    "Round",
    "SearchCost",
    "Trained",
    "Zone",
    "allocate",
    "bops",
    "load_allocated",
    "rival",
    "uniform",
    "weight_bytes",
]
