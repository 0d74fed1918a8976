"""The fixture format: tensors and numbers as JSON, written so that a second run gives the same bytes."""

import json
import math
import platform
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent / "fixtures"


def float32_values(array) -> np.ndarray:
    """Rounds to float32 but keeps float64, so that a float32 implementation starts from the same numbers."""
    return np.asarray(array, dtype=np.float32).astype(np.float64)


def as_array(values) -> np.ndarray:
    return values.detach().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def tensor(values) -> dict:
    """{"shape", "data"} of an array or a torch tensor, row-major; the shortest digits that read back the same."""
    array = as_array(values) + 0  # -0.0 becomes 0.0, because test matchers distinguish them
    return {"shape": list(array.shape), "data": array.ravel(order="C").tolist()}


def tensors(values_by_name: dict) -> dict:
    return {name: tensor(values) for name, values in values_by_name.items()}


def made(seed: int | None) -> dict:
    return {
        "by": "tools/reference",
        "command": "python3 tools/reference/generate.py",
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "seed": seed,
        "dtype": "float64",
    }


def encode(fixture: dict) -> str:
    return json.dumps(fixture, separators=(",", ":"), allow_nan=False) + "\n"


def difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """The largest |actual - expected|, relative to the tensor's largest |expected|."""
    scale = np.abs(expected).max(initial=0.0) or 1.0
    return np.abs(actual - expected).max(initial=0.0) / scale


def assert_close(what: str, actual, expected, tolerance: float = 1e-12) -> None:
    actual, expected = as_array(actual), as_array(expected)
    if actual.shape != expected.shape:
        raise AssertionError(f"{what}: shape {actual.shape}, expected {expected.shape}")
    error = difference(actual, expected)
    if not error <= tolerance:
        raise AssertionError(f"{what}: differs by {error:.3g}, allowed {tolerance:.3g}")


def largest_difference(a, b) -> float:
    """The largest difference of any tensor in two parsed fixtures, except "made"; infinity if they differ in structure."""
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b):
            return math.inf
        return max((largest_difference(a[key], b[key]) for key in a if key != "made"), default=0.0)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return math.inf
        if all(isinstance(value, float) for value in a + b):
            return difference(np.array(a), np.array(b))
        return max(map(largest_difference, a, b), default=0.0)
    if isinstance(a, float) and isinstance(b, float):
        return difference(np.array(a), np.array(b))
    return 0.0 if a == b else math.inf
