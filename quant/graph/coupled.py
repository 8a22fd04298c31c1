"""Coupled layers: those whose outputs are added up, and so share one residual stream."""

from quant.graph.layers import AddLayer, ConvLayer, LayerGraph, LinearLayer


def coupled_layers(graph: LayerGraph) -> tuple[tuple[str, ...], ...]:
    """Return the groups of layers with weights whose outputs meet in an addition.

    An output gets there through rectifiers, pools, subsampling and other additions, but not
    through a layer with weights. Groups and their members are in execution order; a layer that
    meets no other is in none.
    """
    groups: dict[str, set[str]] = {}  # of each layer with weights, shared among its members
    writers: dict[str, set[str]] = {graph.input: set()}  # whose outputs each tensor carries
    for layer in graph.layers:
        if isinstance(layer, ConvLayer | LinearLayer):
            groups[layer.name] = {layer.name}
            writers[layer.name] = {layer.name}
            continue
        writers[layer.name] = set().union(*(writers[name] for name in layer.inputs))
        if isinstance(layer, AddLayer):
            _join(groups, writers[layer.name])
    order = [layer.name for layer in graph.mac_layers]
    found = (tuple(name for name in order if name in groups[first]) for first in order)
    return tuple(dict.fromkeys(group for group in found if len(group) > 1))


def _join(groups: dict[str, set[str]], names: set[str]) -> None:
    joined = set().union(*(groups[name] for name in names))
    for name in joined:
        groups[name] = joined
