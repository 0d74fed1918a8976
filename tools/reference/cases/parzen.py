"""The tree-structured Parzen estimator of Optuna: the log densities of its mixtures, and which trials it calls good."""

import warnings

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe import parzen_estimator, sampler

import by_hand
from fixture import assert_close, made

SEED = 15
PARAMETERS = {
    "prior_weight": 1.0,
    "consider_magic_clip": True,
    "consider_endpoints": False,
    "weights": sampler.default_weights,
    "multivariate": False,
}
AXES = [
    ("linear", {"from": -2.0, "to": 3.0}),
    ("log", {"from": 1e-4, "to": 1e-2, "scale": "log"}),
    ("integer", {"from": -30, "to": 300, "integer": True}),
    ("log integer", {"from": 1, "to": 512, "scale": "log", "integer": True}),
    ("choices", ["relu", "tanh", "harmonic"]),
]
# With more than 25, the earliest weigh less; with more than 98, the width has another least value.
COUNTS = [0, 1, 2, 5, 24, 25, 26, 27, 40, 150]


def make() -> dict:
    rng = np.random.default_rng(SEED)
    cases = []
    for name, axis in AXES:
        for count in COUNTS:
            observed, values = draw(rng, axis, count), draw(rng, axis, 6) + ends(axis)
            cases.append(case(f"{name}, {count}", axis, observed, values))
        cases.append(case(f"{name}, repeated", axis, draw(rng, axis, 1) * 4, draw(rng, axis, 6) + ends(axis)))
    splits = [split(rng, count) for count in (10, 11, 30, 70, 300)]
    return {"made": {**made(SEED), "optuna": optuna.__version__}, "cases": cases, "splits": splits}


def case(name: str, axis, observed: list, values: list) -> dict:
    densities = by_optuna(axis, observed, values)
    assert_close(name, by_hand.parzen_log_densities(axis, observed, values), densities)
    return {"name": name, "axis": axis, "observed": observed, "values": values, "logDensities": densities}


def ends(axis) -> list:
    return list(axis) if isinstance(axis, list) else [axis["from"], axis["to"]]


def draw(rng, axis, count: int) -> list:
    """Some values, more of them where the axis begins. Numbers are all different, because Optuna does not say how it sorts equal ones."""
    if isinstance(axis, list):
        return [axis[int(len(axis) * u**2)] for u in rng.random(count)]
    low, high = axis["from"], axis["to"]
    values = []
    while len(values) < count:
        place = rng.beta(1.5, 3)
        value = low * (high / low) ** place if axis.get("scale") == "log" else low + (high - low) * place
        value = round(value) if axis.get("integer") else value
        if value not in values:
            values.append(value)
    return values


def by_optuna(axis, observed, values) -> list[float]:
    if isinstance(axis, list):
        distribution = CategoricalDistribution(axis)
    else:
        kind = IntDistribution if axis.get("integer") else FloatDistribution
        distribution = kind(axis["from"], axis["to"], log=axis.get("scale") == "log")
    before, at = (np.array([distribution.to_internal_repr(v) for v in each], dtype=float) for each in (observed, values))
    parameters = parzen_estimator._ParzenEstimatorParameters(**PARAMETERS)
    estimator = parzen_estimator._ParzenEstimator({"x": before}, {"x": distribution}, parameters)
    return estimator.log_pdf({"x": at}).tolist()


def split(rng, count: int) -> dict:
    """Trials, some of them pruned after an epoch, and the numbers of those that Optuna calls good."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="minimize")
    trials = []
    for _ in range(count):
        loss = float(rng.integers(0, 1000)) / 100
        # Almost all are pruned in the case of 30, so that some of those are good.
        pruned = int(rng.integers(1, 5)) if rng.random() < (0.95 if count == 30 else 0.4) else None
        trials.append({"loss": loss, "pruned": pruned})
        study.add_trial(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.COMPLETE if pruned is None else optuna.trial.TrialState.PRUNED,
                value=loss if pruned is None else None,
                intermediate_values={} if pruned is None else {pruned: loss},
            )
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        good, _ = sampler._split_trials(study, study.trials, sampler.default_gamma(count))
    return {"trials": trials, "good": [trial.number for trial in good]}
