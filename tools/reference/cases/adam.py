"""Adam with coupled decay (torch.optim.Adam) and decoupled decay (torch.optim.AdamW), and both moments."""

import numpy as np
import torch

import by_hand
from fixture import assert_close, float32_values, made, tensors

SEED = 104
STEPS = 5
LEARNING_RATE, BETAS, EPSILON = 1e-3, (0.9, 0.999), 1e-8
SHAPES = {"a": (3, 4), "b": (4,)}

#        name                             decay        weightDecay  scale of the gradients
CASES = [
    ("no decay",                          "coupled",   0.0,         1.0),
    ("no decay, tiny gradients",          "coupled",   0.0,         2.0**-26),  # shows epsilon, and where it is added
    ("coupled decay",                     "coupled",   1e-5,        1.0),
    ("coupled decay, strong",             "coupled",   0.1,         1.0),
    ("decoupled decay",                   "decoupled", 0.01,        1.0),
    ("decoupled decay, strong",           "decoupled", 1.0,         1.0),
]  # fmt: skip


def make() -> dict:
    rng = np.random.default_rng(SEED)
    initial = {name: float32_values(rng.normal(size=shape)) for name, shape in SHAPES.items()}
    gradients = [
        {name: float32_values(rng.normal(size=shape)) for name, shape in SHAPES.items()} for _ in range(STEPS)
    ]
    return {
        "made": made(SEED),
        "cases": [make_case(initial, gradients, *case) for case in CASES],
    }


def make_case(initial, gradients, name, decay, weight_decay, gradient_scale) -> dict:
    gradients = [{key: g * gradient_scale for key, g in step.items()} for step in gradients]
    parameters = {key: torch.nn.Parameter(torch.from_numpy(w.copy())) for key, w in initial.items()}
    optimizer_class = {"coupled": torch.optim.Adam, "decoupled": torch.optim.AdamW}[decay]
    optimizer = optimizer_class(
        parameters.values(), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON, weight_decay=weight_decay
    )
    check = by_hand.Adam(LEARNING_RATE, *BETAS, EPSILON, weight_decay, decoupled=decay == "decoupled")
    expected = initial

    steps = []
    for step_gradients in gradients:
        for key, parameter in parameters.items():
            parameter.grad = torch.from_numpy(step_gradients[key].copy())
        optimizer.step()
        expected = check.step(expected, step_gradients)
        first = {key: optimizer.state[parameter]["exp_avg"] for key, parameter in parameters.items()}
        second = {key: optimizer.state[parameter]["exp_avg_sq"] for key, parameter in parameters.items()}
        for key, parameter in parameters.items():
            assert_close(f"{name}: {key}", parameter, expected[key])
            assert_close(f"{name}: first moment of {key}", first[key], check.first[key])
            assert_close(f"{name}: second moment of {key}", second[key], check.second[key])
        steps.append(
            {"parameters": tensors(parameters), "firstMoments": tensors(first), "secondMoments": tensors(second)}
        )

    return {
        "name": name,
        "decay": decay,
        "learningRate": LEARNING_RATE,
        "beta1": BETAS[0],
        "beta2": BETAS[1],
        "epsilon": EPSILON,
        "weightDecay": weight_decay,
        "parameters": tensors(initial),
        "gradients": [tensors(step) for step in gradients],
        "steps": steps,
    }
