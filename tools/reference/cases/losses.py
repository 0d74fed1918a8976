"""Losses of outputs and targets: values, and gradients with respect to the outputs, with and without weights of the examples."""

import numpy as np
import torch
from torch.nn import functional

from fixture import assert_close, float32_values, made, tensor

SEED = 111
BATCH, OUTPUTS = 6, 4


def softmax(z):
    exponentials = np.exp(z - z.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


def elementwise(by_torch, loss, slope):
    """The mean of a loss of each value, each example with its weight."""

    def torch_loss(outputs, targets, weights, **attributes):
        return (by_torch(outputs, targets, reduction="none", **attributes) * weights[:, None]).mean()

    def by_hand(outputs, targets, weights, **attributes):
        factors = weights[:, None] / outputs.size
        values = (loss(outputs, targets, **attributes) * factors).sum()
        return values, slope(outputs, targets, **attributes) * factors

    return torch_loss, by_hand


def cross_entropy(outputs, targets, weights):
    return (functional.cross_entropy(outputs, targets, reduction="none") * weights).mean()


def cross_entropy_by_hand(outputs, targets, weights):
    factors = weights[:, None] / len(outputs)
    return (
        -(np.log(softmax(outputs)) * targets * factors).sum(),
        (softmax(outputs) - targets) * factors,
    )


#    operation                    attributes        by PyTorch and by hand
CASES = [
    ("squaredError",              {},               *elementwise(
        functional.mse_loss, lambda y, t: (y - t) ** 2, lambda y, t: 2 * (y - t))),
    ("absoluteError",             {},               *elementwise(
        functional.l1_loss, lambda y, t: abs(y - t), lambda y, t: np.sign(y - t))),
    ("huberError",                {"delta": 0.75},  *elementwise(
        functional.huber_loss,
        lambda y, t, delta: np.where(abs(y - t) <= delta, (y - t) ** 2 / 2, delta * (abs(y - t) - delta / 2)),
        lambda y, t, delta: np.clip(y - t, -delta, delta))),
    ("binaryCrossEntropy",        {},               *elementwise(
        functional.binary_cross_entropy_with_logits,
        lambda z, t: np.log1p(np.exp(-z)) + (1 - t) * z,
        lambda z, t: 1 / (1 + np.exp(-z)) - t)),
    ("distributionCrossEntropy",  {},               cross_entropy, cross_entropy_by_hand),
]  # fmt: skip


def make() -> dict:
    rng = np.random.default_rng(SEED)
    return {"made": made(SEED), "cases": [make_case(rng, *case) for case in CASES]}


def make_case(rng, name, attributes, by_torch, by_hand) -> dict:
    outputs = float32_values(rng.normal(size=(BATCH, OUTPUTS)) * 2)
    targets = float32_values(rng.normal(size=(BATCH, OUTPUTS)))
    if name == "binaryCrossEntropy":
        targets = (targets > 0).astype(float)
    if name == "distributionCrossEntropy":  # multiples of 1/8, which float32 represents exactly
        targets = rng.multinomial(8, np.ones(OUTPUTS) / OUTPUTS, BATCH) / 8
    weights = float32_values(rng.uniform(0, 3, BATCH))
    weights[1] = 0
    results = {}
    for kind, values in {"plain": np.ones(BATCH), "weighted": weights}.items():
        in_torch = torch.from_numpy(outputs).requires_grad_()
        loss = by_torch(in_torch, torch.from_numpy(targets), torch.from_numpy(values), **attributes)
        in_torch.grad = None
        loss.backward()
        expected, gradient = by_hand(outputs, targets, values, **attributes)
        assert_close(f"{name}: {kind} loss", loss, expected)
        assert_close(f"{name}: {kind} gradient", in_torch.grad, gradient)
        results[kind] = {"loss": loss.item(), "gradient": tensor(in_torch.grad)}
    return {
        "name": name,
        "attributes": attributes,
        "outputs": tensor(outputs),
        "targets": tensor(targets),
        "weights": tensor(weights),
        **results,
    }
