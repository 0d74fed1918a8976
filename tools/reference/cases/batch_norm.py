"""Batch norm: two training batches in a row, then an evaluation batch with the running statistics."""

import numpy as np
import torch

import by_hand
from fixture import assert_close, float32_values, made, tensor, tensors

SEED = 102
UNITS = 7
EPSILON = 1e-5
MOMENTUM = 0.1


def make() -> dict:
    rng = np.random.default_rng(SEED)
    gamma = float32_values(rng.uniform(0.5, 1.5, UNITS) * rng.choice([-1, 1], UNITS))
    beta = float32_values(rng.normal(size=UNITS))
    spread = rng.uniform(0.1, 4, UNITS)
    offset = rng.uniform(-3, 3, UNITS)

    norm = torch.nn.BatchNorm1d(UNITS, eps=EPSILON, momentum=MOMENTUM, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(torch.from_numpy(gamma))
        norm.bias.copy_(torch.from_numpy(beta))
    initial = {"runningMean": tensor(norm.running_mean), "runningVariance": tensor(norm.running_var)}

    running_mean, running_variance = np.zeros(UNITS), np.ones(UNITS)
    training = []
    for batch in (8, 5):
        x = float32_values(rng.normal(size=(batch, UNITS)) * spread + offset)
        dy = float32_values(rng.normal(size=(batch, UNITS)))
        x_torch = torch.from_numpy(x).requires_grad_()
        norm.zero_grad()
        y = norm(x_torch)
        (y * torch.from_numpy(dy)).sum().backward()
        gradients = {"x": x_torch.grad, "gamma": norm.weight.grad, "beta": norm.bias.grad}

        y_by_hand, mean, variance = by_hand.batch_norm_forward(x, gamma, beta, EPSILON)
        running_mean, running_variance = by_hand.running_statistics(
            running_mean, running_variance, mean, variance, batch, MOMENTUM
        )
        assert_close("batch norm: y", y, y_by_hand)
        for key, expected in by_hand.batch_norm_backward(x, gamma, EPSILON, dy).items():
            assert_close(f"batch norm: gradient by {key}", gradients[key], expected)
        assert_close("batch norm: running mean", norm.running_mean, running_mean)
        assert_close("batch norm: running variance", norm.running_var, running_variance)

        training.append(
            {
                "x": tensor(x),
                "y": tensor(y),
                "dy": tensor(dy),
                "gradients": tensors(gradients),
                "runningMean": tensor(norm.running_mean),
                "runningVariance": tensor(norm.running_var),
            }
        )

    norm.eval()
    x = float32_values(rng.normal(size=(4, UNITS)) * spread + offset)
    y = norm(torch.from_numpy(x))
    assert_close(
        "batch norm: evaluation", y, gamma * (x - running_mean) / np.sqrt(running_variance + EPSILON) + beta
    )

    return {
        "made": made(SEED),
        "units": UNITS,
        "epsilon": EPSILON,
        "momentum": MOMENTUM,
        "gamma": tensor(gamma),
        "beta": tensor(beta),
        "initial": initial,
        "training": training,
        "evaluation": {"x": tensor(x), "y": tensor(y)},
    }
