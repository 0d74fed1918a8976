"""torch.optim.lr_scheduler.ReduceLROnPlateau, mode min, relative threshold. A NaN loss is stored as null."""

import math

import torch

import by_hand
from fixture import made

NAN = math.nan
BEST_TIMES_THRESHOLD = 1.0 - 1e-4  # a loss of exactly best * (1 - threshold) is not an improvement

PUBLISHED = {
    "learningRate": 1e-3,
    "factor": 0.1,
    "patience": 2,
    "threshold": 1e-4,
    "cooldown": 0,
    "minLearningRate": 0.0,
    "epsilon": 1e-8,
}

CASES = [
    ("always falling", {}, [2.3, 1.2, 0.8, 0.6, 0.5, 0.45]),
    ("equal values: third bad epoch reduces, and the count starts again", {}, [1.0] * 11),
    ("an improvement resets the count", {}, [1.0, 1.1, 1.2, 0.9, 0.95, 0.95, 0.8, 0.8, 0.8, 0.8]),
    ("best is the lowest so far, not the last", {}, [1.0, 1.5, 1.4, 1.3, 1.2, 1.1, 1.05]),
    ("just inside the threshold", {}, [1.0, 0.99999, 0.99995, 0.99991, 0.9999000001]),
    ("exactly at the threshold", {}, [1.0, BEST_TIMES_THRESHOLD, BEST_TIMES_THRESHOLD, BEST_TIMES_THRESHOLD]),
    ("just outside the threshold", {}, [1.0, 0.9998999999, 0.9997, 0.9995, 0.9993]),
    ("slow fall: small steps add up against the best", {}, [1.0, 0.99995, 0.99992, 0.99989, 0.99985, 0.99982, 0.9998]),
    ("loss zero cannot improve", {}, [1.0, 0.0, 0.0, 0.0, 0.0]),
    ("negative losses: the relative threshold loosens, an equal loss improves", {}, [-1.0] * 8),
    ("NaN is a bad epoch", {}, [1.0, NAN, NAN, NAN, 0.9, NAN, 0.8, NAN, NAN, NAN]),
    ("NaN first", {}, [NAN, NAN, 1.0, NAN, NAN, 0.99999, 0.5]),
    ("NaN always", {}, [NAN] * 7),
    ("patience 0", {"patience": 0}, [1.0, 1.0, 0.9, 0.95, 0.95]),
    ("factor 0.5, threshold 0", {"factor": 0.5, "threshold": 0.0}, [1.0, 0.999999999, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    ("cooldown 1", {"cooldown": 1}, [1.0] * 12),
    ("cooldown 3, improvement inside", {"cooldown": 3, "factor": 0.5}, [1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0]),
    ("minimum learning rate", {"minLearningRate": 3e-4}, [1.0] * 11),
    ("minimum learning rate above the start: never raised", {"minLearningRate": 1e-2}, [1.0] * 8),
    ("epsilon stops the reduction", {"learningRate": 1e-6}, [1.0] * 14),
    ("epsilon stops it, cooldown starts all the same", {"learningRate": 1e-8, "cooldown": 2}, [1.0] * 10),
    ("epsilon 1e-3 stops it at once", {"epsilon": 1e-3}, [1.0] * 6),
]  # fmt: skip


def make() -> dict:
    return {"made": made(None), "cases": [make_case(*case) for case in CASES]}


def make_case(name, changes, losses) -> dict:
    options = PUBLISHED | changes
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=options["learningRate"])
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer,
        mode="min",
        factor=options["factor"],
        patience=options["patience"],
        threshold=options["threshold"],
        threshold_mode="rel",
        cooldown=options["cooldown"],
        min_lr=options["minLearningRate"],
        eps=options["epsilon"],
    )
    learning_rates, bad_epochs, cooldowns = [], [], []
    for loss in losses:
        scheduler.step(loss)
        learning_rates.append(optimizer.param_groups[0]["lr"])
        bad_epochs.append(scheduler.num_bad_epochs)
        cooldowns.append(scheduler.cooldown_counter)

    expected = by_hand.plateau_learning_rates(
        losses,
        options["learningRate"],
        options["factor"],
        options["patience"],
        options["threshold"],
        options["cooldown"],
        options["minLearningRate"],
        options["epsilon"],
    )
    assert learning_rates == expected, f"{name}: {learning_rates}, by hand {expected}"

    return {
        "name": name,
        **options,
        "losses": [None if math.isnan(loss) else loss for loss in losses],
        "learningRates": learning_rates,
        "badEpochs": bad_epochs,
        "cooldowns": cooldowns,
    }
