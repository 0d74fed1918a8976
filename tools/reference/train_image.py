"""Fits an image with the networks of SIREN and FINER as their authors' code has them, and with WIRE's wavelet, in PyTorch (float32, CPU), and
writes the results as JSON, with which `pnpm study authors` compares those of the TypeScript packages.

    python3 tools/reference/train_image.py --image FILE --out studies/src/studies/authors/pytorch.fixture.json

FILE is `baboon.js` of the npm package baboon-image-uri, in studies/node_modules. Sizes, steps, and the grids of learning
rates are those of the study. What may differ is what this program is for: formulas, initial weights, and the units of the
targets. The weights are PyTorch's own, so the two agree in distribution.

Formulas and initial weights: vsitzmann/siren, explore_siren.ipynb; liuzhen0212/FINER, models.py. WIRE is the real part of the
wavelet in vishwa91/wire, modules/wire.py, where pre-activations are complex.
"""

import argparse
import base64
import json
import math
import re
import statistics
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

SIZE = 64
UNITS = 32
STEPS = 1000


def decode_png(file: bytes) -> np.ndarray:
    """The pixels of a PNG file of 8-bit RGB without interlacing, [rows, columns, 3]."""
    position, compressed = 8, b""
    while position < len(file):
        length, kind = int.from_bytes(file[position : position + 4], "big"), file[position + 4 : position + 8]
        data = file[position + 8 : position + 8 + length]
        if kind == b"IHDR":
            columns, rows = (int.from_bytes(data[i : i + 4], "big") for i in (0, 4))
            assert data[8:] == bytes((8, 2, 0, 0, 0))
        compressed += data if kind == b"IDAT" else b""
        position += length + 12
    stride = 3 * columns
    lines = np.frombuffer(zlib.decompress(compressed), np.uint8).reshape(rows, stride + 1)
    pixels = np.zeros((rows + 1, stride + 3), int)  # With a row of zeros above, and a pixel of zeros on the left.
    for row, line in enumerate(lines.astype(int), 1):
        for i in range(3, stride + 3):
            left, above, corner = pixels[row, i - 3], pixels[row - 1, i], pixels[row - 1, i - 3]
            paeth = min((left, above, corner), key=lambda each: abs(left + above - corner - each))
            pixels[row, i] = line[i - 2] + (0, left, above, (left + above) // 2, paeth)[line[0]] & 255
    return pixels[1:, 3:].reshape(rows, columns, 3)


def load(file: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Coordinates and brightness, both in [-1, 1]; pixels are averaged to SIZE x SIZE."""
    pixels = decode_png(base64.b64decode(re.search(r"base64,([A-Za-z0-9+/=]+)", file.read_text()).group(1)))
    grey = pixels @ (0.299, 0.587, 0.114)
    block = len(grey) // SIZE
    small = grey.reshape(SIZE, block, SIZE, block).mean((1, 3)) / 127.5 - 1
    axis = torch.linspace(-1, 1, SIZE)
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    coordinates = torch.stack([columns, rows], -1).reshape(-1, 2)
    return coordinates, torch.from_numpy(small).float().reshape(-1, 1)


class Sine(nn.Module):
    def __init__(self, inputs: int, units: int, is_first: bool, omega: float = 30):
        super().__init__()
        self.linear, self.omega = nn.Linear(inputs, units), omega
        bound = 1 / inputs if is_first else math.sqrt(6 / inputs) / omega
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sin(self.omega * self.linear(x))


class Finer(Sine):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.linear(x)
        return torch.sin(self.omega * (z.detach().abs() + 1) * z)


class WideFiner(Finer):
    def __init__(self, inputs: int, units: int, is_first: bool):
        super().__init__(inputs, units, is_first)
        if is_first:
            nn.init.uniform_(self.linear.bias, -5, 5)


class RealGabor(nn.Module):
    """The real part of WIRE's wavelet exp(i omega z - |s z|^2), for real z."""

    def __init__(self, inputs: int, units: int, _: bool, omega: float = 20, scale: float = 10):
        super().__init__()
        self.linear, self.omega, self.scale = nn.Linear(inputs, units), omega, scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.linear(x)
        return torch.cos(self.omega * z) * torch.exp(-(self.scale * z).square())


class Plain(nn.Module):
    def __init__(self, inputs: int, units: int, activation: nn.Module):
        super().__init__()
        self.linear, self.activation = nn.Linear(inputs, units), activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.activation(self.linear(x))


def build(layer) -> nn.Sequential:
    layers = [layer(2 if i == 0 else UNITS, UNITS, i == 0) for i in range(3)]
    output = nn.Linear(UNITS, 1)
    if isinstance(layers[0], Sine):
        bound = math.sqrt(6 / UNITS) / layers[0].omega
        nn.init.uniform_(output.weight, -bound, bound)
    return nn.Sequential(*layers, output)


NETWORKS = {
    "siren": (lambda: build(Sine), (1e-3, 2e-3, 4e-3), STEPS),
    "finer": (lambda: build(Finer), (1e-3, 2e-3, 4e-3), STEPS),
    "earlySiren": (lambda: build(Sine), (2e-3, 4e-3, 8e-3), STEPS // 5),
    "earlyFiner": (lambda: build(Finer), (2e-3, 4e-3, 8e-3), STEPS // 5),
    "wideFiner": (lambda: build(WideFiner), (1e-3, 2e-3, 4e-3), STEPS),
    "wire": (lambda: build(RealGabor), (1e-3, 5e-3, 2e-2), STEPS),
    "tanh": (lambda: build(lambda inputs, units, _: Plain(inputs, units, nn.Tanh())), (5e-3, 1e-2, 2e-2), STEPS),
    "relu": (lambda: build(lambda inputs, units, _: Plain(inputs, units, nn.ReLU())), (5e-3, 1e-2, 2e-2), STEPS),
}


def fit(network: str, rate: float, seed: int, image: tuple[torch.Tensor, torch.Tensor]) -> float:
    """The peak signal-to-noise ratio in decibels, of a signal whose peak is 2."""
    torch.manual_seed(seed)
    make, _, steps = NETWORKS[network]
    model = make()
    inputs, targets = image
    adam = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: 0.1 ** (step / steps))
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(inputs), targets)
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
    with torch.no_grad():
        return 10 * math.log10(4 / nn.functional.mse_loss(model(inputs), targets).item())


def tune(network: str, image: tuple[torch.Tensor, torch.Tensor]) -> dict[float, float]:
    """The score of seed 0 by learning rate; at most three rates are added at either end while the best one is there."""
    rates = NETWORKS[network][1]
    scores = {rate: round(fit(network, rate, 0, image), 3) for rate in rates}
    for end, ratio in ((min, rates[0] / rates[1]), (max, rates[-1] / rates[-2])):
        for _ in range(3):
            edge = end(scores)
            if max(scores, key=scores.get) != edge:
                break
            rate = float(f"{edge * ratio:.6g}")
            scores[rate] = round(fit(network, rate, 0, image), 3)
    return dict(sorted(scores.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5, help="trains seeds 1 to this")
    options = parser.parse_args()
    torch.set_num_threads(1)
    image = load(options.image)
    found = {}
    for network in NETWORKS:
        by_rate = tune(network, image)
        best = max(by_rate, key=by_rate.get)
        runs = [round(fit(network, best, seed, image), 3) for seed in range(1, options.seeds + 1)]
        found[network] = {"tuning": {str(rate): score for rate, score in by_rate.items()}, "learningRate": best, "decibels": runs}
        print(network, by_rate, best, f"{statistics.fmean(runs):.2f}", runs, flush=True)
    version = torch.__version__.split("+")[0]
    figures = {"torch": version, "command": "python3 tools/reference/train_image.py", "networks": found}
    options.out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
