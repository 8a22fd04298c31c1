import torch

from quant.augment import augment
from quant.data import Augmentation
from quant.determinism import generator


def image() -> torch.Tensor:
    return torch.rand(1, 1, 8, 8, generator=generator(1))


def test_no_augmentation_returns_the_images_and_draws_as_much() -> None:
    still, moving = generator(4), generator(4)
    assert torch.equal(augment(image(), Augmentation(), still), image())
    augment(image(), Augmentation(rotation=5), moving)
    assert torch.equal(still.get_state(), moving.get_state())


def test_a_shift_of_whole_pixels_moves_the_image() -> None:
    draws = torch.rand(1, 4, generator=generator(2)) * 2 - 1
    # The shift that makes this seed's horizontal draw one pixel; the vertical one is undone below.
    shift = float(1 / draws[0, 2])
    moved = augment(image(), Augmentation(shift=shift), generator(2))
    down = float(draws[0, 3]) * shift
    rows = torch.arange(8.0) + down
    expected = torch.zeros(8, 8)
    source = torch.cat([image()[0, 0], torch.zeros(8, 1)], dim=1)[:, 1:]
    for row, position in enumerate(rows.tolist()):
        lower = int(torch.floor(torch.tensor(position)))
        for index, share in ((lower, 1 - (position - lower)), (lower + 1, position - lower)):
            if 0 <= index < 8:
                expected[row] += share * source[index]
    assert torch.allclose(moved[0, 0], expected, atol=1e-5)


def test_rotation_by_a_quarter_turn() -> None:
    draw = float(torch.rand(1, 4, generator=generator(6))[0, 0] * 2 - 1)
    turned = augment(image(), Augmentation(rotation=90 / draw), generator(6))
    assert torch.allclose(turned, torch.rot90(image(), 1, (2, 3)), atol=1e-4)


def test_one_seed_one_result() -> None:
    settings = Augmentation(rotation=10, shift=1, zoom=0.1)
    first, second = (augment(image(), settings, generator(9)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, image())
