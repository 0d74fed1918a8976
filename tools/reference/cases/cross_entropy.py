"""Mean softmax cross-entropy, with logits far apart enough that a naive exp overflows in float32 (or underflows)."""

import numpy as np
import torch

import by_hand
from fixture import assert_close, float32_values, made, tensor

SEED = 103


def make() -> dict:
    rng = np.random.default_rng(SEED)
    logits = float32_values(rng.normal(size=(6, 10)) * 2)
    labels = np.array([3, 0, 9, 4, 7, 7])
    logits[1, 0] = 80.0  # confident and right
    logits[2, 9] = -80.0  # confident and wrong
    logits[3, 2], logits[3, 4] = 80.0, -80.0  # the loss is 160: log(softmax) would be log(0) in float32
    logits[4] = logits[4] + 100.0  # a common offset changes nothing, but exp(100) overflows float32
    logits[5] = 0.25  # all equal: the loss is log(10)
    logits = float32_values(logits)

    logits_torch = torch.from_numpy(logits).requires_grad_()
    losses = torch.nn.functional.cross_entropy(logits_torch, torch.from_numpy(labels), reduction="none")
    loss = torch.nn.functional.cross_entropy(logits_torch, torch.from_numpy(labels))
    loss.backward()
    softmax = torch.softmax(logits_torch, dim=1)

    loss_by_hand, gradient_by_hand, softmax_by_hand = by_hand.cross_entropy(logits, labels)
    assert_close("cross-entropy: loss", loss, loss_by_hand)
    assert_close("cross-entropy: mean of the losses", losses.mean(), loss_by_hand)
    assert_close("cross-entropy: gradient", logits_torch.grad, gradient_by_hand)
    assert_close("cross-entropy: softmax", softmax, softmax_by_hand)
    assert_close("cross-entropy: equal logits", losses[5], np.log(10))

    return {
        "made": made(SEED),
        "logits": tensor(logits),
        "labels": tensor(labels),
        "losses": tensor(losses),
        "loss": loss.item(),
        "gradient": tensor(logits_torch.grad),
        "softmax": tensor(softmax),
    }
