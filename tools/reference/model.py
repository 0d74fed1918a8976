"""Harmonic MLP in plain PyTorch, following the formulas of the published program. Weights keep PyTorch's [units, inputs]."""

import math

import numpy as np
import torch
from torch import nn


def harmonic_periods(units: int, base_freq: float, max_freq: float) -> torch.Tensor:
    """p[i] = min(baseFreq * (i + 1), maxFreq), shape [units]."""
    index = torch.arange(1, units + 1, dtype=torch.float64)
    return torch.clamp(base_freq * index, max=max_freq)


class Harmonic(nn.Module):
    """z = x W^T + b; y = sin(2 pi z / p) + residual * z."""

    def __init__(self, inputs: int, units: int, base_freq: float, max_freq: float, residual: float = 0.1):
        super().__init__()
        self.linear = nn.Linear(inputs, units, dtype=torch.float64)
        self.register_buffer("periods", harmonic_periods(units, base_freq, max_freq))
        self.residual = residual

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.linear(x)
        return torch.sin(2 * math.pi * z / self.periods) + self.residual * z


def set_linear(linear: nn.Linear, kernel: np.ndarray, bias: np.ndarray) -> None:
    """Takes a kernel stored as [inputs, units]."""
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(kernel.T))
        linear.bias.copy_(torch.from_numpy(bias))


def initial_harmonic(rng: np.random.Generator, inputs: int, periods: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernel [inputs, units] and bias [units]: U(-1/sqrt(inputs), 1/sqrt(inputs)) times a scale for each unit."""
    inverse_root = 1 / np.sqrt(periods)
    scale = inverse_root / inverse_root.mean()
    bound = 1 / math.sqrt(inputs)
    kernel = rng.uniform(-bound, bound, (inputs, len(periods))) * scale
    bias = rng.uniform(-bound, bound, len(periods)) * scale
    return kernel, bias


def initial_linear(rng: np.random.Generator, inputs: int, units: int) -> tuple[np.ndarray, np.ndarray]:
    bound = 1 / math.sqrt(inputs)
    return rng.uniform(-bound, bound, (inputs, units)), rng.uniform(-bound, bound, units)


class FrequencyAware:
    """Slows the harmonic layers of a base optimizer by s = 1 / (1 + freqScaleFactor * p) for each unit.

    Mode "gradient" (the published one): gradient * s, then the base step.
    Mode "update": new = old + s * (base(old) - old).
    """

    def __init__(
        self,
        base: torch.optim.Optimizer,
        layers: list[Harmonic],
        freq_scale_factor: float = 0.1,
        mode: str = "gradient",
    ):
        self.base, self.mode = base, mode
        self.scaled = []
        for layer in layers:
            factor = 1 / (1 + freq_scale_factor * layer.periods)
            self.scaled.append((layer.linear.weight, factor[:, None]))
            self.scaled.append((layer.linear.bias, factor))

    @torch.no_grad()
    def step(self) -> None:
        if self.mode == "gradient":
            for parameter, factor in self.scaled:
                parameter.grad.mul_(factor)
            self.base.step()
            return
        old = [parameter.clone() for parameter, _ in self.scaled]
        self.base.step()
        for (parameter, factor), before in zip(self.scaled, old, strict=True):
            parameter.copy_(before + factor * (parameter - before))
