"""The published learning-rate range test, on the weights and batches of the training trajectory."""

import numpy as np
import torch
from torch import nn

from cases.trajectory import PUBLISHED, SEED, base_of, build, initial_weights, make_batches
from fixture import made
from model import FrequencyAware, Harmonic

START, END, STEPS = 1e-7, 10.0, 100
SMOOTHING, DIVERGENCE = 0.95, 4.0
# A loss in float32 is this near to that in float64, relative to it.
FOLLOWED = 1e-3


def make() -> dict:
    rng = np.random.default_rng(SEED)
    initial = initial_weights(rng)
    batches = make_batches(rng)
    losses, smoothed = run(initial, batches, torch.float64)
    losses32, _ = run(initial, batches, torch.float32)
    # At high rates, rounding errors grow from step to step: PyTorch's own float32 run is as far from this one as any other.
    both = min(len(losses32), len(losses))
    strays = np.abs(np.subtract(losses32[:both], losses[:both]) / losses[:both])
    followed = int(np.argmax(strays > FOLLOWED)) if (strays > FOLLOWED).any() else both
    print(f"  {len(losses)} losses, in float32 {len(losses32)}; the first {followed} are within {FOLLOWED}")
    return {
        "made": made(SEED),
        "start": START,
        "end": END,
        "steps": STEPS,
        "smoothing": SMOOTHING,
        "divergence": DIVERGENCE,
        "followed": followed,
        "losses": losses,
        "smoothed": smoothed,
    }


def run(initial, batches, dtype) -> tuple[list[float], list[float]]:
    model = build(initial, dtype)
    base = base_of(PUBLISHED, model.parameters())
    layers = [layer for layer in model if isinstance(layer, Harmonic)]
    optimizer = FrequencyAware(base, layers, PUBLISHED["freqScaleFactor"], PUBLISHED["mode"])
    losses, smoothed = [], []
    model.train()
    for step in range(STEPS + 1):
        for group in base.param_groups:
            group["lr"] = START * (END / START) ** (step / STEPS)
        x, labels = batches[step % len(batches)]
        base.zero_grad()
        loss = nn.functional.cross_entropy(model(torch.from_numpy(x).to(dtype)), torch.from_numpy(labels))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        smoothed.append(SMOOTHING * smoothed[-1] + (1 - SMOOTHING) * losses[-1] if smoothed else losses[-1])
        if smoothed[-1] > DIVERGENCE * min(smoothed):
            break
    return losses, smoothed
