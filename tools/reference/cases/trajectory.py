"""Training steps of a small Harmonic MLP without dropout, by the published optimizer and by three that reveal more."""

import numpy as np
import torch
from torch import nn

import by_hand
from fixture import assert_close, float32_values, made, tensor, tensors
from model import FrequencyAware, Harmonic, harmonic_periods, initial_harmonic, initial_linear, set_linear

SEED = 107
INPUTS, CLASSES, BATCH = 12, 4, 16
HIDDEN = [{"units": 10, "baseFreq": 1.0, "maxFreq": 5.0}, {"units": 8, "baseFreq": 1.0, "maxFreq": 3.0}]
RESIDUAL = 0.1
PUBLISHED = {
    "base": "adam",
    "mode": "gradient",
    "learningRate": 1e-3,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-8,
    "decay": "coupled",
    "weightDecay": 1e-5,
    "freqScaleFactor": 0.1,
}
# name: steps, optimizer
RUNS = {
    "as published": (20, PUBLISHED),
    # An epsilon of the gradients' magnitude makes Adam sensitive to their scaling. No setting is a default.
    "gradient mode, large epsilon": (
        10,
        PUBLISHED
        | {
            "learningRate": 3e-3,
            "beta1": 0.8,
            "beta2": 0.99,
            "epsilon": 1e-2,
            "weightDecay": 0.1,
            "freqScaleFactor": 0.5,
        },
    ),
    "update mode, decoupled decay": (
        10,
        PUBLISHED | {"mode": "update", "decay": "decoupled", "weightDecay": 0.1, "freqScaleFactor": 0.5},
    ),
    # Without decay: tfjs's SGD has none.
    "gradient mode, SGD": (
        10,
        {"base": "sgd", "mode": "gradient", "learningRate": 0.05, "weightDecay": 0.0, "freqScaleFactor": 0.5},
    ),
}
SNAPSHOTS = [1, 5, 10, 20]
# A float32 run must count the same correct answers: no example's two best logits may come closer than this.
SMALLEST_MARGIN = 1e-4


def make() -> dict:
    rng = np.random.default_rng(SEED)
    initial = initial_weights(rng)
    batches = make_batches(rng)
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
        "initial": tensors(initial),
        "batches": [{"x": tensor(x), "labels": tensor(labels)} for x, labels in batches],
        "runs": [
            make_run(initial, batches[:steps], name, options) for name, (steps, options) in RUNS.items()
        ],
    }


def make_run(initial, batches, name, options) -> dict:
    losses, correct, snapshots, evaluation = train(initial, batches, name, options, torch.float64)
    check_by_hand(initial, batches, name, options, losses, snapshots)
    report_float32(initial, batches, name, options, losses, correct, snapshots, evaluation)
    return {
        "name": name,
        "optimizer": options,
        "losses": losses,
        "correct": correct,
        "snapshots": [{"step": step, "weights": tensors(snapshots[step])} for step in snapshots_of(batches)],
        "evaluation": {"step": len(batches), "batch": 0, "logits": tensor(evaluation)},
    }


def snapshots_of(batches) -> list[int]:
    return [step for step in SNAPSHOTS if step <= len(batches)]


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
    """Inputs are multiples of 1/64, which print short; labels follow a linear rule, so there is something to learn."""
    teacher = rng.normal(size=(INPUTS, CLASSES))
    batches = []
    for _ in range(max(steps for steps, _ in RUNS.values())):
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


def base_of(options, parameters) -> torch.optim.Optimizer:
    rates = {"lr": options["learningRate"], "weight_decay": options["weightDecay"]}
    if options["base"] == "sgd":
        return torch.optim.SGD(parameters, **rates)
    optimizer = {"coupled": torch.optim.Adam, "decoupled": torch.optim.AdamW}[options["decay"]]
    return optimizer(parameters, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"], **rates)


def base_by_hand(options):
    if options["base"] == "sgd":
        return by_hand.SGD(options["learningRate"], weight_decay=options["weightDecay"])
    return by_hand.Adam(
        options["learningRate"],
        options["beta1"],
        options["beta2"],
        options["epsilon"],
        options["weightDecay"],
        decoupled=options["decay"] == "decoupled",
    )


def train(initial, batches, name, options, dtype):
    """Losses and correct answers for each step, weights after each step, and evaluation logits of the first batch."""
    model = build(initial, dtype)
    for path, values in weights_of(model).items():
        assert_close(f"{name}: initial {path}", values, initial[path])
    base = base_of(options, model.parameters())
    harmonic_layers = [layer for layer in model if isinstance(layer, Harmonic)]
    optimizer = FrequencyAware(base, harmonic_layers, options["freqScaleFactor"], options["mode"])

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
        assert margin > SMALLEST_MARGIN, f"{name}: step {step} has a margin of {margin:.3g}; change SEED"
        losses.append(loss.item())
        correct.append(int((logits.argmax(dim=1) == labels).sum()))
        snapshots[step] = weights_of(model)

    model.eval()
    return losses, correct, snapshots, model(torch.from_numpy(batches[0][0]).to(dtype))


def check_by_hand(initial, batches, name, options, losses, snapshots) -> None:
    """The whole run again in numpy: forward, hand-derived backward, scaling, optimizer."""
    weights = dict(initial)
    base = base_by_hand(options)
    periods = [harmonic_periods(h["units"], h["baseFreq"], h["maxFreq"]).numpy() for h in HIDDEN]
    factors = {
        f"hidden.{index}/{weight}": 1 / (1 + options["freqScaleFactor"] * p)
        for index, p in enumerate(periods)
        for weight in ("kernel", "bias")
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
        weights |= by_hand.frequency_aware_step(base, trained, gradients, factors, options["mode"]) | running
        assert_close(f"{name}: loss of step {step}", losses[step - 1], loss)
        for path, expected in weights.items():
            assert_close(f"{name}: {path} after step {step}", snapshots[step][path], expected)


def report_float32(initial, batches, name, options, losses, correct, snapshots, evaluation) -> None:
    """Prints how far PyTorch's own float32 run deviates, as a yardstick for a test's tolerance."""
    losses32, correct32, snapshots32, evaluation32 = train(initial, batches, name, options, torch.float32)
    assert correct32 == correct, f"{name}: float32 counts {correct32}, float64 {correct}; change SEED"
    stray_losses = np.abs(np.subtract(losses32, losses)).max()
    stray_logits = (evaluation32 - evaluation).abs().max().item()
    print(f"  {name}, float32: losses stray by {stray_losses:.1e}, logits by {stray_logits:.1e}; weights after step")
    for step in snapshots_of(batches):
        strays = {path: np.abs(snapshots32[step][path] - w).max() for path, w in snapshots[step].items()}
        worst = max(strays, key=strays.get)
        print(f"  {step:4}: {strays[worst]:.1e} ({worst})")
