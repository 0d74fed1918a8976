"""Plots benchmark results, from the files that `pnpm bench --json FILE` saves.

    python3 tools/figures/timings.py docs/timings.png "Node 24=step24.json,epoch24.json" "Node 20=step20.json,epoch20.json"
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLORS = ["#0b6e99", "#8fc1d4", "#2f9e8f"]
PANELS = [("A training step on MNIST, batch 128", 1, "One training step, batch 128: ms"), ("One epoch of MNIST", 1000, "One epoch of MNIST: s")]
OURS = "harmonic-mlp"


def read(paths: str) -> list[dict]:
    return [c for path in paths.split(",") for c in json.loads(Path(path).read_text(encoding="utf-8"))["comparisons"]]


def medians(label: str, comparisons: list[dict], title: str, unit: float) -> dict[str, float]:
    found = {
        row["name"]: row["milliseconds"]["median"] / unit
        for comparison in comparisons
        if comparison["title"].startswith(title)
        for row in comparison["rows"]
    }
    if not found:
        titles = ", ".join(repr(comparison["title"]) for comparison in comparisons)
        sys.exit(f"{label} has no comparison whose title starts with {title!r}; there are {titles}.")
    return found


def draw(axes, title: str, runs: dict[str, dict[str, float]]) -> None:
    """Bars for each contender in the order of the first run, with the fastest on top."""
    first = next(iter(runs.values()))
    names = sorted(first, key=lambda name: first[name], reverse=True)
    height = 0.8 / len(runs)
    for i, (label, values) in enumerate(runs.items()):
        places = [y + (0.5 * (len(runs) - 1) - i) * height for y in range(len(names))]
        lengths = [values.get(name, 0) for name in names]
        bars = axes.barh(places, lengths, height * 0.92, color=COLORS[i], label=label)
        axes.bar_label(bars, [f"{v:.1f}" if v < 100 else f"{v:.0f}" for v in lengths], padding=3, fontsize=8)
    axes.set_xlim(right=axes.get_xlim()[1] * 1.06)
    axes.set_yticks(range(len(names)), names)
    for name, tick in zip(names, axes.get_yticklabels()):
        tick.set_fontweight("bold" if name.startswith(OURS) else "normal")
    axes.tick_params(axis="y", length=0)
    axes.set_title(title, loc="left", fontsize=10)
    axes.grid(axis="x", alpha=0.25)
    axes.set_axisbelow(True)


def main(target: str, *files: str) -> None:
    runs = {label: read(paths) for label, paths in (file.split("=", 1) for file in files)}
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False})
    figure, panels = plt.subplots(1, len(PANELS), figsize=(10.4, 4.2), dpi=150, layout="constrained")
    for axes, (start, unit, title) in zip(panels, PANELS):
        draw(axes, title, {label: medians(label, comparisons, start, unit) for label, comparisons in runs.items()})
    panels[0].legend(frameon=False, loc="center right")
    figure.savefig(target)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
