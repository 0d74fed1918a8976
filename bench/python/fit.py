"""The networks of `bench --only stock` in PyTorch, on one thread: takes orders like peer.py, on whose loop it runs.

    python3 bench/python/fit.py

Examples are random; only the time matters here. Images are [channels, height, width].
"""

import math
import time

import torch
from torch import nn

from peer import serve

ACTIVATIONS = {"relu": nn.ReLU}
LOSSES = {
    "categoricalCrossentropy": nn.CrossEntropyLoss,
    "binaryCrossentropy": nn.BCEWithLogitsLoss,
    "meanSquaredError": nn.MSELoss,
}


class Last(nn.Module):
    """The last output of a recurrent layer."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0][:, -1]


class Average(nn.Module):
    """The average of each channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).mean(2)


class Same(nn.Module):
    """Pads like TensorFlow, which puts what is left over at the end."""

    def __init__(self, kernel: int, stride: int, size: int):
        super().__init__()
        whole = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        self.pad = (whole // 2, whole - whole // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.pad(x, self.pad * (x.dim() - 2))


def convolution(settings: dict, x: torch.Tensor) -> list[nn.Module]:
    kind = nn.Conv1d if settings["layer"] == "conv1d" else nn.Conv2d
    channels = x.shape[1]
    kernel, stride = settings["kernelSize"], settings.get("strides", 1)
    is_depthwise = settings["layer"] == "depthwiseConv2d"
    filters = channels if is_depthwise else settings["filters"]
    groups = channels if is_depthwise else 1
    bias = settings.get("useBias", True)
    pad = []
    if settings.get("padding") == "same" and kernel > 1:
        pad = [Same(kernel, stride, x.shape[-1])]
        # What is the same on both sides needs no pass of its own.
        if pad[0].pad[0] == pad[0].pad[1]:
            return [kind(channels, filters, kernel, stride, pad[0].pad[0], groups=groups, bias=bias)]
    return [*pad, kind(channels, filters, kernel, stride, groups=groups, bias=bias)]


def layer(settings: dict, x: torch.Tensor) -> list[nn.Module]:
    """The modules of a layer of tfjs-layers, without its activation, for inputs like x."""
    match settings["layer"]:
        case "dense":
            return [nn.Linear(x.shape[1], settings["units"], bias=settings.get("useBias", True))]
        case "conv1d" | "conv2d" | "depthwiseConv2d":
            return convolution(settings, x)
        case "maxPooling1d":
            return [nn.MaxPool1d(settings["poolSize"])]
        case "maxPooling2d":
            return [nn.MaxPool2d(settings["poolSize"], settings["strides"])]
        case "globalAveragePooling1d" | "globalAveragePooling2d":
            return [Average()]
        case "batchNormalization":
            return [nn.BatchNorm1d(x.shape[1]) if x.dim() < 4 else nn.BatchNorm2d(x.shape[1])]
        case "flatten":
            return [nn.Flatten()]
        case "embedding":
            return [nn.Embedding(settings["inputDim"], settings["outputDim"])]
        case "lstm":
            return [Last(nn.LSTM(x.shape[2], settings["units"], batch_first=True))]
        case "gru":
            return [Last(nn.GRU(x.shape[2], settings["units"], batch_first=True))]
    raise ValueError(f"no {settings['layer']}")


class Fit:
    EXAMPLES = 2048

    def hello(self) -> dict:
        return {"version": torch.__version__}

    def create(self, network: dict) -> dict:
        torch.manual_seed(0)
        self.batch_size = network["batchSize"]
        *lengths, channels = network["inputShape"]
        is_sequence = any(settings["layer"] in ("gru", "lstm") for settings in network["layers"])
        shape = [*lengths, channels] if is_sequence else [channels, *lengths]
        vocabulary = network.get("vocabulary")
        if vocabulary is None:
            self.inputs = torch.rand(self.EXAMPLES, *shape)
        else:
            self.inputs = torch.randint(vocabulary, (self.EXAMPLES, *shape))
        outputs, loss = network["outputs"], network["loss"]
        if loss == "categoricalCrossentropy":
            self.targets = torch.randint(outputs, (self.EXAMPLES,))
        else:
            numbers = torch.rand(self.EXAMPLES, outputs)
            self.targets = numbers.round() if loss == "binaryCrossentropy" else numbers
        self.loss = LOSSES[loss]()
        modules, x = [], self.inputs[:2]
        for settings in network["layers"]:
            added = layer(settings, x)
            # The losses take what precedes a sigmoid or a softmax.
            if (activation := settings.get("activation")) in ACTIVATIONS:
                added.append(ACTIVATIONS[activation]())
            for module in added:
                x = module(x)
            modules += added
        self.model = nn.Sequential(*modules)
        optimizer = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[network["optimizer"]]
        self.optimizer = optimizer(self.model.parameters(), lr=network["learningRate"], fused=True)
        self.fit(3)
        # Recurrent layers have a second bias here.
        named = self.model.named_parameters()
        parameters = sum(each.numel() for name, each in named if "bias_hh" not in name)
        return {"milliseconds": self.fit(1), "parameters": parameters}

    def train(self, steps: int) -> dict:
        return {"milliseconds": self.fit(steps)}

    def fit(self, steps: int) -> float:
        """Milliseconds of a step."""
        self.model.train()
        total, size = 0.0, self.batch_size
        started = time.perf_counter()
        for step in range(steps):
            at = step * size % self.EXAMPLES
            if at == 0:
                order = torch.randperm(self.EXAMPLES)
            batch = order[at : at + size]
            loss = self.loss(self.model(self.inputs[batch]), self.targets[batch])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        milliseconds = (time.perf_counter() - started) * 1e3 / steps
        if not math.isfinite(total):
            raise ValueError(f"the loss is {total}")
        return milliseconds


if __name__ == "__main__":
    torch.set_num_threads(1)
    serve(Fit())
