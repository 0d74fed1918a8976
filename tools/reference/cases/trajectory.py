"""Twenty training steps of a small Harmonic MLP with the published optimizer, without dropout."""

import numpy as np
import torch
from torch import nn

import by_hand
from fixture import assert_close, float32_values, made, tensor, tensors
from model import FrequencyAware, Harmonic, harmonic_periods, initial_harmonic, initial_linear, set_linear

SEED = 107
INPUTS, CLASSES, BATCH, STEPS = 12, 4, 16, 20
HIDDEN = [{"units": 10, "baseFreq": 1.0, "maxFreq": 5.0}, {"units": 8, "baseFreq": 1.0, "maxFreq": 3.0}]
RESIDUAL, FREQ_SCALE_FACTOR = 0.1, 0.1
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-5
SNAPSHOTS = [1, 5, 10, 20]
# A float32 run must count the same correct answers: no example's two best logits may come closer than this.
SMALLEST_MARGIN = 1e-4


def make() -> dict:
    rng = np.random.default_rng(SEED)
    initial = initial_weights(rng)
    batches = make_batches(rng)
    losses, correct, snapshots, evaluation = train(initial, batches, torch.float64)
    check_by_hand(initial, batches, losses, snapshots)
    report_float32(initial, batches, losses, correct, snapshots)
    return {
        "made": made(SEED),
        "model": {
            "inputs": INPUTS,
            "hidden": HIDDEN,
            "classes": CLASSES,
            "residual": RESIDUAL,
            "dropout": 0.0,
            "norm": {"epsilon": 1e-5, "momentum": 0.1},
        },
        "optimizer": {
            "base": "adam",
            "mode": "gradient",
            "learningRate": LEARNING_RATE,
            "beta1": 0.9,
            "beta2": 0.999,
            "epsilon": 1e-8,
            "weightDecay": WEIGHT_DECAY,
            "freqScaleFactor": FREQ_SCALE_FACTOR,
        },
        "initial": tensors(initial),
        "batches": [{"x": tensor(x), "labels": tensor(labels)} for x, labels in batches],
        "losses": losses,
        "correct": correct,
        "snapshots": [{"step": step, "weights": tensors(snapshots[step])} for step in SNAPSHOTS],
        "evaluation": {"step": STEPS, "batch": 0, "logits": tensor(evaluation)},
    }


def initial_weights(rng) -> dict[str, np.ndarray]:
    weights, inputs = {}, INPUTS
    for index, layer in enumerate(HIDDEN):
        units = layer["units"]
        periods = harmonic_periods(units, layer["baseFreq"], layer["maxFreq"]).numpy()
        kernel, bias = initial_harmonic(rng, inputs, periods)
        weights[f"hidden.{index}/kernel"] = float32_values(kernel)
        weights[f"hidden.{index}/bias"] = float32_values(bias)
        weights[f"hidden.{index}/norm/gamma"] = np.ones(units)
        weights[f"hidden.{index}/norm/beta"] = np.zeros(units)
        weights[f"hidden.{index}/norm/running_mean"] = np.zeros(units)
        weights[f"hidden.{index}/norm/running_variance"] = np.ones(units)
        inputs = units
    kernel, bias = initial_linear(rng, inputs, CLASSES)
    weights["output/kernel"], weights["output/bias"] = float32_values(kernel), float32_values(bias)
    return weights


def make_batches(rng) -> list[tuple[np.ndarray, np.ndarray]]:
    """Inputs are multiples of 1/64, which print short; labels follow a linear rule, so that there is something to learn."""
    teacher = rng.normal(size=(INPUTS, CLASSES))
    batches = []
    for _ in range(STEPS):
        x = np.round(rng.normal(size=(BATCH, INPUTS)) * 64) / 64
        batches.append((x, np.argmax(x @ teacher, axis=1)))
    return batches


def build(weights, dtype) -> nn.Sequential:
    layers, inputs = [], INPUTS
    for index, options in enumerate(HIDDEN):
        units, path = options["units"], f"hidden.{index}"
        harmonic = Harmonic(inputs, units, options["baseFreq"], options["maxFreq"], RESIDUAL)
        set_linear(harmonic.linear, weights[f"{path}/kernel"], weights[f"{path}/bias"])
        layers += [harmonic, nn.BatchNorm1d(units, dtype=torch.float64)]
        inputs = units
    output = nn.Linear(inputs, CLASSES, dtype=torch.float64)
    set_linear(output, weights["output/kernel"], weights["output/bias"])
    return nn.Sequential(*layers, output).to(dtype)


def weights_of(model) -> dict[str, np.ndarray]:
    weights = {}
    for index in range(len(HIDDEN)):
        harmonic, norm = model[2 * index], model[2 * index + 1]
        weights[f"hidden.{index}/kernel"] = harmonic.linear.weight.T
        weights[f"hidden.{index}/bias"] = harmonic.linear.bias
        weights[f"hidden.{index}/norm/gamma"] = norm.weight
        weights[f"hidden.{index}/norm/beta"] = norm.bias
        weights[f"hidden.{index}/norm/running_mean"] = norm.running_mean
        weights[f"hidden.{index}/norm/running_variance"] = norm.running_var
    weights["output/kernel"], weights["output/bias"] = model[-1].weight.T, model[-1].bias
    return {path: values.detach().numpy().astype(np.float64) for path, values in weights.items()}


