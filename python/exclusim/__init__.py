"""What class-exclusion early exits are worth on a systolic array: cycles, energy and latency, net of what they cost.

    import exclusim as ex

    net = ex.workload("vgg-mini-fashion")
    arch = ex.arch("edge-16x16").set(array_rows=32)
    policy = ex.calibrate(net, arch, objective="energy", tolerance=0.005)
    run = ex.run(net, arch, policy)
    run.cycles.saved_net

``exclusim.torch`` makes a workload of a PyTorch model. docs/python.md has the whole of it.
"""

from typing import TYPE_CHECKING

from ._exclusim import (
    Across,
    Arch,
    Costs,
    Decisions,
    Drawing,
    Fault,
    FaultItem,
    Policy,
    Run,
    Sweep,
    Table,
    Trace,
    Workload,
    __version__,
    arch,
    calibrate,
    costs,
    decide,
    layers,
    policy,
    presets,
    replay,
    run,
    sweep,
    workload,
)

if TYPE_CHECKING:
    from . import torch as torch

__all__ = [
    "Across",
    "Arch",
    "Costs",
    "Decisions",
    "Drawing",
    "Fault",
    "FaultItem",
    "Policy",
    "Run",
    "Sweep",
    "Table",
    "Trace",
    "Workload",
    "__version__",
    "arch",
    "calibrate",
    "costs",
    "decide",
    "layers",
    "policy",
    "presets",
    "replay",
    "run",
    "sweep",
    "workload",
]


def __getattr__(name: str) -> object:
    """Imports ``exclusim.torch`` when it is first asked for: torch itself takes seconds."""
    if name == "torch":
        import importlib

        return importlib.import_module("exclusim.torch")
    raise AttributeError(f"module 'exclusim' has no attribute {name!r}")
