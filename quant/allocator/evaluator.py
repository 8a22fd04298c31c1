"""One evaluation: bits and a parent's weights in, short training, figures and weights out."""

import copy
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from quant.allocator.settings import AllocatorSettings
from quant.allocator.store import EvaluationStore, content_key
from quant.augment import augment
from quant.data import Split, Splits
from quant.determinism import generator
from quant.evaluate import accuracy, logits, output_divergence, score
from quant.integer_network import MAX_BITS
from quant.memory_format import channels_last
from quant.model import QuantizedModel, float_weights, prepare, size_ratio
from quant.progress import Progress
from quant.qat import QatSettings, calibrate_on, train_quantized
from quant.sensitivity import METRICS, Context, Scores
from quant.sensitivity.moves import move_divergences

# Part of every key: to be raised when a change here or in training alters results.
_REVISION = 4


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What came of `epochs` of training at `bits`, on the validation part.

    divergence: mean KL divergence in nats of the outputs from the float network's. It ranks
    allocations more finely than the accuracy, a count of images. seconds: of the processor, all
    threads together.
    """

    key: str
    bits: dict[str, int]
    accuracy: float
    divergence: float
    size_ratio: float
    epochs: float
    seconds: float


class Evaluator:
    """Evaluates allocations of one float network with one seed; what is stored is not computed.

    To be used under `quant.determinism.deterministic`. Every evaluation starts from its parent's
    stored weights and a seed made of its own key, so that its result does not depend on what the
    process did before: a rerun continues where a killed run stopped, to the same bits.
    """

    def __init__(
        self,
        network: nn.Module,
        data: Splits,
        qat: QatSettings,
        *,
        folder: Path,
        seed: int,
        activation_bits: int = MAX_BITS,
        progress: Progress | None = None,
    ) -> None:
        self.data = data
        self.qat = qat
        self.seed = seed
        self.progress = progress
        self.store = EvaluationStore(folder)
        self.teacher = channels_last(copy.deepcopy(network).eval())
        self.model = prepare(network, torch.from_numpy(data.train.images[:1]))
        self.model.set_hidden_activation_bits(activation_bits)
        self.start_bits = self.model.bits
        self.start = self.model.snapshot()
        self.float_weights = float_weights(self.model)
        self.counts = self.model.weight_counts
        self._expected: Tensor | None = None
        self._measuring: dict[str, float] = {}
        shared = {
            "revision": _REVISION,
            "torch": torch.__version__,
            "device": next(network.parameters()).device.type,
            "qat": asdict(qat),
            "data": data.digest(),
            "graph": repr(self.model.graph),
            "epsilons": _epsilons(self.model),
            "weights": _digest(self.start),
        }
        self._shared_root = content_key(shared)
        self._root = content_key(shared | {"seed": seed})

    @classmethod
    def of(
        cls,
        network: nn.Module,
        data: Splits,
        settings: AllocatorSettings,
        *,
        folder: Path,
        seed: int,
        progress: Progress | None = None,
    ) -> Self:
        """Return the evaluator that `settings` ask for."""
        return cls(
            network,
            data,
            settings.qat,
            folder=folder,
            seed=seed,
            activation_bits=settings.activation_bits,
            progress=progress,
        )

    def evaluate(
        self, bits: Mapping[str, int], *, parent: Evaluation | None, epochs: float, label: str
    ) -> Evaluation:
        """Return the evaluation of `bits` after `epochs` from `parent`, or from the float network.

        `label` names the work in `progress`.
        """
        key = content_key(
            {
                "root": self._root,
                "parent": parent.key if parent else None,
                "bits": dict(bits),
                "epochs": float(epochs),
            }
        )
        figures = self.store.get(key)
        if figures is None:
            with self.store.claimed(key):
                figures = self.store.get(key) or self._compute(key, bits, parent, epochs, label)
        return Evaluation(
            key=key,
            bits=dict(bits),
            accuracy=figures["accuracy"],
            divergence=figures["divergence"],
            size_ratio=size_ratio(self.counts, bits),
            epochs=epochs,
            seconds=figures["seconds"],
        )

    def epochs(self, steps: int) -> float:
        """Return how many epochs `steps` of training are."""
        images = len(self.data.train)
        return steps / (images // min(self.qat.batch, images))

    def sensitivity(self, metric: str, *, widths: tuple[int, ...], images: int) -> Scores:
        """Return the float network's damage by layer and width, on so many training images."""
        asked = {"metric": metric, "widths": list(widths), "images": images}

        found = self.measured(asked, lambda: METRICS[metric](self.context(widths, images)))
        return {name: {int(bits): v for bits, v in row.items()} for name, row in found.items()}

    def move_divergences(
        self, evaluation: Evaluation, moves: Sequence[Mapping[str, int]], *, images: int
    ) -> tuple[float, list[float]]:
        """Return the divergence of `evaluation` on training images, and after each of `moves`."""
        asked = {
            "evaluation": evaluation.key,
            "moves": [dict(move) for move in moves],
            "images": images,
        }

        def measure() -> Any:
            return move_divergences(
                self.load(evaluation),
                self.teacher,
                self._calibration(images)[0],
                moves,
                progress=self.progress,
            )

        before, after = self.measured(asked, measure)
        return before, after

    @property
    def measuring_seconds(self) -> float:
        """Processor seconds of all measurements asked of this evaluator, stored ones included."""
        return sum(self._measuring.values())

    def load(self, evaluation: Evaluation | None) -> QuantizedModel:
        """Bring the one model of this evaluator to `evaluation` (None: float weights, 8 bits)."""
        if evaluation is None:
            self.model.restore(self.start, self.start_bits)
        else:
            self.model.restore(self.store.state(evaluation.key), evaluation.bits)
        return self.model

    def weights(self, evaluation: Evaluation) -> dict[str, Tensor]:
        """Return the float weights behind `evaluation`, float32[O, ...] by layer."""
        return float_weights(self.load(evaluation))

    def float_accuracy(self, split: Split) -> float:
        """Return the float network's accuracy on `split`."""
        if split is self.data.validation:
            return score(self.expected, split.labels)
        return accuracy(self.teacher, split)

    def accuracy(self, evaluation: Evaluation, split: Split) -> float:
        """Return the accuracy of `evaluation` on `split`: for reports of the test part."""
        return accuracy(self.load(evaluation), split)

    @property
    def expected(self) -> Tensor:
        """The float network's logits for the validation part, float32[N, classes]."""
        if self._expected is None:
            self._expected = logits(self.teacher, self.data.validation.images)
        return self._expected

    def measured(self, asked: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
        """Return what `measure` finds (JSON values), stored under `asked`, whatever the seed."""
        key = content_key({"root": self._shared_root, "measurement": dict(asked)})
        figures = self.store.get(key)
        if figures is None:
            with self.store.claimed(key):
                figures = self.store.get(key) or self._measure(key, measure)
        self._measuring[key] = figures["seconds"]
        return figures["found"]

    def context(self, widths: tuple[int, ...], images: int) -> Context:
        """Return what sensitivity metrics look at: the calibrated float network, and images."""
        model = self.load(None)
        calibrate_on(model, self.data, self.qat)
        return Context(model, *self._calibration(images), widths=widths, progress=self.progress)

    def _measure(self, key: str, measure: Callable[[], Any]) -> dict[str, Any]:
        begun = time.process_time()
        found = measure()
        figures = {"found": found, "seconds": round(time.process_time() - begun, 3)}
        self.store.put(key, figures, {})
        # As it will be read back: JSON knows no integer keys.
        return json.loads(json.dumps(figures))

    def _calibration(self, images: int) -> tuple[Tensor, Tensor]:
        """Return training images as training sees them, and their labels."""
        train = self.data.train
        plain, labels = (torch.from_numpy(a[:images]) for a in (train.images, train.labels))
        return augment(plain, self.data.augmentation, generator(0)), labels

    def _compute(
        self,
        key: str,
        bits: Mapping[str, int],
        parent: Evaluation | None,
        epochs: float,
        label: str,
    ) -> dict[str, float]:
        begun = time.process_time()
        model = self.load(parent)
        model.set_bits(bits)
        earlier = train_quantized(
            model,
            self.teacher,
            self.data,
            self.qat,
            epochs=epochs,
            seed=int(key[:15], 16),
            label=label,
            progress=self.progress,
            resume=self.store.resume_path(key),
        )
        outputs = logits(model, self.data.validation.images)
        figures = {
            "accuracy": score(outputs, self.data.validation.labels),
            "divergence": output_divergence(self.expected, outputs),
            "seconds": round(earlier + time.process_time() - begun, 3),
        }
        self.store.put(key, figures, model.snapshot())
        return figures


def _epsilons(model: QuantizedModel) -> list[float]:
    return [module.eps for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


def _digest(state: Mapping[str, Tensor]) -> str:
    sha = hashlib.sha256()
    for key, value in sorted(state.items()):
        sha.update(f"{key}{tuple(value.shape)}{value.dtype}".encode())
        sha.update(value.numpy().tobytes())
    return sha.hexdigest()
