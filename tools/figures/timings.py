"""Draws what the benchmark measured, from the files that `pnpm bench --json FILE` saves.

    python3 tools/figures/timings.py docs/timings.png "Node 24=node24.json" "Node 20=node20.json"
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = ["#0b6e99", "#8fc1d4", "#2f9e8f"]
OURS = ["#0b6e99", "#8fc1d4", "#2f9e8f"]
PANELS = [
    ("One training step, batch ", "One training step, batch {}, ms"),
    ("Predicting 10,000", "Prediction of 10,000 images, ms"),
]
OURS = "harmonic-mlp"


def panel(axes, title: str, runs: dict[str, dict[str, float]]) -> None:
    """Bars of each contender, the fastest on top; lengths are logarithms, so that ratios can be compared."""
    first = next(iter(runs.values()))
    names = sorted(first, key=lambda name: first[name], reverse=True)
    height = 0.8 / len(runs)
    shortest = min(value for values in runs.values() for value in values.values())
    for i, (label, values) in enumerate(runs.items()):
        places = [y + (0.5 * (len(runs) - 1) - i) * height for y in range(len(names))]
        lengths = [values.get(name, 0) for name in names]
        bars = axes.barh(places, lengths, height * 0.92, color=COLOURS[i], label=label)
        axes.bar_label(bars, [f"{v:.3g}" if v < 100 else f"{v:.0f}" for v in lengths], padding=3, fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(left=shortest / 3, right=axes.get_xlim()[1] * 2)
    axes.set_yticks(range(len(names)), names)
    for name, tick in zip(names, axes.get_yticklabels()):
        tick.set_fontweight("bold" if name.startswith(OURS) else "normal")
    axes.tick_params(axis="y", length=0)
    axes.set_title(title, loc="left", fontsize=10)
    axes.grid(axis="x", alpha=0.25)
    axes.set_axisbelow(True)


def main(target: str, *files: str) -> None:
    runs = {label: json.loads(Path(path).read_text(encoding="utf-8")) for label, path in (f.split("=", 1) for f in files)}
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False})
    first = next(iter(runs.values()))
    titles = [comparison["title"] for comparison in first["comparisons"] if comparison["title"].startswith("One training step")]
    titles = [title for title in titles if ", batch 128 " in title or ", batch 1024 " in title]
    figure, panels = plt.subplots(1, len(titles), figsize=(10.4, 4.4), dpi=150, layout="constrained", squeeze=False)
    for axes, title in zip(panels[0], titles):
        values = {
            label: {
                row["name"]: row["milliseconds"]["median"]
                for comparison in figures["comparisons"]
                if comparison["title"].split(" (")[0] == title.split(" (")[0]
                for row in comparison["rows"]
            }
            for label, figures in runs.items()
        }
        panel(axes, f"{title.split(' (')[0]}: milliseconds, logarithmic", values)
    panels[0][0].legend(frameon=False, loc="lower right")
    figure.savefig(target)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
