"""The same math a second time, in numpy with hand-derived gradients. Kernels are [inputs, units].

Nothing here reaches a fixture: the cases compare PyTorch's results with these, to 1e-12.
"""

import math

import numpy as np


def harmonic_forward(x, kernel, bias, periods, residual):
    z = x @ kernel + bias
    return z, np.sin(2 * np.pi * z / periods) + residual * z


def harmonic_backward(x, kernel, z, periods, residual, dy):
    angle = 2 * np.pi * z / periods
    dz = dy * (np.cos(angle) * 2 * np.pi / periods + residual)
    return {
        "x": dz @ kernel.T,
        "kernel": x.T @ dz,
        "bias": dz.sum(axis=0),
        "periods": -(dy * np.cos(angle) * angle / periods).sum(axis=0),
    }


def batch_norm_forward(x, gamma, beta, eps):
    mean, variance = x.mean(axis=0), x.var(axis=0)
    normalized = (x - mean) / np.sqrt(variance + eps)
    return gamma * normalized + beta, mean, variance


def batch_norm_backward(x, gamma, eps, dy):
    mean, variance = x.mean(axis=0), x.var(axis=0)
    normalized = (x - mean) / np.sqrt(variance + eps)
    dgamma, dbeta = (dy * normalized).sum(axis=0), dy.sum(axis=0)
    dx = gamma / np.sqrt(variance + eps) * (dy - dbeta / len(x) - normalized * dgamma / len(x))
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


def running_statistics(mean, variance, batch_mean, batch_variance, batch, momentum):
    unbiased = batch_variance * batch / (batch - 1)
    return (1 - momentum) * mean + momentum * batch_mean, (1 - momentum) * variance + momentum * unbiased


