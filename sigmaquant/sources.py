"""From the configuration to what is allocated: network, images and how they are trained on."""

from pathlib import Path
from typing import TYPE_CHECKING

from sigmaquant import data_source
from sigmaquant.allocation_config import DIGITS, AllocationConfiguration
from sigmaquant.data_source import file_sha256

if TYPE_CHECKING:
    from torch import nn

    from quant.allocator import AllocatorSettings
    from quant.data import Splits
    from quant.qat import QatSettings

SOURCES = (
    "quant",
    "sigmaquant.allocation_config",
    "sigmaquant.data_source",
    "sigmaquant.sources",
)
DISTRIBUTIONS = ("torch", "numpy", "scipy", "scikit-learn", "safetensors")
# Epochs of the last fine-tuning where one takes minutes; small data has the allocator's own.
_LARGE_EPOCHS = 4.0


def describe(configuration: AllocationConfiguration) -> dict[str, object]:
    """What network, weights and images are, for the inputs of a step: hashes of all files.

    Paths are not part of it: a file that was moved is the same. Raises ConfigurationError for a
    file that is missing.
    """
    weights = configuration.weights
    return {
        "network": name_of(configuration),
        "network_files": {file.name: file_sha256(file) for file in _network_files(configuration)},
        "weights": file_sha256(weights) if weights else None,
        "data": data_source.describe(configuration),
    }


def describe_training(configuration: AllocationConfiguration) -> dict[str, object]:
    """How networks are trained, as far as the data does not decide it."""
    return {
        "mode": configuration.mode,
        "activation_bits": configuration.activation_bits,
        "qat": configuration.qat.given(),
        "epochs": configuration.epochs,
        "search_steps": configuration.search_steps,
    }


def weights_file(configuration: AllocationConfiguration) -> Path | None:
    """The file that the trained weights come from; None where the network brings none."""
    from quant.networks.digits import CHECKPOINT

    if configuration.weights:
        return configuration.weights
    return CHECKPOINT if configuration.network == DIGITS else _network_file(configuration)


def input_files(configuration: AllocationConfiguration) -> dict[str, str]:
    """SHA-256 of weights and data by file name, for records: no path of this machine."""
    file, data = weights_file(configuration), data_source.describe(configuration)["files"]
    assert isinstance(data, dict)
    return ({file.name: file_sha256(file)} if file else {}) | data


def name_of(configuration: AllocationConfiguration) -> str:
    """The network's name: that of a class where a file has several."""
    path, _, name = configuration.network.rpartition(":")
    return name if path else Path(name).stem


def load_network(configuration: AllocationConfiguration) -> "nn.Module":
    """The float network with its trained weights, in eval mode."""
    from quant import imports

    return imports.load_network(configuration.network, configuration.weights)


def training(configuration: AllocationConfiguration, data: "Splits") -> "QatSettings":
    """How the network is trained: by the data, and what the configuration says otherwise."""
    from quant.qat import QatSettings

    own: dict[str, int | float | str | bool] = {}
    if data_source.is_large(data):
        # Alone on a few cores an epoch has to take minutes, and no small batch can carry it there.
        own = {
            "batch": 128,
            "rate": 1e-3,
            "distillation": 1.0,
            "temperature": 4.0,
            "precision": "bfloat16",
            # At 8 bits training does not miss their rounding, at fewer it has to learn it.
            "activations": configuration.activation_bits < 8,
        }
    return QatSettings(**(own | configuration.qat.given()))  # pyright: ignore[reportArgumentType]


def settings(
    configuration: AllocationConfiguration,
    data: "Splits",
    tied: tuple[tuple[str, ...], ...] = (),
) -> "AllocatorSettings":
    """The allocator's settings; `tied` are the groups of layers that share their bits."""
    from quant.allocator import AllocatorSettings

    large = _LARGE_EPOCHS if data_source.is_large(data) else None
    schedule = {
        "search_steps": configuration.search_steps,
        "final_epochs": large if configuration.epochs is None else configuration.epochs,
    }
    size = configuration.size_budget
    return AllocatorSettings(
        mode=configuration.mode,
        accuracy_drop=configuration.accuracy_drop,
        size=1.0 if size is None else size,
        widths=configuration.widths,
        pins=configuration.pins,
        tied=tied,
        activation_bits=configuration.activation_bits,
        qat=training(configuration, data),
        **{name: value for name, value in schedule.items() if value is not None},
    )


def _network_file(configuration: AllocationConfiguration) -> Path | None:
    """The file that the network itself is read from."""
    path, colon, _ = configuration.network.rpartition(":")
    file = Path(path if colon else configuration.network)
    return file if file.suffix in (".py", ".pt2") else None


def _network_files(configuration: AllocationConfiguration) -> list[Path]:
    """The network's file, and the modules beside it, which it may import."""
    file = _network_file(configuration)
    if file is None:
        return []
    return sorted({file, *(file.parent.glob("*.py") if file.suffix == ".py" else ())})
