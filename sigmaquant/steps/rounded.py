"""The float network rounded to each width, calibrated and not trained, as integer networks."""

from functools import partial

import numpy as np

from sigmaquant import data_source, provenance, sources
from sigmaquant.config import Configuration
from sigmaquant.energy_results import RoundedNetworks
from sigmaquant.step import Context, Step

NETWORK = ("network.json", "network.safetensors")
IMAGE = "image.npy"


def step(configuration: Configuration, widths: tuple[int, ...]) -> Step[RoundedNetworks]:
    """Integer networks at every one of `widths`, and the first test image as the codes of each.

    The folder of the step has one of `folder_name` for each width.
    """
    return Step(
        name=f"rounded-{sources.name_of(configuration)}",
        title=f"Round {sources.name_of(configuration)} to {', '.join(map(str, widths))} bits",
        result=RoundedNetworks,
        compute=partial(_compute, configuration, widths),
        inputs={
            **sources.describe(configuration),
            "training": sources.describe_training(configuration),
            "widths": widths,
        },
        sources=(*sources.SOURCES, __name__),
        distributions=sources.DISTRIBUTIONS,
        artifacts=tuple(
            f"{folder_name(width)}/{file}" for width in widths for file in (*NETWORK, IMAGE)
        ),
    )


def folder_name(width: int) -> str:
    """Where the network of `width` bits lies in the step's folder."""
    return f"{width}bit"


def _compute(
    configuration: Configuration, widths: tuple[int, ...], context: Context
) -> RoundedNetworks:
    # Torch takes seconds to import: only where the step really runs.
    import torch

    from quant.determinism import deterministic
    from quant.export import to_integer_network
    from quant.input_codes import input_codes
    from quant.integer_network import save
    from quant.model import prepare
    from quant.qat import calibrate_on

    data = data_source.load(configuration)
    qat = sources.training(configuration, data)
    hashes: dict[str, str] = {}
    with deterministic(qat.threads):
        model = prepare(
            sources.load_network(configuration), torch.from_numpy(data.train.images[:1])
        )
        model.set_hidden_activation_bits(configuration.activation_bits)
        for number, width in enumerate(widths):
            context.progress("rounded", number, len(widths))
            model.set_bits(dict.fromkeys(model.bits, width))
            calibrate_on(model, data, qat)
            name = f"{sources.name_of(configuration)}-{width}bit"
            network = to_integer_network(model, name, {"data": data.name})
            folder = context.folder / folder_name(width)
            folder.mkdir(exist_ok=True)
            save(network, folder)
            np.save(folder / IMAGE, input_codes(network, data.test.images[:1])[0])
            hashes[str(width)] = provenance.file_sha256(folder / NETWORK[0])
    return RoundedNetworks(layers=list(model.bits), sha256=hashes)
