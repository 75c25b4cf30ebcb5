#!/usr/bin/python3
"""The rates that PyTorch's schedules give, for test/train/schedules.test.ts.

    python3 test/train/schedules.py > test/train/schedules.json && npm run format

Debian's python3-torch 1.13 suffices. A case has the groups' options, the schedules (their class and options, striate's names; several
are chained: each steps in turn), the metrics where one looks at them, and for every count the groups' rates and first momenta.
"""
import json
import re
import warnings

import torch
import torch.optim.lr_scheduler as lr

warnings.simplefilter("ignore")
STEPS = 24
ONE = [{"lr": 0.1}]
TWO = [{"lr": 0.1}, {"lr": 0.003}]
FALLING = [3, 2, 2.0001, 2, 1.9999, 2, 2, 2, 1, 1, 1, 1, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
RISING = [1 - x / 4 for x in FALLING]

WARM_UP = ["LinearLR", {"startFactor": 0.25, "totalIters": 4}]
CASES = [
    ("StepLR", TWO, [["StepLR", {"stepSize": 5}]], None),
    ("StepLR by half", TWO, [["StepLR", {"stepSize": 3, "gamma": 0.5}]], None),
    ("MultiStepLR, a milestone twice", TWO, [["MultiStepLR", {"milestones": [2, 11, 11, 19], "gamma": 0.3}]], None),
    ("ExponentialLR", TWO, [["ExponentialLR", {"gamma": 0.9}]], None),
    ("CosineAnnealingLR down and up again", TWO, [["CosineAnnealingLR", {"tMax": 7, "etaMin": 0.001}]], None),
    ("CosineAnnealingLR to zero and on", ONE, [["CosineAnnealingLR", {"tMax": 10}]], None),
    ("LinearLR", TWO, [["LinearLR", {}]], None),
    ("LinearLR down", TWO, [["LinearLR", {"startFactor": 1, "endFactor": 0, "totalIters": 9}]], None),
    ("warm-up with decay", TWO, [WARM_UP, ["ExponentialLR", {"gamma": 0.9}]], None),
    ("decay with steps and a cosine", ONE, [["StepLR", {"stepSize": 4}], ["CosineAnnealingLR", {"tMax": 30}]], None),
    ("warm-up, then a cosine", TWO, [["SequentialLR", {"schedulers": [WARM_UP, ["CosineAnnealingLR", {"tMax": 12}]], "milestones": [4]}]], None),
    ("three behind each other", TWO, [["SequentialLR", {"schedulers": [WARM_UP, ["StepLR", {"stepSize": 2}], ["LinearLR", {"endFactor": 0.5}]], "milestones": [3, 10]}]], None),
    ("OneCycleLR", TWO, [["OneCycleLR", {"maxLr": 0.2, "totalSteps": 24}]], None),
    ("OneCycleLR on lines, in three phases", TWO, [["OneCycleLR", {"maxLr": [0.2, 0.01], "epochs": 3, "stepsPerEpoch": 8, "annealStrategy": "linear", "threePhase": True, "pctStart": 0.4}]], None),
    ("OneCycleLR with Adam", [{"lr": 0.1, "betas": [0.9, 0.99]}], [["OneCycleLR", {"maxLr": 0.2, "totalSteps": 24, "divFactor": 10, "finalDivFactor": 100, "baseMomentum": 0.8}]], None),
    ("OneCycleLR without momentum", TWO, [["OneCycleLR", {"maxLr": 0.2, "totalSteps": 24, "cycleMomentum": False}]], None),
    ("ReduceLROnPlateau", TWO, [["ReduceLROnPlateau", {"patience": 2, "factor": 0.5}]], FALLING),
    ("ReduceLROnPlateau with cooldown and a lowest rate", TWO, [["ReduceLROnPlateau", {"patience": 0, "cooldown": 2, "minLr": 0.002, "eps": 1e-4}]], FALLING),
    ("ReduceLROnPlateau of what rises", TWO, [["ReduceLROnPlateau", {"mode": "max", "patience": 1, "threshold": 0.01, "thresholdMode": "abs"}]], RISING),
    ("ReduceLROnPlateau of what rises by shares", TWO, [["ReduceLROnPlateau", {"mode": "max", "patience": 1, "threshold": 0.1}]], RISING),
]


def snake(name):
    return {"tMax": "T_max"}.get(name, re.sub(r"[A-Z]", lambda m: "_" + m.group().lower(), name))


def made(optimizer, spec):
    name, options = spec
    options = {snake(key): value for key, value in options.items()}
    if "schedulers" in options:
        options["schedulers"] = [made(optimizer, one) for one in options["schedulers"]]
    return getattr(lr, name)(optimizer, **options)


def run(name, groups, schedules, metrics):
    params = [{"params": [torch.zeros(1, requires_grad=True)], **group} for group in groups]
    adam = "betas" in groups[0]
    optimizer = torch.optim.Adam(params) if adam else torch.optim.SGD(params, lr=1, momentum=0.9)
    chain = [made(optimizer, spec) for spec in schedules]
    rates, momenta = [], []
    for count in range(STEPS):
        rates.append([group["lr"] for group in optimizer.param_groups])
        momenta.append([group["betas"][0] if adam else group["momentum"] for group in optimizer.param_groups])
        optimizer.step()
        for one in chain:
            one.step(metrics[count]) if metrics else one.step()
    return {"name": name, "groups": groups, "schedules": schedules, "metrics": metrics, "rates": rates, "momenta": momenta}


print(json.dumps([run(*case) for case in CASES]))
