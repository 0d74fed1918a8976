"""One harmonic layer: outputs, and gradients with respect to input, kernel, bias, and periods."""

import numpy as np
import torch

import by_hand
from fixture import assert_close, float32_values, made, tensor, tensors
from model import Harmonic, set_linear

SEED = 101

#        name                        batch inputs units base  max  residual
CASES = [
    ("one input, one unit",              3,     1,    1, 1.0, 10.0, 0.1),
    ("one example",                      1,     4,    3, 1.0, 10.0, 0.1),
    ("cap not reached",                  6,     5,    3, 1.0, 10.0, 0.1),
    ("cap reached",                      5,    20,   12, 1.0,  5.0, 0.1),
    ("half base, cap between multiples", 4,     7,    9, 0.5, 3.25, 0.1),
    ("half base, no residual",           5,    20,   12, 0.5, 10.0, 0.0),
    ("no residual, cap reached",         3,     5,    6, 1.0,  3.0, 0.0),
    ("wide",                             4,    64,   16, 1.0,  5.0, 0.1),
]  # fmt: skip


def make() -> dict:
    rng = np.random.default_rng(SEED)
    return {"made": made(SEED), "cases": [make_case(rng, *case) for case in CASES]}


def make_case(rng, name, batch, inputs, units, base_freq, max_freq, residual) -> dict:
    x = float32_values(rng.normal(size=(batch, inputs)))
    kernel = float32_values(rng.uniform(-1, 1, (inputs, units)) / np.sqrt(inputs))
    bias = float32_values(rng.uniform(-1, 1, units))
    dy = float32_values(rng.normal(size=(batch, units)))

    layer = Harmonic(inputs, units, base_freq, max_freq, residual)
    set_linear(layer.linear, kernel, bias)
    layer.periods = torch.from_numpy(float32_values(layer.periods)).requires_grad_()
    x_torch = torch.from_numpy(x).requires_grad_()
    y = layer(x_torch)
    (y * torch.from_numpy(dy)).sum().backward()
    z = layer.linear(x_torch)
    gradients = {
        "x": x_torch.grad,
        "kernel": layer.linear.weight.grad.T,
        "bias": layer.linear.bias.grad,
        "periods": layer.periods.grad,
    }

    periods = layer.periods.detach().numpy()
    z_by_hand, y_by_hand = by_hand.harmonic_forward(x, kernel, bias, periods, residual)
    assert_close(f"{name}: z", z, z_by_hand)
    assert_close(f"{name}: y", y, y_by_hand)
    for key, expected in by_hand.harmonic_backward(x, kernel, z_by_hand, periods, residual, dy).items():
        assert_close(f"{name}: gradient by {key}", gradients[key], expected)

    return {
        "name": name,
        "batch": batch,
        "inputs": inputs,
        "units": units,
        "baseFreq": base_freq,
        "maxFreq": max_freq,
        "residual": residual,
        "x": tensor(x),
        "kernel": tensor(kernel),
        "bias": tensor(bias),
        "periods": tensor(periods),
        "z": tensor(z),
        "y": tensor(y),
        "dy": tensor(dy),
        "gradients": tensors(gradients),
    }
