"""Makes a workload folder: train, quantize, export, write splits or traces, and expected codes. Resumable.

    pip install -r requirements.txt
    python recipe.py --network vgg-mini --data fashion-mnist --out ../vgg-mini-fashion

Interrupted, the same command goes on where it was, to within five minutes. With `--heads softmax` the same network is
trained with conventional exits, and goes into the folder beside the exclusion network. Images
that no licence lets go (CIFAR) stay where they are: the folder then has traces instead. Never run by CI.
"""

import argparse
import json
from copy import copy
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from data import DATA_SETS, DataSet
from networks import INPUT_SIZE, NETWORKS, begin_by_passing_on
from objective import accuracies
from options import arguments, cycles, run_name
from train import Run, train


def data_of(args: argparse.Namespace) -> DataSet:
    """The images, with the changes to them that the options ask for."""
    data = DATA_SETS[args.data](args.data_dir)
    given = {"shift": args.shift, "border": args.border}
    chosen = {key: value for key, value in given.items() if value is not None}
    return replace(data, augmentation=replace(data.augmentation, **chosen))


def network_of(args: argparse.Namespace, data: DataSet) -> nn.Module:
    given = {"expansion": args.expansion, "tail": args.tail, "width": args.width if args.width != 1 else None}
    chosen = {key: value for key, value in given.items() if value is not None}
    channels, height, width = data.train.images.shape[1:]
    size = INPUT_SIZE.get(args.network, 32)
    if (height, width) != (size, size):
        raise SystemExit(f"{args.network} reads {size} x {size} pixels, {args.data} has {height} x {width}: scale them")
    network = NETWORKS[args.network](channels, len(data.classes), **chosen)
    if args.init == "dirac":
        begin_by_passing_on(network)
    return network


def trained(args: argparse.Namespace, data: DataSet) -> tuple[Run, Path]:
    """The training that `args` asks for, finished, and the folder for what follows from it."""
    backbone = copy(args)
    if args.backbone != "own":
        backbone.heads, backbone.learnt = args.backbone, {k: v for k, v in args.learnt.items() if k != "heads"}
        if args.backbone != "exclusion":
            backbone.learnt["heads"] = args.backbone
    torch.manual_seed(args.seed)
    network = network_of(args, data)
    work = args.work / run_name(backbone, data)
    run = None
    for so_far, method in cycles(backbone):
        shared = args.work / run_name(so_far, data, shared=True)
        run = train(network, data, method, args.work / run_name(so_far, data), shared, args.device, run)
    (work / "options.json").write_text(json.dumps(args.learnt, default=str, indent=1))
    print(f"trained in {run.seconds / 60:.0f} minutes on {args.threads} threads, {run.cpu_seconds / 3600:.2f} core-hours")
    if args.refit_heads or args.backbone != "own":
        from refit import refit_heads

        refit_heads(network, data, args.heads, args.seed, work)
    return run, work


def main() -> None:
    args = arguments(__doc__)
    torch.set_num_threads(args.threads)
    torch.backends.cudnn.deterministic = True
    data = data_of(args)
    run, work = trained(args, data)
    float_accuracy = accuracies(run.network, data.test, data)
    print("float test accuracy, heads then final [%]:", ", ".join(f"{a:.2f}" for a in float_accuracy), flush=True)
    if args.out is None:
        return

    from write import write_workload

    write_workload(run, data, args, float_accuracy, work)


if __name__ == "__main__":
    main()
