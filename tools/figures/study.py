"""Plots the final trainings of a comparison of `pnpm study classification`, from its results.

    python3 tools/figures/study.py docs/study/mnist-512-256.png docs/study/results/mnist-512-256 "ReLU=relu" "GELU=gelu" …

Left, the test accuracy of each network: a dot for each seed, and the mean with its 95% confidence interval. Right, the mean test
accuracy by epoch, in the color of the network's name.
"""

import json
import math
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLORS = ["#0b6e99", "#d1721b", "#2f9e8f", "#8b5fbf", "#b23a48", "#6b7d2f", "#3d5a98", "#a0642c", "#4c9f70", "#7a4b94"]
BASELINES = {"relu": "#8a8f98", "gelu": "#4d525a", "published": "#c2c7cf"}
# Student's t for 95% and ten seeds.
T9 = 2.262157


def final_results(folder: Path, name: str) -> list[dict]:
    lines = [json.loads(line) for line in (folder / f"{name}.final.jsonl").read_text(encoding="utf-8").splitlines()]
    seed = {line["trial"]: line["seed"] for line in lines if line["event"] == "started"}
    return [{**line["result"], "seed": seed[line["trial"]]} for line in lines if line["event"] == "finished"]


def main(target: str, folder: str, *networks: str) -> None:
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    named = [network.split("=", 1) for network in networks]
    results = {title: (name, final_results(Path(folder), name)) for title, name in named}
    for title, (_, runs) in results.items():
        assert len(runs) == 10, f"{title} has {len(runs)} trainings"
    mean = {title: sum(run["score"] for run in runs) / 10 for title, (_, runs) in results.items()}
    order = sorted(results, key=mean.get)
    figure, (strip, curves) = plt.subplots(1, 2, figsize=(9.6, 1.6 + 0.3 * len(order)), dpi=150, layout="constrained")
    fresh = iter(COLORS)
    colors = {title: BASELINES.get(name) or next(fresh) for title, (name, _) in reversed(list(results.items()))}
    for row, title in enumerate(order):
        _, runs = results[title]
        scores = [100 * run["score"] for run in runs]
        center = sum(scores) / 10
        deviation = math.sqrt(sum((score - center) ** 2 for score in scores) / 9)
        color = colors[title]
        strip.plot(scores, [row] * 10, "o", color=color, markersize=3.5, alpha=0.35, markeredgewidth=0)
        strip.errorbar(center, row, xerr=T9 * deviation / math.sqrt(10), fmt="|", color=color, capsize=3, markersize=9)
        by_epoch = [sum(epoch) / 10 for epoch in zip(*(run["accuracies"] for run in runs))]
        epochs = range(1, len(by_epoch) + 1)
        curves.plot(epochs, [100 * accuracy for accuracy in by_epoch], color=color, linewidth=1.4, label=title)
    strip.set_yticks(range(len(order)), order)
    strip.set_ylim(-0.6, len(order) - 0.4)
    strip.set_title("Test accuracy, %", loc="left", fontsize=10)
    strip.grid(axis="x", alpha=0.25)
    curves.set_title("by epoch, mean of ten seeds", loc="left", fontsize=10)
    curves.set_xlabel("epoch")
    curves.grid(alpha=0.25)
    curves.xaxis.get_major_locator().set_params(integer=True)
    # The names on the left say whose curve it is.
    for label, title in zip(strip.get_yticklabels(), order):
        label.set_color(colors[title])
    figure.savefig(target)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
