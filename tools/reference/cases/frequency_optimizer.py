"""The frequency-aware optimizer over Adam, SGD, and SGD with momentum, in modes "gradient" and "update"."""

import itertools

import numpy as np
import torch

import by_hand
from fixture import assert_close, float32_values, made, tensor, tensors
from model import FrequencyAware, Harmonic, set_linear

SEED = 105
STEPS = 4
BASE_FREQ, MAX_FREQ, FREQ_SCALE_FACTOR = 1.0, 3.0, 0.1
SHAPES = {
    "hidden.0/kernel": (6, 4),
    "hidden.0/bias": (4,),
    "hidden.0/norm/gamma": (4,),
    "hidden.0/norm/beta": (4,),
    "output/kernel": (4, 3),
    "output/bias": (3,),
}
BASES = {
    "adam": {"learningRate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "sgd": {"learningRate": 0.1, "momentum": 0.0},
    "momentum": {"learningRate": 0.1, "momentum": 0.9},
}
# 1e-5 is the published decay; 0.1 makes a missing or wrongly scaled decay visible in float32.
WEIGHT_DECAYS = [1e-5, 0.1]


def make() -> dict:
    rng = np.random.default_rng(SEED)
    initial = {name: float32_values(rng.normal(size=shape)) for name, shape in SHAPES.items()}
    gradients = [
        {name: float32_values(rng.normal(size=shape)) for name, shape in SHAPES.items()} for _ in range(STEPS)
    ]
    cases = [
        make_case(initial, gradients, base, mode, weight_decay)
        for base, mode, weight_decay in itertools.product(BASES, ["gradient", "update"], WEIGHT_DECAYS)
    ]
    periods = build(initial)[0].periods
    return {
        "made": made(SEED),
        "baseFreq": BASE_FREQ,
        "maxFreq": MAX_FREQ,
        "freqScaleFactor": FREQ_SCALE_FACTOR,
        "periods": tensor(periods),
        "factors": tensor(1 / (1 + FREQ_SCALE_FACTOR * periods)),
        "parameters": tensors(initial),
        "gradients": [tensors(step) for step in gradients],
        "cases": cases,
    }


def build(values):
    """The layers that own the parameters, and views of parameters by path, kernels as [inputs, units]."""
    harmonic = Harmonic(6, 4, BASE_FREQ, MAX_FREQ)
    norm = torch.nn.BatchNorm1d(4, dtype=torch.float64)
    output = torch.nn.Linear(4, 3, dtype=torch.float64)
    set_linear(harmonic.linear, values["hidden.0/kernel"], values["hidden.0/bias"])
    set_linear(output, values["output/kernel"], values["output/bias"])
    with torch.no_grad():
        norm.weight.copy_(torch.from_numpy(values["hidden.0/norm/gamma"]))
        norm.bias.copy_(torch.from_numpy(values["hidden.0/norm/beta"]))
    return harmonic, {
        "hidden.0/kernel": harmonic.linear.weight,
        "hidden.0/bias": harmonic.linear.bias,
        "hidden.0/norm/gamma": norm.weight,
        "hidden.0/norm/beta": norm.bias,
        "output/kernel": output.weight,
        "output/bias": output.bias,
    }


def base_optimizers(base, parameters, weight_decay):
    """PyTorch's optimizer and the handwritten one."""
    options = BASES[base]
    if base == "adam":
        betas = options["beta1"], options["beta2"]
        return (
            torch.optim.Adam(
                parameters,
                lr=options["learningRate"],
                betas=betas,
                eps=options["epsilon"],
                weight_decay=weight_decay,
            ),
            by_hand.Adam(options["learningRate"], *betas, options["epsilon"], weight_decay),
        )
    return (
        torch.optim.SGD(
            parameters, lr=options["learningRate"], momentum=options["momentum"], weight_decay=weight_decay
        ),
        by_hand.SGD(options["learningRate"], options["momentum"], weight_decay),
    )


def make_case(initial, gradients, base, mode, weight_decay) -> dict:
    name = f"{base}, {mode}, weight decay {weight_decay:g}"
    harmonic, parameters = build(initial)
    optimizer, check = base_optimizers(base, parameters.values(), weight_decay)
    optimizer = FrequencyAware(optimizer, [harmonic], FREQ_SCALE_FACTOR, mode)
    factor = 1 / (1 + FREQ_SCALE_FACTOR * harmonic.periods.numpy())
    factors = {"hidden.0/kernel": factor, "hidden.0/bias": factor}
    expected = initial

    steps = []
    for step_gradients in gradients:
        for path, parameter in parameters.items():
            parameter.grad = torch.from_numpy(step_gradients[path].T.copy())
        optimizer.step()
        after = {path: parameter.detach().numpy().T.copy() for path, parameter in parameters.items()}
        expected = by_hand.frequency_aware_step(check, expected, step_gradients, factors, mode)
        for path in parameters:
            assert_close(f"{name}: {path}", after[path], expected[path])
        steps.append({"parameters": tensors(after)})

    return {
        "name": name,
        "base": base,
        "mode": mode,
        **BASES[base],
        "weightDecay": weight_decay,
        "steps": steps,
    }