def cross_entropy(logits, labels):
    """Mean loss, its gradient with respect to the logits, and the softmax."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    softmax = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[rows, labels]
    gradient = softmax.copy()
    gradient[rows, labels] -= 1
    return losses.mean(), gradient / len(labels), softmax


class Adam:
    """Coupled decay adds weightDecay * w to the gradient; decoupled decay shrinks w by 1 - lr * weightDecay first."""

    def __init__(self, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0, decoupled=False):
        self.learning_rate, self.beta1, self.beta2, self.epsilon = learning_rate, beta1, beta2, epsilon
        self.weight_decay, self.decoupled = weight_decay, decoupled
        self.count, self.first, self.second = 0, {}, {}

    def step(self, parameters, gradients):
        self.count += 1
        result = {}
        for name, w in parameters.items():
            g = gradients[name]
            if self.decoupled:
                w = w * (1 - self.learning_rate * self.weight_decay)
            else:
                g = g + self.weight_decay * w
            first = self.beta1 * self.first.get(name, 0.0) + (1 - self.beta1) * g
            second = self.beta2 * self.second.get(name, 0.0) + (1 - self.beta2) * g * g
            self.first[name], self.second[name] = first, second
            first_hat = first / (1 - self.beta1**self.count)
            second_hat = second / (1 - self.beta2**self.count)
            result[name] = w - self.learning_rate * first_hat / (np.sqrt(second_hat) + self.epsilon)
        return result


class SGD:
    """velocity = momentum * velocity + (g + weightDecay * w); w -= lr * velocity.

    With Nesterov's momentum, w -= lr * (g + weightDecay * w + momentum * velocity).
    """

    def __init__(self, learning_rate, momentum=0.0, weight_decay=0.0, nesterov=False):
        self.learning_rate, self.momentum, self.weight_decay = learning_rate, momentum, weight_decay
        self.nesterov, self.velocity = nesterov, {}

    def step(self, parameters, gradients):
        result = {}
        for name, w in parameters.items():
            g = gradients[name] + self.weight_decay * w
            velocity = self.momentum * self.velocity.get(name, 0.0) + g
            self.velocity[name] = velocity
            result[name] = w - self.learning_rate * (g + self.momentum * velocity if self.nesterov else velocity)
        return result


def clip(gradients, value, norm):
    """Clips each element, then the norm of all of them."""
    if value is not None:
        gradients = {name: np.clip(g, -value, value) for name, g in gradients.items()}
    if norm is not None:
        total = math.sqrt(sum((g * g).sum() for g in gradients.values()))
        gradients = {name: g * min(1, norm / total) for name, g in gradients.items()}
    return gradients


def frequency_aware_step(base, parameters, gradients, factors, mode):
    """factors: parameter name -> factor of each unit, the last axis; an absent name is not scaled."""
    scale = {name: factors.get(name, 1.0) for name in parameters}
    if mode == "gradient":
        return base.step(parameters, {name: gradients[name] * scale[name] for name in parameters})
    stepped = base.step(parameters, gradients)
    return {name: w + scale[name] * (stepped[name] - w) for name, w in parameters.items()}


def plateau_learning_rates(
    losses, learning_rate, factor, patience, threshold, cooldown, min_learning_rate, epsilon
):
    best, bad_epochs, cooling, rates = math.inf, 0, 0, []
    for loss in losses:
        improved = loss < best * (1 - threshold)
        best = loss if improved else best
        bad_epochs = 0 if improved else bad_epochs + 1
        if cooling > 0:
            cooling, bad_epochs = cooling - 1, 0
        if bad_epochs > patience:
            lower = max(learning_rate * factor, min_learning_rate)
            learning_rate = lower if learning_rate - lower > epsilon else learning_rate
            cooling, bad_epochs = cooldown, 0
        rates.append(learning_rate)
    return rates


def schedule_factor(name, step, steps, settings):
    def length(value):
        return round(value * steps) if value < 1 else value

    def cosine(start, end, fraction):
        return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2

    if name == "join":
        starts = [0, *(length(boundary) for boundary in settings["boundaries"])]
        part = max(i for i, start in enumerate(starts) if start <= step)
        inner = settings["schedules"][part]
        end = [*starts, steps][part + 1]
        return schedule_factor(inner["name"], step - starts[part], end - starts[part], inner["settings"])
    rising = length(settings.get("warmup", 0.3 if name == "one-cycle" else 0))
    if step < rising:
        if name == "one-cycle":
            return cosine(settings.get("initial", 1 / 25), 1, step / rising)
        return (step + 1) / (rising + 1)
    fraction = (step - rising) / (steps - rising)
    if name == "step":
        every = settings["every"]
        return settings["gamma"] ** ((step - rising) // (every * (steps - rising) if every < 1 else every))
    if name == "exponential":
        return settings["final"] ** fraction
    if name == "linear":
        return 1 + (settings.get("final", 0) - 1) * fraction
    return {
        "constant": lambda: 1.0,
        "cosine": lambda: cosine(1, settings.get("final", 0), fraction),
        "one-cycle": lambda: cosine(1, settings.get("final", 4e-6), fraction),
    }[name]()


def parzen_log_densities(axis, observed, values):
    """The mixture that the tree-structured Parzen estimator makes of observed values: a kernel for each, and one for the prior."""
    n = len(observed)
    early = max(0, n - 25)
    ramp = [1 / n + (1 - 1 / n) * i / (early - 1) if early > 1 else 1 / n for i in range(early)]
    weights = np.array(ramp + [1.0] * (n - early) + [1.0])
    weights /= weights.sum()
    if isinstance(axis, list):
        kernels = [[(choice == value) + 1 / (n + 1) for choice in axis] for value in observed] + [[1.0] * len(axis)]
        mixture = sum(weight * np.array(kernel) / sum(kernel) for weight, kernel in zip(weights, kernels))
        return [math.log(mixture[axis.index(value)]) for value in values]

    scale = math.log if axis.get("scale") == "log" else float
    half = 0.5 if axis.get("integer") else 0
    low, high = scale(axis["from"] - half), scale(axis["to"] + half)
    means = [scale(value) for value in observed]
    places = sorted(range(n), key=lambda i: means[i])
    widths = [0.0] * n
    for rank, i in enumerate(places):
        below = means[places[rank - 1]] if rank > 0 else None
        above = means[places[rank + 1]] if rank < n - 1 else None
        if n == 1:
            width = max(means[i] - low, high - means[i])
        else:
            width = max(abs(means[i] - other) for other in (below, above) if other is not None)
        widths[i] = min(high - low, max((high - low) / min(100, n + 2), width))
    kernels = list(zip([*means, (low + high) / 2], [*widths, high - low]))

    def mass(mean, width, start, end):
        a, b = (start - mean) / width / math.sqrt(2), (end - mean) / width / math.sqrt(2)
        if a > 0:  # the difference of two small numbers, not of two that are almost 1
            return (math.erfc(a) - math.erfc(b)) / 2
        return (math.erfc(-b) - math.erfc(-a)) / 2

    def density(value, mean, width):
        if axis.get("integer"):
            return mass(mean, width, scale(value - half), scale(value + half))
        return math.exp(-(((scale(value) - mean) / width) ** 2) / 2) / (width * math.sqrt(2 * math.pi))

    return [
        math.log(sum(w * density(value, *kernel) / mass(*kernel, low, high) for w, kernel in zip(weights, kernels)))
        for value in values
    ]
