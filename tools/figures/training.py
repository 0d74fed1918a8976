"""Plots command-line training runs, from the metrics.jsonl in each run folder.

    python3 tools/figures/training.py docs/training.png "seed 1=runs/a" "seed 2=runs/b" "ReLU, seed 1=runs/c"

Runs whose label starts with "ReLU" are drawn in grey, for comparison.
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HARMONIC = ["#0b6e99", "#2f9e8f", "#d1721b", "#8b5fbf"]
RELU = "#8a8f98"


def read(folder: str) -> list[dict]:
    lines = (Path(folder) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def main(target: str, *runs: str) -> None:
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, (accuracy, loss) = plt.subplots(1, 2, figsize=(9.6, 3.8), dpi=150, layout="constrained")
    colours = iter(HARMONIC)
    for label, folder in (run.split("=", 1) for run in runs):
        records = read(folder)
        epochs = [record["epoch"] for record in records]
        relu = label.startswith("ReLU")
        style = {"color": RELU if relu else next(colours), "linestyle": "--" if relu else "-", "label": label}
        accuracy.plot(epochs, [100 * r["validation"]["accuracy"] for r in records], marker="o", markersize=3, **style)
        loss.plot(epochs, [r["trainLoss"] for r in records], marker="o", markersize=3, **style)
    for axes, title in ((accuracy, "Test accuracy, %"), (loss, "Training loss, nats")):
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.25)
        axes.xaxis.get_major_locator().set_params(integer=True)
    loss.set_ylim(bottom=0)
    accuracy.legend(frameon=False, loc="lower right")
    figure.savefig(target)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
