"""The published model in PyTorch, for the benchmark: takes commands, one JSON object per line, and answers each with one.

    python3 bench/python/peer.py --threads 1 [--fused]

Arrays come as raw files. While it waits for an order it sleeps in a read; PyTorch's other threads spin for some 10 ms
after the last work, so whoever measures something else next waits that long first.
"""

import argparse
import json
import math
import platform
import sys
import time

import torch
from torch import nn


class Harmonic(nn.Module):
    """z = x W^T + b; y = sin(2 pi z / p) + residual * z, with 2 pi / p computed once."""

    def __init__(self, inputs: int, periods: list[float], residual: float):
        super().__init__()
        self.linear = nn.Linear(inputs, len(periods))
        self.register_buffer("omegas", 2 * math.pi / torch.tensor(periods))
        self.residual = residual

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.linear(x)
        return torch.add(torch.sin(z * self.omegas), z, alpha=self.residual)


def read(array: dict) -> torch.Tensor:
    """The tensor in a raw file, in its own memory."""
    dtype = {"float32": torch.float32, "int32": torch.int32}[array["dtype"]]
    mapped = torch.from_file(array["file"], size=math.prod(array["shape"]), dtype=dtype)
    return mapped.reshape(array["shape"]).clone()


class Peer:
    def __init__(self, fused: bool):
        self.fused = fused

    def hello(self) -> dict:
        return {
            "torch": torch.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
            "capability": torch.backends.cpu.get_cpu_capability(),
        }

    def create(self, weights: dict, settings: dict) -> dict:
        tensors = {path: read(array) for path, array in weights.items()}
        norm, adam = settings["norm"], settings["adam"]
        layers, self.scaled = [], []
        for i, periods in enumerate(settings["periods"]):
            inputs = tensors[f"hidden.{i}/kernel"].shape[0]
            layer = Harmonic(inputs, periods, settings["residual"])
            factors = 1 / (1 + settings["freqScaleFactor"] * torch.tensor(periods))
            self.scaled += [(layer.linear.weight, factors[:, None]), (layer.linear.bias, factors)]
            normalized = nn.BatchNorm1d(len(periods), eps=norm["epsilon"], momentum=norm["momentum"])
            layers += [layer, normalized, nn.Dropout(settings["dropout"])]
        layers.append(nn.Linear(*tensors["output/kernel"].shape))
        self.model = nn.Sequential(*layers)
        with torch.no_grad():
            for path, tensor in self.by_path(layers).items():
                # A kernel is [inputs, units] there, and [units, inputs] here.
                tensor.copy_(tensors[path].T if path.endswith("kernel") else tensors[path])
        self.optimizer = torch.optim.Adam(
            self.model.parameters(),
            lr=settings["learningRate"],
            betas=(adam["beta1"], adam["beta2"]),
            eps=adam["epsilon"],
            weight_decay=settings["weightDecay"],
            fused=self.fused,
        )
        return {}

    @staticmethod
    def by_path(layers: list[nn.Module]) -> dict[str, torch.Tensor]:
        paths = {"output/kernel": layers[-1].weight, "output/bias": layers[-1].bias}
        for i, (layer, norm) in enumerate(zip(layers[:-1:3], layers[1::3], strict=True)):
            paths |= {
                f"hidden.{i}/kernel": layer.linear.weight,
                f"hidden.{i}/bias": layer.linear.bias,
                f"hidden.{i}/norm/gamma": norm.weight,
                f"hidden.{i}/norm/beta": norm.bias,
                f"hidden.{i}/norm/running_mean": norm.running_mean,
                f"hidden.{i}/norm/running_variance": norm.running_var,
            }
        return paths

    def load(self, batches: list[dict]) -> dict:
        self.batches = [(read(batch["inputs"]), read(batch["labels"]).long()) for batch in batches]
        self.next = 0
        return {}

    def step(self) -> float:
        inputs, labels = self.batches[self.next % len(self.batches)]
        self.next += 1
        loss = nn.functional.cross_entropy(self.model(inputs), labels)
        self.optimizer.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter, factors in self.scaled:
                parameter.grad.mul_(factors)
        self.optimizer.step()
        return loss.item()

    def train(self, steps: int) -> dict:
        self.model.train()
        losses = [self.step()]
        started = time.perf_counter()
        losses += [self.step() for _ in range(steps)]
        return {"milliseconds": (time.perf_counter() - started) * 1e3, "losses": losses}

    def show(self, images: dict) -> dict:
        self.images = read(images)
        return {}

    def predict(self, times: int) -> dict:
        self.model.eval()
        with torch.inference_mode():
            self.model(self.images).softmax(1)
            started = time.perf_counter()
            for _ in range(times):
                probabilities = self.model(self.images).softmax(1)
            milliseconds = (time.perf_counter() - started) * 1e3
        return {"milliseconds": milliseconds, "probabilities": probabilities.flatten().tolist()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--fused", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    peer = Peer(options.fused)
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        try:
            answer = getattr(peer, order.pop("order"))(**order)
        except Exception as error:  # Told to whoever gave the order.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
