"""How far the network's outputs move when one layer is quantized: measured, not modelled."""

import torch
import torch.nn.functional as F
from torch import Tensor

from quant.fake_quantize.weights import initial_steps
from quant.sensitivity.context import Context, Scores, as_float, run_from

_BATCH = 128


@torch.no_grad()
def output_kl(context: Context) -> Scores:
    """Return D(float || quantized) in nats of the class probabilities, the mean over the images.

    One layer at a time has its weights at `bits`, all others are float, activations too. BatchNorm
    normalises by the batch on both sides: what re-estimated statistics repair is no damage.
    """
    model, batches = context.model, context.batches(_BATCH)
    units = model.mac_units
    steps = {
        name: {bits: initial_steps(unit.float_weight, bits) for bits in context.widths}
        for name, unit in units.items()
    }
    damage = {name: dict.fromkeys(context.widths, 0.0) for name in units}
    with as_float(model, batch_statistics=True):
        for number, (images, _) in enumerate(batches):
            tensors = model.run(images)
            reference = tensors[model.graph.output].flatten(1)
            for place, (name, unit) in enumerate(units.items()):
                quantizer = unit.weight_quantizer
                quantizer.enabled = True
                for bits in context.widths:
                    quantizer.bits = bits
                    quantizer.step.copy_(steps[name][bits])
                    total = divergence(reference, run_from(model, tensors, name))
                    damage[name][bits] += total / len(context.images)
                quantizer.enabled = False
                context.report(
                    "output KL", number * len(units) + place + 1, len(batches) * len(units)
                )
    return damage


def divergence(reference: Tensor, logits: Tensor) -> float:
    """Return the sum over images of D(reference || logits) in nats, both float32[N, classes]."""
    # In double precision, as 8 bits move probabilities by no more than float32 rounds them.
    p, q = (F.log_softmax(x.double(), dim=1) for x in (reference, logits))
    return max(0.0, float(F.kl_div(q, p, reduction="sum", log_target=True)))
