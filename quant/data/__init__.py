"""Datasets: images as float32 arrays, split once and for all by a stated seed."""

from quant.data.splits import Augmentation, Split, Splits, stratified_splits

__all__ = ["Augmentation", "Split", "Splits", "stratified_splits"]
