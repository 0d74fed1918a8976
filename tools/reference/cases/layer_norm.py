"""Layer norm: outputs, and gradients with respect to the input, the scale, and the shift."""

import numpy as np
import torch

from fixture import assert_close, float32_values, made, tensor, tensors

SEED = 112
BATCH, UNITS = 6, 9
EPSILON = 1e-5


def make() -> dict:
    rng = np.random.default_rng(SEED)
    inputs = {
        "x": float32_values(rng.normal(size=(BATCH, UNITS)) * 3 + rng.normal(size=(BATCH, 1))),
        "gamma": float32_values(rng.uniform(0.5, 1.5, UNITS) * rng.choice([-1, 1], UNITS)),
        "beta": float32_values(rng.normal(size=UNITS)),
    }
    dy = float32_values(rng.normal(size=(BATCH, UNITS)))
    in_torch = {key: torch.from_numpy(value).requires_grad_() for key, value in inputs.items()}
    y = torch.nn.functional.layer_norm(in_torch["x"], (UNITS,), in_torch["gamma"], in_torch["beta"], EPSILON)
    (y * torch.from_numpy(dy)).sum().backward()
    gradients = {key: value.grad for key, value in in_torch.items()}

    x = inputs["x"]
    centered = x - x.mean(1, keepdims=True)
    inverse = 1 / np.sqrt((centered**2).mean(1, keepdims=True) + EPSILON)
    normalized = centered * inverse
    assert_close("layer norm: y", y, normalized * inputs["gamma"] + inputs["beta"])
    scaled = dy * inputs["gamma"]
    by_hand = {
        "x": (scaled - scaled.mean(1, keepdims=True) - normalized * (scaled * normalized).mean(1, keepdims=True))
        * inverse,
        "gamma": (dy * normalized).sum(0),
        "beta": dy.sum(0),
    }
    for key, expected in by_hand.items():
        assert_close(f"layer norm: gradient by {key}", gradients[key], expected)
    return {
        "made": made(SEED),
        "epsilon": EPSILON,
        **tensors(inputs),
        "y": tensor(y),
        "dy": tensor(dy),
        "gradients": tensors(gradients),
    }
