"""PyTorch's optimizers with clipping and scaling by period, and two optimizers side by side. Settings as in TypeScript."""

import numpy as np
import torch

import by_hand
from fixture import assert_close, float32_values, made, tensor, tensors
from model import FrequencyAware, Harmonic, set_linear

SEED = 108
STEPS = 4
FREQ_SCALE_FACTOR = 0.3
SHAPES = {"hidden/kernel": (3, 2), "hidden/bias": (2,), "output/kernel": (2, 2)}
ADAM = {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
SGD = {"learningRate": 0.1}
MOMENTUM = {"learningRate": 0.1, "momentum": 0.9}

# The gradients' norms are about 3.5, so a limit of 3 takes effect in some steps.
#        optimizer    settings
CASES = [
    ("adam",     {**ADAM, "weightDecay": 0.1, "freqScale": "gradient"}),
    ("adam",     {**ADAM, "weightDecay": 0.1, "freqScale": "update", "clipNorm": 3.0}),
    ("adam",     {**ADAM, "weightDecay": 0.1, "freqScale": "gradient", "clipValue": 0.5}),
    ("adamw",    {**ADAM, "weightDecay": 0.5, "freqScale": "gradient", "clipNorm": 3.0}),
    ("adamw",    {**ADAM, "weightDecay": 0.5, "freqScale": "update"}),
    ("sgd",      {**SGD, "weightDecay": 0.0, "freqScale": "gradient", "clipNorm": 3.0, "clipValue": 1.0}),
    ("sgd",      {**SGD, "weightDecay": 0.1, "freqScale": "update"}),
    ("momentum", {**MOMENTUM, "weightDecay": 0.1, "freqScale": "gradient", "clipNorm": 3.0}),
    ("momentum", {**MOMENTUM, "weightDecay": 0.1, "freqScale": "update", "nesterov": True}),
]  # fmt: skip


def make() -> dict:
    rng = np.random.default_rng(SEED)
    initial = {name: float32_values(rng.normal(size=shape)) for name, shape in SHAPES.items()}
    gradients = [
        {name: float32_values(rng.normal(size=shape)) for name, shape in SHAPES.items()} for _ in range(STEPS)
    ]
    return {
        "made": made(SEED),
        "freqScaleFactor": FREQ_SCALE_FACTOR,
        "periods": tensor(build(initial)[0].periods),
        "parameters": tensors(initial),
        "gradients": [tensors(step) for step in gradients],
        "cases": [make_case(initial, gradients, *case) for case in CASES],
        "groups": make_groups(initial, gradients),
    }


def build(values):
    """The harmonic layer, and the parameters by path, transposed."""
    harmonic = Harmonic(3, 2, 1.0, 2.0)
    set_linear(harmonic.linear, values["hidden/kernel"], values["hidden/bias"])
    output = torch.nn.Parameter(torch.from_numpy(values["output/kernel"].T.copy()))
    return harmonic, {
        "hidden/kernel": harmonic.linear.weight,
        "hidden/bias": harmonic.linear.bias,
        "output/kernel": output,
    }


def torch_optimizer(name, parameters, settings):
    rate, decay = settings["learningRate"], settings["weightDecay"]
    if name in ("adam", "adamw"):
        optimizer_class = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
        betas = settings["beta1"], settings["beta2"]
        return optimizer_class(parameters, lr=rate, betas=betas, eps=settings["epsilon"], weight_decay=decay)
    return torch.optim.SGD(
        parameters,
        lr=rate,
        momentum=settings.get("momentum", 0.0),
        weight_decay=decay,
        nesterov=settings.get("nesterov", False),
    )


def optimizer_by_hand(name, settings):
    rate, decay = settings["learningRate"], settings["weightDecay"]
    if name in ("adam", "adamw"):
        moments = settings["beta1"], settings["beta2"], settings["epsilon"]
        return by_hand.Adam(rate, *moments, decay, decoupled=name == "adamw")
    return by_hand.SGD(rate, settings.get("momentum", 0.0), decay, settings.get("nesterov", False))


def clip(parameters, settings):
    """Clips like torch.nn.utils, except for the 1e-6 that clip_grad_norm_ adds to the norm."""
    if "clipValue" in settings:
        torch.nn.utils.clip_grad_value_(parameters, settings["clipValue"])
    if "clipNorm" in settings:
        norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in parameters])
        for parameter in parameters:
            parameter.grad.mul_(min(1.0, settings["clipNorm"] / norm.item()))


def set_gradients(parameters, gradients):
    for path, parameter in parameters.items():
        parameter.grad = torch.from_numpy(gradients[path].T.copy())


def values_of(parameters):
    return {path: parameter.detach().numpy().T.copy() for path, parameter in parameters.items()}


def make_case(initial, gradients, name, settings) -> dict:
    harmonic, parameters = build(initial)
    optimizer = torch_optimizer(name, parameters.values(), settings)
    optimizer = FrequencyAware(optimizer, [harmonic], FREQ_SCALE_FACTOR, settings["freqScale"])
    check, expected = optimizer_by_hand(name, settings), initial
    factor = 1 / (1 + FREQ_SCALE_FACTOR * harmonic.periods.numpy())
    factors = {"hidden/kernel": factor, "hidden/bias": factor}

    steps = []
    for step_gradients in gradients:
        set_gradients(parameters, step_gradients)
        clip(list(parameters.values()), settings)
        optimizer.step()
        clipped = by_hand.clip(step_gradients, settings.get("clipValue"), settings.get("clipNorm"))
        expected = by_hand.frequency_aware_step(check, expected, clipped, factors, settings["freqScale"])
        after = values_of(parameters)
        for path in parameters:
            assert_close(f"{name} {settings}: {path}", after[path], expected[path])
        steps.append(tensors(after))
    return {"name": name, "settings": settings, "steps": steps}


def make_groups(initial, gradients) -> dict:
    """SGD with Nesterov's momentum for the matrices, Adam for the rest."""
    _, parameters = build(initial)
    matrices = [path for path in parameters if path.endswith("kernel")]
    rest = [path for path in parameters if path not in matrices]
    kinds = [
        (matrices, "momentum", {**MOMENTUM, "weightDecay": 0.0, "nesterov": True}),
        (rest, "adam", {**ADAM, "weightDecay": 0.0}),
    ]
    optimizers = [
        torch_optimizer(name, [parameters[path] for path in paths], settings) for paths, name, settings in kinds
    ]
    checks = [(paths, optimizer_by_hand(name, settings)) for paths, name, settings in kinds]
    expected, steps = initial, []
    for step_gradients in gradients:
        set_gradients(parameters, step_gradients)
        for optimizer in optimizers:
            optimizer.step()
        for paths, check in checks:
            stepped = check.step({path: expected[path] for path in paths}, step_gradients)
            expected = {**expected, **stepped}
        after = values_of(parameters)
        for path in parameters:
            assert_close(f"groups: {path}", after[path], expected[path])
        steps.append(tensors(after))
    return {"matrices": kinds[0][2], "rest": kinds[1][2], "steps": steps}
