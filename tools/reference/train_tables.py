"""Trains networks on two tables in PyTorch (float32, CPU) and writes their errors as JSON, with which `pnpm study tables`
compares those of the TypeScript packages.

    python3 tools/reference/train_tables.py --data FOLDER --out studies/src/studies/tables/pytorch.fixture.json

FOLDER is `data` of the npm package vega-datasets, in studies/node_modules. The initial weights, the shuffles, and the
division into training and test data are those of the TypeScript packages, so the two agree up to rounding.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

from model import set_linear
from random_streams import Key, fold_in, initial_weights, permutation, random_key

HIDDEN = (64, 64)
PERIOD = 8
RESIDUAL = 0.1
EPOCHS = 100
BATCH = 32
LEARNING_RATE = 1e-3
FOLDS = 5


def cars(row: dict) -> list[float]:
    numbers = [row[name] for name in ("Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration")]
    return [*numbers, int(row["Year"][:4]), *(row["Origin"] == each for each in ("USA", "Europe", "Japan"))]


def penguins(row: dict) -> list[float]:
    numbers = [row[name] for name in ("Beak Length (mm)", "Beak Depth (mm)", "Flipper Length (mm)")]
    species = (row["Species"] == each for each in ("Adelie", "Chinstrap", "Gentoo"))
    return [*numbers, *species, row["Sex"] == "FEMALE"]


TABLES = {
    "cars": ("cars.json", cars, "Miles_per_Gallon"),
    "penguins": ("penguins.json", penguins, "Body Mass (g)"),
}


def load(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    file, inputs, target = TABLES[name]
    rows = [row for row in json.loads((folder / file).read_text()) if not {None, "."} & set(row.values())]
    return np.array([inputs(row) for row in rows], float), np.array([[row[target]] for row in rows], float)


class Periodic(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.sin(2 * math.pi / PERIOD * z) + RESIDUAL * z


ACTIVATIONS = {"harmonic": Periodic, "relu": nn.ReLU}


def build(network: str, inputs: int, seed: int) -> nn.Sequential:
    weights = fold_in(random_key(seed), "weights")

    def linear(name: str, inputs: int, units: int) -> nn.Linear:
        layer = nn.Linear(inputs, units)
        bound = 1 / math.sqrt(inputs)
        set_linear(layer, *initial_weights(fold_in(weights, name), inputs, units, bound, bound))
        return layer

    layers: list[nn.Module] = []
    for i, units in enumerate(HIDDEN):
        layers += [linear(f"hidden.{i}", inputs, units), ACTIVATIONS[network]()]
        inputs = units
    return nn.Sequential(*layers, linear("output", inputs, 1))


def train(network: str, inputs: np.ndarray, targets: np.ndarray, seed: int) -> float:
    """The root mean squared error on the test data."""
    is_test = np.arange(len(targets)) % FOLDS == (seed - 1) % FOLDS
    scaled = []
    for values in (inputs, targets):
        mean, deviation = values[~is_test].mean(0), values[~is_test].std(0)
        scaled.append(torch.from_numpy((values - mean) / np.where(deviation == 0, 1, deviation)).float())
    x, y = scaled
    train_x, train_y = x[~is_test], y[~is_test]
    model = build(network, inputs.shape[1], seed)
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    shuffles: Key = fold_in(random_key(seed), "shuffle")
    for epoch in range(1, EPOCHS + 1):
        order = torch.from_numpy(permutation(fold_in(shuffles, epoch), len(train_y)))
        for chosen in order.split(BATCH):
            loss = nn.functional.mse_loss(model(train_x[chosen]), train_y[chosen])
            adam.zero_grad()
            loss.backward()
            adam.step()
    with torch.no_grad():
        error = (model(x[is_test]) - y[is_test]).double()
    return float(error.square().mean().sqrt()) * float(targets[~is_test].std())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=10, help="trains seeds 1 to this")
    options = parser.parse_args()
    torch.set_num_threads(1)
    figures: dict = {"torch": torch.__version__.split("+")[0], "command": "python3 tools/reference/train_tables.py", "errors": {}}
    for name in TABLES:
        inputs, targets = load(options.data, name)
        figures["errors"][name] = {
            network: [round(train(network, inputs, targets, seed), 6) for seed in range(1, options.seeds + 1)]
            for network in ACTIVATIONS
        }
        print(name, figures["errors"][name], flush=True)
    options.out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
