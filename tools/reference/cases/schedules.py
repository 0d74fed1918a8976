"""Step schedules of torch.optim.lr_scheduler: what a rate of 1 becomes. Settings are named as in TypeScript."""

import warnings

import torch
from torch.optim import lr_scheduler

import by_hand
from fixture import assert_close, made

#        name           steps  settings
CASES = [
    ("constant",        12, {"warmup": 4}),
    ("step",            20, {"every": 6, "gamma": 0.5}),
    ("step",            20, {"every": 0.25, "gamma": 0.1}),
    ("step",            20, {"every": 5, "gamma": 0.3, "warmup": 3}),
    ("exponential",     20, {"final": 0.05}),
    ("exponential",     20, {"final": 0.2, "warmup": 0.1}),
    ("linear",          20, {}),
    ("linear",          20, {"final": 0.25, "warmup": 5}),
    ("cosine",          20, {}),
    ("cosine",          20, {"final": 0.1}),
    ("cosine",          20, {"warmup": 0.05}),
    ("cosine",          30, {"final": 0.02, "warmup": 7}),
    ("one-cycle",       20, {}),
    ("one-cycle",       31, {"initial": 0.1, "warmup": 4, "final": 0.001}),
    ("join",            20, {"schedules": [{"name": "linear", "settings": {"final": 0.5}},
                                           {"name": "cosine", "settings": {}}],
                             "boundaries": [8]}),
    ("join",            24, {"schedules": [{"name": "constant", "settings": {}},
                                           {"name": "exponential", "settings": {"final": 0.1}},
                                           {"name": "linear", "settings": {"final": 0.5}}],
                             "boundaries": [0.25, 0.75]}),
]  # fmt: skip


def make() -> dict:
    return {"made": made(None), "cases": [make_case(*case) for case in CASES]}


def steps_of(length, steps):
    return round(length * steps) if length < 1 else length


def scheduler(optimizer, name, steps, settings):
    if name == "join":
        parts, boundaries = settings["schedules"], [steps_of(each, steps) for each in settings["boundaries"]]
        ends = zip([0, *boundaries], [*boundaries, steps])
        schedulers = [
            scheduler(optimizer, part["name"], end - start, part["settings"])
            for part, (start, end) in zip(parts, ends)
        ]
        return lr_scheduler.SequentialLR(optimizer, schedulers, boundaries)
    if name == "one-cycle":
        initial, final = settings.get("initial", 1 / 25), settings.get("final", 4e-6)
        rising = steps_of(settings.get("warmup", 0.3), steps)
        return lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=1.0,
            total_steps=steps + 1,
            pct_start=(rising + 1) / (steps + 1),
            div_factor=1 / initial,
            final_div_factor=initial / final,
        )
    rising = steps_of(settings.get("warmup", 0), steps)
    left = steps - rising
    decay = {
        "constant": lambda: lr_scheduler.ConstantLR(optimizer, factor=1.0),
        "step": lambda: lr_scheduler.StepLR(optimizer, steps_of(settings["every"], left), settings["gamma"]),
        "exponential": lambda: lr_scheduler.ExponentialLR(optimizer, settings["final"] ** (1 / left)),
        "linear": lambda: lr_scheduler.LinearLR(optimizer, 1.0, settings.get("final", 0.0), left),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, left, settings.get("final", 0.0)),
    }[name]
    if rising == 0:
        return decay()
    warmup = lr_scheduler.LinearLR(optimizer, 1 / (rising + 1), 1.0, rising)
    return lr_scheduler.SequentialLR(optimizer, [warmup, decay()], [rising])


def make_case(name, steps, settings) -> dict:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no step of the optimizer comes before the scheduler's
        schedule = scheduler(optimizer, name, steps, settings)
        factors = []
        for _ in range(steps):
            factors.append(optimizer.param_groups[0]["lr"])
            schedule.step()
    expected = [by_hand.schedule_factor(name, step, steps, settings) for step in range(steps)]
    assert_close(f"{name} {settings}", factors, expected)
    return {"name": name, "steps": steps, "settings": settings, "factors": factors}