def train(initial, batches, dtype):
    """Losses and correct answers of each step, weights after each step, and evaluation logits of the first batch."""
    model = build(initial, dtype)
    for path, values in weights_of(model).items():
        assert_close(f"trajectory: initial {path}", values, initial[path])
    base = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    harmonic_layers = [layer for layer in model if isinstance(layer, Harmonic)]
    optimizer = FrequencyAware(base, harmonic_layers, FREQ_SCALE_FACTOR)

    losses, correct, snapshots = [], [], {}
    model.train()
    for step, (x, labels) in enumerate(batches, start=1):
        labels = torch.from_numpy(labels)
        base.zero_grad()
        logits = model(torch.from_numpy(x).to(dtype))
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()

        best_two = logits.topk(2, dim=1).values
        margin = (best_two[:, 0] - best_two[:, 1]).min().item()
        assert margin > SMALLEST_MARGIN, f"trajectory: step {step} has a margin of {margin:.3g}; change SEED"
        losses.append(loss.item())
        correct.append(int((logits.argmax(dim=1) == labels).sum()))
        snapshots[step] = weights_of(model)

    model.eval()
    return losses, correct, snapshots, model(torch.from_numpy(batches[0][0]).to(dtype))


def check_by_hand(initial, batches, losses, snapshots) -> None:
    """The whole run again in numpy: forward, hand-derived backward, scaling, Adam."""
    weights = dict(initial)
    adam = by_hand.Adam(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    periods = [harmonic_periods(h["units"], h["baseFreq"], h["maxFreq"]).numpy() for h in HIDDEN]
    factors = {
        f"hidden.{index}/{name}": 1 / (1 + FREQ_SCALE_FACTOR * p)
        for index, p in enumerate(periods)
        for name in ("kernel", "bias")
    }
    for step, (x, labels) in enumerate(batches, start=1):
        signal, kept, running = x, [], {}
        for index, p in enumerate(periods):
            path = f"hidden.{index}"
            z, y = by_hand.harmonic_forward(
                signal, weights[f"{path}/kernel"], weights[f"{path}/bias"], p, RESIDUAL
            )
            kept.append((path, signal, z, y, p))
            signal, mean, variance = by_hand.batch_norm_forward(
                y, weights[f"{path}/norm/gamma"], weights[f"{path}/norm/beta"], 1e-5
            )
            running[f"{path}/norm/running_mean"], running[f"{path}/norm/running_variance"] = (
                by_hand.running_statistics(
                    weights[f"{path}/norm/running_mean"],
                    weights[f"{path}/norm/running_variance"],
                    mean,
                    variance,
                    BATCH,
                    0.1,
                )
            )
        logits = signal @ weights["output/kernel"] + weights["output/bias"]
        loss, dlogits, _ = by_hand.cross_entropy(logits, labels)

        gradients = {"output/kernel": signal.T @ dlogits, "output/bias": dlogits.sum(axis=0)}
        upstream = dlogits @ weights["output/kernel"].T
        for path, x_layer, z, y, p in reversed(kept):
            norm = by_hand.batch_norm_backward(y, weights[f"{path}/norm/gamma"], 1e-5, upstream)
            layer = by_hand.harmonic_backward(x_layer, weights[f"{path}/kernel"], z, p, RESIDUAL, norm["x"])
            gradients[f"{path}/norm/gamma"], gradients[f"{path}/norm/beta"] = norm["gamma"], norm["beta"]
            gradients[f"{path}/kernel"], gradients[f"{path}/bias"] = layer["kernel"], layer["bias"]
            upstream = layer["x"]

        trained = {path: weights[path] for path in gradients}
        weights |= by_hand.frequency_aware_step(adam, trained, gradients, factors, "gradient") | running
        assert_close(f"trajectory: loss of step {step}", losses[step - 1], loss)
        for path, expected in weights.items():
            assert_close(f"trajectory: {path} after step {step}", snapshots[step][path], expected)


def report_float32(initial, batches, losses, correct, snapshots) -> None:
    """Prints how far PyTorch's own float32 run strays: the yardstick for a test's tolerance."""
    losses32, correct32, snapshots32, _ = train(initial, batches, torch.float32)
    assert correct32 == correct, f"trajectory: float32 counts {correct32}, float64 {correct}; change SEED"
    print(f"  float32 run: losses stray by {np.abs(np.subtract(losses32, losses)).max():.1e}; weights after step")
    for step in SNAPSHOTS:
        strays = {path: np.abs(snapshots32[step][path] - w).max() for path, w in snapshots[step].items()}
        worst = max(strays, key=strays.get)
        print(f"  {step:4}: {strays[worst]:.1e} ({worst})")
