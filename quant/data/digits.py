"""The 1,797 handwritten digits of scikit-learn, 8x8 pixels of 17 grey levels.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998; the copy embedded in scikit-learn is that set's test part.
"""

import numpy as np
from sklearn.datasets import load_digits

from quant.data.splits import Augmentation, Split, Splits, stratified_splits

CLASSES = 10
SEED = 20260
FRACTIONS = (0.60, 0.15, 0.25)
AUGMENTATION = Augmentation(rotation=12.0, shift=0.8, zoom=0.1)


def load(*, seed: int = SEED) -> Splits:
    """Return the fixed stratified split: about 60 % training, 15 % validation, 25 % test.

    Images are float32[N, 1, 8, 8] in 0..1 (pixel / 16). The seed shuffles the split only; the
    shipped checkpoint belongs to the default one.
    """
    pixels, targets = load_digits(return_X_y=True)
    images = (np.asarray(pixels) / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    labels = np.asarray(targets).astype(np.int64)
    train, validation, test = (
        Split(images=images[part], labels=labels[part])
        for part in stratified_splits(labels, FRACTIONS, seed)
    )
    return Splits(
        name=f"digits-{seed}",
        train=train,
        validation=validation,
        test=test,
        augmentation=AUGMENTATION,
    )
