"""Plots the test accuracy of networks with one layer by its width, from the results of `pnpm study classification`.

    python3 tools/figures/widths.py docs/study/widths.png docs/study/results "ReLU=relu" "GELU=gelu" …

Left, the mean of ten seeds. Right, the mean difference to the first network, of pairs with the same seed, with its 95% confidence interval.
"""

import math
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from study import BASELINES, COLORS, T9, final_results

WIDTHS = [16, 32, 64, 128]


def main(target: str, results: str, *networks: str) -> None:
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, (whole, differences) = plt.subplots(1, 2, figsize=(9.6, 3.0), dpi=150, layout="constrained")
    fresh = iter(COLORS)
    named = [network.split("=", 1) for network in networks]
    scores = {
        name: [
            {run["seed"]: 100 * run["score"] for run in final_results(Path(results) / f"mnist-{width}", name)}
            for width in WIDTHS
        ]
        for _, name in named
    }
    first = scores[named[0][1]]
    for place, (title, name) in enumerate(named):
        color = BASELINES.get(name) or next(fresh)
        own = scores[name]
        assert all(len(each) == 10 for each in own), f"{title} lacks trainings"
        whole.plot(WIDTHS, [sum(each.values()) / 10 for each in own], "o-", color=color, markersize=3.5, label=title)
        pairs = [[each[seed] - base[seed] for seed in each] for each, base in zip(own, first)]
        means = [sum(each) / 10 for each in pairs]
        errors = [
            T9 * math.sqrt(sum((value - mean) ** 2 for value in each) / 9 / 10) for each, mean in zip(pairs, means)
        ]
        # A little beside each other.
        x = [width * 1.04 ** (place - 1) for width in WIDTHS]
        if place > 0:
            differences.errorbar(x, means, yerr=errors, fmt="o", color=color, capsize=3, markersize=4)
    differences.axhline(0, color=BASELINES.get(named[0][1]), linewidth=1)
    whole.set_title("Test accuracy, %", loc="left", fontsize=10)
    differences.set_title(f"minus {named[0][0]}", loc="left", fontsize=10)
    whole.legend(frameon=False, loc="lower right", fontsize=9)
    for axes in (whole, differences):
        axes.set_xscale("log", base=2)
        axes.set_xticks(WIDTHS, [str(width) for width in WIDTHS])
        axes.set_xlabel("units in the layer")
        axes.grid(alpha=0.25)
    figure.savefig(target)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
