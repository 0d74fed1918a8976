"""Times training steps of the published model, or of one with other hidden layers, on a CUDA card in PyTorch, in float32.

    python3 bench/python/cuda_steps.py --hidden 512 256 --batch 128 --mode eager|compiled|graph

As in a run, the data lie on the card, each step gathers its batch by row numbers, and nothing waits for a loss. Prints one JSON
object: the milliseconds of a step, the card, and the versions; or why it cannot be measured.
"""

import argparse
import json
import time

import torch
from peer import Harmonic
from torch import nn

EXAMPLES = 60_000


def network(hidden: list[int]) -> nn.Module:
    modules, inputs = [], 784
    for layer, units in enumerate(hidden):
        omegas = [2 * torch.pi / min(i + 1, 5 if layer == 0 else 3) for i in range(units)]
        modules += [Harmonic(inputs, omegas, 0.1), nn.BatchNorm1d(units), nn.Dropout(0.2)]
        inputs = units
    return nn.Sequential(*modules, nn.Linear(inputs, 10))


def time_steps(hidden: list[int], batch: int, mode: str, device: torch.device, seconds: float) -> float:
    """The milliseconds of a step: the median of five stretches."""
    torch.manual_seed(1)
    model = network(hidden).to(device).train()
    images = torch.rand(EXAMPLES, 784, device=device)
    labels = torch.randint(10, (EXAMPLES,), device=device)
    is_card = device.type == "cuda"
    optimizer = torch.optim.Adam(
        model.parameters(), lr=1e-3, weight_decay=1e-5, fused=True, capturable=mode == "graph" and is_card
    )
    rows = torch.zeros(batch, dtype=torch.long, device=device)

    def loss_of(rows: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(model(images[rows]), labels[rows])

    loss = torch.compile(loss_of, dynamic=False) if mode == "compiled" else loss_of

    def train_on_rows() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss(rows).backward()
        optimizer.step()

    wait = torch.cuda.synchronize if is_card else lambda: None
    step = train_on_rows
    if mode == "graph":
        # As PyTorch's notes on CUDA graphs say: first some steps on another stream, then the capture.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                train_on_rows()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            train_on_rows()
        step = graph.replay

    order = torch.randperm(EXAMPLES, device=device)
    at = 0

    def run(steps: int) -> float:
        nonlocal at
        wait()
        started = time.perf_counter()
        for _ in range(steps):
            at = at + batch if at + 2 * batch <= EXAMPLES else 0
            rows.copy_(order[at : at + batch])
            step()
        wait()
        return (time.perf_counter() - started) / steps

    run(10)
    steps = max(5, round(seconds / 5 / run(10)))
    return 1e3 * sorted(run(steps) for _ in range(5))[2]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hidden", type=int, nargs="+", required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--mode", choices=["eager", "compiled", "graph"], required=True)
    parser.add_argument("--device", default="cuda", help="cpu, to try this program without a card")
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        print(json.dumps({"reason": f"PyTorch {torch.__version__} finds no CUDA card", "isMissing": True}))
        return
    torch.backends.cuda.matmul.allow_tf32 = False
    device = torch.device(options.device)
    try:
        milliseconds = time_steps(options.hidden, options.batch, options.mode, device, options.seconds)
    except Exception as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        print(json.dumps({"reason": reason[:200]}))
        return
    card = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    print(json.dumps({"milliseconds": milliseconds, "card": card, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
