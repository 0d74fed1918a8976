"""Plots what networks have learned of two spirals and of seasons, from the results of `pnpm study signals --seeds 10`.

    python3 tools/figures/signals.py docs/study/signals.png docs/study/results/signals.jsonl
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

HARMONIC = "#0b6e99"
OTHER = "#8a8f98"
DATA = "#d1721b"
MAP = LinearSegmentedColormap.from_list("classes", ["#f0c9a8", "#ffffff", "#a9d0df"])
NETWORKS = ["harmonic, proposed periods", "SIREN", "Snake", "ReLU"]


def main(target: str, source: str) -> None:
    lines = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()][1:]
    drawings = {line["task"]: line for line in lines if line["kind"] == "drawing"}
    errors = {
        (line["task"], line["network"]): sum(float(run["test"]) for run in line["runs"]) / len(line["runs"])
        for line in lines
        if line["kind"] == "learned"
    }
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, rows = plt.subplots(2, len(NETWORKS), figsize=(9.6, 4.6), dpi=150, layout="constrained", sharey="row")
    spirals, seasons = drawings["spirals"], drawings["seasons"]
    size = len(spirals["axis"])
    for axes, name in zip(rows[0], NETWORKS):
        answers = spirals["answers"][name]
        grid = [answers[size * row : size * (row + 1)] for row in range(size)]
        if answers:  # It has not diverged.
            axes.pcolormesh(spirals["axis"], spirals["axis"], grid, cmap=MAP, vmin=0, vmax=1, shading="gouraud")
        colors = [HARMONIC if target == 1 else DATA for target in spirals["targets"]]
        axes.scatter(spirals["inputs"][::2], spirals["inputs"][1::2], s=4, c=colors, linewidths=0)
        axes.set_title(f"{name}\nwrong: {100 * errors['spirals', name]:.1f}%", loc="left", fontsize=9)
        axes.set_aspect("equal")
        axes.spines[:].set_visible(False)
        axes.set_xticks([])
        axes.set_yticks([])
    time = seasons["axis"]
    truth = seasons["truth"]
    for axes, name in zip(rows[1], NETWORKS):
        axes.axvspan(seasons["testedFrom"], max(time), color="#f3f4f6")
        axes.plot(time, truth, color=DATA, linewidth=0.8, label="series")
        answers = seasons["answers"][name]
        color = OTHER if name == "ReLU" else HARMONIC
        axes.plot(time[: len(answers)], answers, color=color, linewidth=1.1, label="network")
        axes.set_title(f"unexplained: {errors['seasons', name]:.2f}", loc="left", fontsize=9)
        axes.set_xlabel("season")
        axes.set_ylim(min(truth) - 1, max(truth) + 1)
    rows[1][0].legend(frameon=False, loc="upper left", fontsize=7)
    figure.savefig(target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
