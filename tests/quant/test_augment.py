import math

import pytest
import torch

from quant.augment import augment
from quant.data import Augmentation
from quant.determinism import generator
from quant.errors import SettingsError


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


def test_photographs_take_more_draws_only_where_they_are_used() -> None:
    states = []
    for settings in (Augmentation(), Augmentation(flip=True), Augmentation(crop=1, flip=True)):
        draws = generator(4)
        augment(image(), settings, draws)
        states.append(draws.get_state())
    reference = generator(4)
    torch.rand(1, 4, generator=reference)
    assert torch.equal(states[0], reference.get_state())
    assert not torch.equal(states[0], states[1])
    assert not torch.equal(states[1], states[2])


@pytest.mark.parametrize("settings", [Augmentation(crop=2), Augmentation(crop=1, flip=True)])
def test_every_window_is_drawn_and_none_else(settings: Augmentation) -> None:
    original = torch.rand(2, 5, 6, generator=generator(1)) + 1
    count = 600
    changed = augment(original.expand(count, -1, -1, -1), settings, generator(2))
    mirrored = [original, original.flip(2)] if settings.flip else [original]
    size = 2 * settings.crop + 1
    windows = [
        torch.nn.functional.pad(source, [settings.crop] * 4)[:, y : y + 5, x : x + 6]
        for source in mirrored
        for y in range(size)
        for x in range(size)
    ]
    drawn = [sum(torch.equal(each, window) for each in changed) for window in windows]
    assert sum(drawn) == count
    expected = count / len(windows)
    assert all(abs(times - expected) < 5 * math.sqrt(expected) for times in drawn)


def test_the_border_has_the_colour_of_its_channel_and_the_image_is_left_alone() -> None:
    image = torch.rand(3, 6, 6, generator=generator(1)) + 10
    settings = Augmentation(crop=2, border=(-1.0, -2.0, -3.0))
    changed = augment(image.expand(64, -1, -1, -1), settings, generator(2))
    for channel, colour in enumerate((-1.0, -2.0, -3.0)):
        outside = changed[:, channel] < 0
        assert outside.any()
        assert (changed[:, channel][outside] == colour).all()
        kept = changed[:, channel][~outside]
        assert torch.isin(kept, image[channel]).all()


def test_a_border_of_other_channels() -> None:
    settings = Augmentation(crop=1, border=(0.1, 0.2))
    with pytest.raises(SettingsError, match="a border of 2 channels around images of 3: give one"):
        augment(torch.zeros(1, 3, 4, 4), settings, generator(1))


def test_a_flip_alone_only_mirrors() -> None:
    images = torch.rand(64, 1, 4, 4, generator=generator(1))
    changed = augment(images, Augmentation(flip=True), generator(3))
    mirrored = [torch.equal(new, old.flip(2)) for new, old in zip(changed, images, strict=True)]
    same = [torch.equal(new, old) for new, old in zip(changed, images, strict=True)]
    assert sum(mirrored) + sum(same) == 64
    assert 16 < sum(mirrored) < 48


def test_distortion_comes_before_the_window_is_cut() -> None:
    affine = Augmentation(rotation=10, shift=1, zoom=0.1)
    both = Augmentation(rotation=10, shift=1, zoom=0.1, flip=True)
    images = torch.rand(8, 1, 8, 8, generator=generator(1))
    distorted, flipped = (augment(images, each, generator(5)) for each in (affine, both))
    for new, old in zip(flipped, distorted, strict=True):
        assert torch.equal(new, old) or torch.equal(new, old.flip(2))
