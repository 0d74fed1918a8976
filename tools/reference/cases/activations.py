"""Activations: outputs, and gradients with respect to the pre-activations and to periods, phases, and other vectors."""

import math

import numpy as np
import torch

from fixture import assert_close, float32_values, made, tensor, tensors

SEED = 110
BATCH, UNITS, TERMS = 6, 7, 5


def erf(z):
    return np.vectorize(math.erf)(z)


def normal(z):
    return (1 + erf(z / np.sqrt(2))) / 2


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def finer(z, omega):
    with torch.no_grad():
        scale = torch.abs(z) + 1
    return torch.sin(omega * scale * z)


def sinc_slope(z, omega):
    u = omega * z
    return omega * (np.cos(u) - np.sin(u) / u) / u


#    operation            attributes                     z up to  by PyTorch                                      by hand: value, slope
ELEMENTWISE = [
    ("sine",              {"omega": 30.0},               1.0,     lambda z, omega: torch.sin(omega * z),
     lambda z, omega: np.sin(omega * z),                          lambda z, omega: omega * np.cos(omega * z)),
    ("cosine",            {"omega": 1.0},                3.0,     lambda z, omega: torch.cos(omega * z),
     lambda z, omega: np.cos(omega * z),                          lambda z, omega: -omega * np.sin(omega * z)),
    ("finer",             {"omega": 30.0},               1.0,     finer,
     lambda z, omega: np.sin(omega * (abs(z) + 1) * z),
     lambda z, omega: omega * (abs(z) + 1) * np.cos(omega * (abs(z) + 1) * z)),
    ("gauss",             {"scale": 10.0},               0.3,     lambda z, scale: torch.exp(-((scale * z) ** 2)),
     lambda z, scale: np.exp(-((scale * z) ** 2)),
     lambda z, scale: -2 * scale**2 * z * np.exp(-((scale * z) ** 2))),
    ("wire",              {"omega": 20.0, "scale": 10.0}, 0.3,
     lambda z, omega, scale: torch.exp(1j * omega * z - torch.abs(scale * z) ** 2).real,
     lambda z, omega, scale: np.cos(omega * z) * np.exp(-((scale * z) ** 2)),
     lambda z, omega, scale: -(omega * np.sin(omega * z) + 2 * scale**2 * z * np.cos(omega * z))
     * np.exp(-((scale * z) ** 2))),
    ("hosc",              {"sharpness": 2.0, "omega": 30.0}, 1.0,
     lambda z, sharpness, omega: torch.tanh(sharpness * torch.sin(omega * z)),
     lambda z, sharpness, omega: np.tanh(sharpness * np.sin(omega * z)),
     lambda z, sharpness, omega: sharpness * omega * np.cos(omega * z)
     / np.cosh(sharpness * np.sin(omega * z)) ** 2),
    ("sinc",              {"omega": 30.0},               1.0,     lambda z, omega: torch.special.sinc(omega * z / torch.pi),
     lambda z, omega: np.sin(omega * z) / (omega * z),            sinc_slope),
    ("hyperbolicSine",    {},                            2.0,     lambda z: torch.sin(torch.sinh(2 * z)),
     lambda z: np.sin(np.sinh(2 * z)),                            lambda z: 2 * np.cosh(2 * z) * np.cos(np.sinh(2 * z))),
    ("leakyRelu",         {"slope": 0.01},               3.0,     torch.nn.functional.leaky_relu,
     lambda z, slope: np.where(z > 0, z, slope * z),              lambda z, slope: np.where(z > 0, 1.0, slope)),
    ("gelu",              {},                            4.0,     torch.nn.functional.gelu,
     lambda z: z * normal(z),                    lambda z: normal(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)),
    ("silu",              {},                            6.0,     torch.nn.functional.silu,
     lambda z: z * sigmoid(z),                                    lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    ("tanh",              {},                            4.0,     torch.tanh,
     lambda z: np.tanh(z),                                        lambda z: 1 - np.tanh(z) ** 2),
    ("sigmoid",           {},                            6.0,     torch.sigmoid,
     lambda z: sigmoid(z),                                        lambda z: sigmoid(z) * (1 - sigmoid(z))),
    ("exponential",       {},                            3.0,     torch.exp,
     lambda z: np.exp(z),                                         lambda z: np.exp(z)),
]  # fmt: skip


def make() -> dict:
    rng = np.random.default_rng(SEED)
    return {
        "made": made(SEED),
        "elementwise": [make_elementwise(rng, *case) for case in ELEMENTWISE],
        "withVectors": [make_with_vectors(rng, *case) for case in with_vectors(rng)],
    }


def make_elementwise(rng, name, attributes, largest, by_torch, value, slope) -> dict:
    z = float32_values(rng.uniform(-largest, largest, (BATCH, UNITS)))
    dy = float32_values(rng.normal(size=(BATCH, UNITS)))
    z_torch = torch.from_numpy(z).requires_grad_()
    arguments = {"negative_slope": attributes["slope"]} if name == "leakyRelu" else attributes
    y = by_torch(z_torch, **arguments)
    (y * torch.from_numpy(dy)).sum().backward()
    assert_close(f"{name}: y", y, value(z, **attributes))
    assert_close(f"{name}: gradient", z_torch.grad, dy * slope(z, **attributes))
    return {
        "name": name,
        "attributes": attributes,
        "z": tensor(z),
        "y": tensor(y),
        "dy": tensor(dy),
        "gradient": tensor(z_torch.grad),
    }


def with_vectors(rng):
    """Name, attributes, vectors, the function in torch, and the gradients by hand."""

    def periods():
        return float32_values(rng.uniform(0.5, 5, UNITS))

    def phases(count):
        return float32_values(rng.uniform(-np.pi, np.pi, count))

    def phased(z, periods, phases, residual):
        return torch.sin(2 * torch.pi * z / periods + phases) + residual * z

    def phased_by_hand(z, dy, periods, phases, residual):
        wave = dy * np.cos(2 * np.pi * z / periods + phases)
        return {
            "z": wave * 2 * np.pi / periods + residual * dy,
            "periods": -(wave * 2 * np.pi * z / periods**2).sum(0),
            "phases": wave.sum(0),
        }

    def sine_relu(z, periods, amplitude):
        return torch.relu(z) + amplitude * torch.sin(2 * torch.pi * z / periods)

    def sine_relu_by_hand(z, dy, periods, amplitude):
        wave = dy * amplitude * np.cos(2 * np.pi * z / periods)
        return {
            "z": dy * (z > 0) + wave * 2 * np.pi / periods,
            "periods": -(wave * 2 * np.pi * z / periods**2).sum(0),
        }

    def snake(z, frequencies):
        return z + torch.sin(frequencies * z) ** 2 / frequencies

    def snake_by_hand(z, dy, frequencies):
        phase = frequencies * z
        return {
            "z": dy * (1 + np.sin(2 * phase)),
            "frequencies": (dy * (z * np.sin(2 * phase) - np.sin(phase) ** 2 / frequencies) / frequencies).sum(0),
        }

    def staf(z, frequencies, phases, amplitudes):
        return (amplitudes * torch.sin(frequencies * z.unsqueeze(-1) + phases)).sum(-1)

    def staf_by_hand(z, dy, frequencies, phases, amplitudes):
        angle = z[..., None] * frequencies + phases
        weighted = dy[..., None] * np.cos(angle) * amplitudes
        return {
            "z": (weighted * frequencies).sum(-1),
            "frequencies": (weighted * z[..., None]).sum((0, 1)),
            "phases": weighted.sum((0, 1)),
            "amplitudes": (dy[..., None] * np.sin(angle)).sum((0, 1)),
        }

    return [
        ("phasedHarmonic", {"residual": 0.1}, {"periods": periods(), "phases": phases(UNITS)}, phased, phased_by_hand),
        ("sineRelu", {"amplitude": 0.5}, {"periods": periods()}, sine_relu, sine_relu_by_hand),
        ("snake", {}, {"frequencies": float32_values(rng.uniform(0.2, 5, UNITS))}, snake, snake_by_hand),
        (
            "staf",
            {},
            {
                "frequencies": float32_values(rng.uniform(0, 10, TERMS)),
                "phases": phases(TERMS),
                "amplitudes": float32_values(rng.normal(size=TERMS)),
            },
            staf,
            staf_by_hand,
        ),
    ]


def make_with_vectors(rng, name, attributes, vectors, by_torch, by_hand) -> dict:
    z = float32_values(rng.uniform(-3, 3, (BATCH, UNITS)))
    dy = float32_values(rng.normal(size=(BATCH, UNITS)))
    inputs = {"z": z, **vectors}
    in_torch = {key: torch.from_numpy(value).requires_grad_() for key, value in inputs.items()}
    y = by_torch(**in_torch, **attributes)
    (y * torch.from_numpy(dy)).sum().backward()
    gradients = {key: value.grad for key, value in in_torch.items()}
    for key, expected in by_hand(dy=dy, **inputs, **attributes).items():
        assert_close(f"{name}: gradient by {key}", gradients[key], expected)
    return {
        "name": name,
        "attributes": attributes,
        "inputs": tensors(inputs),
        "y": tensor(y),
        "dy": tensor(dy),
        "gradients": tensors(gradients),
    }
