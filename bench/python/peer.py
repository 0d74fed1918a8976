"""The networks in PyTorch, for the benchmark: takes commands, one JSON object per line, and answers each with one.

    python3 bench/python/peer.py --threads 1 [--optimization fused|compiled]

Arrays come as raw files. While it waits for an order it sleeps in a read; PyTorch's other threads spin for some 10 ms
after the last work, so whoever measures something else next waits that long first.
"""

import argparse
import json
import math
import os
import platform
import sys
import time

# The processes that torch.compile starts, to compile in parallel, would disturb what is measured.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

import torch  # noqa: E402
from torch import nn  # noqa: E402


class Harmonic(nn.Module):
    """z = x W^T + b; y = sin(omega z) + residual * z."""

    def __init__(self, inputs: int, omegas: list[float], residual: float):
        super().__init__()
        self.linear = nn.Linear(inputs, len(omegas))
        # A scalar is faster than a vector of equal values.
        self.register_buffer("omegas", torch.tensor(omegas if len(set(omegas)) > 1 else omegas[0]))
        self.residual = residual

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.linear(x)
        wave = torch.sin(z * self.omegas)
        return torch.add(wave, z, alpha=self.residual) if self.residual else wave


def read(array: dict) -> torch.Tensor:
    """The tensor in a raw file, in its own memory."""
    dtype = {"float32": torch.float32, "int32": torch.int32}[array["dtype"]]
    mapped = torch.from_file(array["file"], size=math.prod(array["shape"]), dtype=dtype)
    return mapped.reshape(array["shape"]).clone()


class Peer:
    def __init__(self, optimization: str):
        self.optimization = optimization

    def hello(self) -> dict:
        return {
            "torch": torch.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
            "capability": torch.backends.cpu.get_cpu_capability(),
            **({"compiles": self.compiles()} if self.optimization == "compiled" else {}),
        }

    @staticmethod
    def compiles() -> bool | str:
        """Whether torch.compile works, and why not: it needs a C++ compiler and the headers of Python."""
        try:
            x = torch.ones(4, requires_grad=True)
            torch.compile(lambda x: x.sin().sum())(x).backward()
        except Exception as error:
            reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
            return reason.split(" in torch.")[0][:100]
        return True

    def create(self, weights: dict, settings: dict) -> dict:
        tensors = {path: read(array) for path, array in weights.items()}
        norm, adam, dropout = settings["norm"], settings["adam"], settings["dropout"]
        modules, self.scaled, paths = [], [], {}
        for i, hidden in enumerate(settings["hidden"]):
            omegas, factors = hidden["omegas"], hidden.get("factors")
            layer = Harmonic(tensors[f"hidden.{i}/kernel"].shape[0], omegas, settings["residual"])
            weight, bias = layer.linear.weight, layer.linear.bias
            modules.append(layer)
            paths |= {f"hidden.{i}/kernel": weight, f"hidden.{i}/bias": bias}
            if factors is not None:
                column = torch.tensor(factors)
                self.scaled += [(weight, column[:, None]), (bias, column)]
            if norm is not None:
                normalized = nn.BatchNorm1d(len(omegas), eps=norm["epsilon"], momentum=norm["momentum"])
                modules.append(normalized)
                paths |= {
                    f"hidden.{i}/norm/gamma": normalized.weight,
                    f"hidden.{i}/norm/beta": normalized.bias,
                    f"hidden.{i}/norm/running_mean": normalized.running_mean,
                    f"hidden.{i}/norm/running_variance": normalized.running_var,
                }
            if dropout > 0:
                modules.append(nn.Dropout(dropout))
        output = nn.Linear(*tensors["output/kernel"].shape)
        modules.append(output)
        paths |= {"output/kernel": output.weight, "output/bias": output.bias}
        with torch.no_grad():
            for path, tensor in paths.items():
                # A kernel is [inputs, units] there, and [units, inputs] here.
                tensor.copy_(tensors[path].T if path.endswith("kernel") else tensors[path])
        self.model = nn.Sequential(*modules)
        self.is_classification = settings["task"] == "classification"
        self.loss = self.eager_loss
        if self.optimization == "compiled":
            torch.compiler.reset()
            self.loss = torch.compile(self.eager_loss, dynamic=False)
        self.optimizer = torch.optim.Adam(
            self.model.parameters(),
            lr=settings["learningRate"],
            betas=(adam["beta1"], adam["beta2"]),
            eps=adam["epsilon"],
            weight_decay=settings["weightDecay"],
            fused=self.optimization != "none",
        )
        return {}

    def eager_loss(self, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        outputs = self.model(inputs)
        if self.is_classification:
            return nn.functional.cross_entropy(outputs, targets)
        return nn.functional.mse_loss(outputs, targets)

    def load(self, batches: list[dict]) -> dict:
        self.batches = [
            (read(batch["inputs"]), targets.long() if targets.dtype == torch.int32 else targets)
            for batch in batches
            for targets in [read(batch["targets"])]
        ]
        self.next = 0
        return {}

    def step(self) -> float:
        inputs, targets = self.batches[self.next % len(self.batches)]
        self.next += 1
        loss = self.loss(inputs, targets)
        self.optimizer.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter, factors in self.scaled:
                parameter.grad.mul_(factors)
        self.optimizer.step()
        return loss.item()

    def train(self, steps: int, before: int) -> dict:
        self.model.train()
        losses = [self.step() for _ in range(before)]
        started = time.perf_counter()
        losses += [self.step() for _ in range(steps)]
        return {"milliseconds": (time.perf_counter() - started) * 1e3, "losses": losses}

    def show(self, inputs: dict) -> dict:
        self.inputs = read(inputs)
        return {}

    def predict(self, times: int) -> dict:
        self.model.eval()
        with torch.inference_mode():
            self.outputs()
            started = time.perf_counter()
            for _ in range(times):
                outputs = self.outputs()
            milliseconds = (time.perf_counter() - started) * 1e3
        return {"milliseconds": milliseconds, "outputs": outputs.flatten().tolist()}

    def outputs(self) -> torch.Tensor:
        outputs = self.model(self.inputs)
        return outputs.softmax(1) if self.is_classification else outputs


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--optimization", choices=["none", "fused", "compiled"], default="none")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    serve(Peer(options.optimization))


def serve(peer: object) -> None:
    """Lets a peer follow orders until there are no more."""
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        try:
            answer = getattr(peer, order.pop("order"))(**order)
        except Exception as error:  # Told to whoever gave the order.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
