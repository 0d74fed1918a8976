"""Plots what networks have learned of a function, from the results of `pnpm study periods`.

    python3 tools/figures/periods.py docs/periods.png docs/study/results/periods.jsonl
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HARMONIC = "#0b6e99"
OTHER = "#8a8f98"
DATA = "#d1721b"
PANELS = {
    "ReLU": "ReLU",
    "periods 1…10": "harmonic, default periods",
    "forData": "harmonic, HarmonicMLP.forData",
}


def main(target: str, source: str) -> None:
    lines = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()][1:]
    (points,) = ((line["x"], line["y"]) for line in lines if line["kind"] == "examples")
    drawn = {line["network"]: (line["x"], line["y"]) for line in lines if line["kind"] == "curve"}
    errors = {line["network"]: line["errors"] for line in lines if line["kind"] == "plain" and line["dataset"] == "waves"}
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, panels = plt.subplots(1, len(PANELS), figsize=(9.6, 3.0), dpi=150, layout="constrained", sharey=True)
    for axes, (name, title) in zip(panels, PANELS.items()):
        axes.plot(*points, ".", color=DATA, markersize=2.5, label="examples")
        axes.plot(*drawn[name], color=HARMONIC if "harmonic" in title else OTHER, label="learned")
        mean = sum(map(float, errors[name])) / len(errors[name])
        axes.set_title(f"{title}\nunexplained: {mean:.2g}", loc="left", fontsize=10)
        axes.set_xlabel("x")
        axes.grid(alpha=0.25)
    panels[0].set_ylabel("sin 25x + x/2")
    panels[0].legend(frameon=False, loc="lower right", fontsize=8)
    figure.savefig(target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
