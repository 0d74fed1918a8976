"""Writes the fixtures: python3 tools/reference/generate.py [--check] [name ...]"""

import argparse
import json
import sys

import torch

import fixture
from cases import (
    activations,
    adam,
    batch_norm,
    cross_entropy,
    distortion,
    frequency_optimizer,
    harmonic_layer,
    layer_norm,
    losses,
    optimizers,
    parzen,
    plateau,
    range_test,
    schedules,
    trajectory,
)

CASES = {
    "harmonic-layer": harmonic_layer,
    "activations": activations,
    "layer-norm": layer_norm,
    "losses": losses,
    "batch-norm": batch_norm,
    "cross-entropy": cross_entropy,
    "adam": adam,
    "frequency-optimizer": frequency_optimizer,
    "optimizers": optimizers,
    "plateau": plateau,
    "schedules": schedules,
    "range-test": range_test,
    "trajectory": trajectory,
    "parzen": parzen,
    "distortion": distortion,
}
CHECK_TOLERANCE = 1e-12


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes the reference fixtures for the TypeScript tests.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which ones (default all): {', '.join(CASES)}")
    parser.add_argument(
        "--check",
        action="store_true",
        help=f"write nothing; exit 1 if a stored number is off by more than {CHECK_TOLERANCE}",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(CASES):
        parser.error(f"unknown fixture {', '.join(sorted(unknown))}; known: {', '.join(CASES)}")

    torch.set_num_threads(1)  # a fixed order of summation
    torch.use_deterministic_algorithms(True)
    fixture.FOLDER.mkdir(exist_ok=True)
    failed = False
    for name in arguments.names or CASES:
        text = fixture.encode(CASES[name].make())
        path = fixture.FOLDER / f"{name}.json"
        if not arguments.check:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path.name}: {len(text)} bytes")
            continue
        stored = path.read_text(encoding="utf-8") if path.exists() else "null"
        difference = fixture.largest_difference(json.loads(stored), json.loads(text))
        failed |= difference > CHECK_TOLERANCE
        print(f"{path.name}: {'same bytes' if stored == text else f'numbers differ by up to {difference:.1e}'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
