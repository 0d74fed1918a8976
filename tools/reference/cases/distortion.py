"""Images that are turned, scaled, shifted, and bent, by SciPy's linear interpolation on an image padded with zeros."""

import numpy as np
import scipy
from scipy.ndimage import map_coordinates

from fixture import assert_close, made, tensor

SEED = 3
ROWS, COLUMNS = 5, 7
PADDING = 30
# The angle in radians, the scales and the shift of rows and columns, and whether pixels are displaced too.
DISTORTIONS = [
    (0.3, (1.2, 0.8), (0.7, -1.4), False),
    (-2.5, (0.9, 1.1), (-0.25, 0.5), True),
    (0.0, (1.0, 1.0), (0.0, 0.0), True),
]


def make() -> dict:
    rng = np.random.default_rng(SEED)
    image = rng.integers(0, 256, (ROWS, COLUMNS)).astype(float)
    cases = [case(rng, image, *distortion) for distortion in DISTORTIONS]
    return {"made": made(SEED) | {"scipy": scipy.__version__}, "image": tensor(image), "cases": cases}


def case(rng, image, angle, scale, shift, is_bent) -> dict:
    displacements = rng.normal(0, 1.3, (2, ROWS, COLUMNS)) if is_bent else np.zeros((2, ROWS, COLUMNS))
    # Forward, for offsets (row, column) from the center: turned clockwise as drawn, where rows go down; scaled; then shifted.
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    inverse = np.linalg.inv(np.diag(scale) @ turn)
    center = np.array([(ROWS - 1) / 2, (COLUMNS - 1) / 2])[:, None]
    grid = np.stack(np.meshgrid(np.arange(ROWS), np.arange(COLUMNS), indexing="ij")).reshape(2, -1)
    places = inverse @ (grid - center - np.array(shift)[:, None]) + center + displacements.reshape(2, -1)
    expected = map_coordinates(np.pad(image, PADDING), places + PADDING, order=1)
    assert_close("distortion", by_hand(image, places), expected)
    return {
        "angle": angle,
        "scale": list(scale),
        "shift": list(shift),
        "displacements": [tensor(each) for each in displacements] if is_bent else None,
        "expected": tensor(expected.reshape(ROWS, COLUMNS)),
    }


def by_hand(image, places):
    """The same, as a sum over all pixels, each of which weighs as much as its tent reaches."""
    rows, columns = np.meshgrid(np.arange(ROWS), np.arange(COLUMNS), indexing="ij")
    tents = [np.maximum(0, 1 - np.abs(axis[None] - place[:, None, None])) for axis, place in zip((rows, columns), places)]
    return (tents[0] * tents[1] * image[None]).sum(axis=(1, 2))
