"""Makes a workload folder: train, quantize, export, write splits and expected codes. One command, resumable.

    pip install -r requirements.txt
    python recipe.py --network vgg-mini --data fashion-mnist --out ../vgg-mini-fashion

Interrupted, the same command goes on after the last finished epoch. Never run by CI.
"""

import argparse
from pathlib import Path

import torch

from data import DATA_SETS
from networks import NETWORKS
from train import accuracies, train


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default="vgg-mini")
    parser.add_argument("--data", choices=DATA_SETS, default="fashion-mnist")
    parser.add_argument("--expansion", type=int, default=2, help="side of the pooled map before a head's linear layer")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / ".work", help="checkpoints")
    parser.add_argument("--out", type=Path, required=True, help="the workload's folder")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    data = DATA_SETS[args.data]()
    network = NETWORKS[args.network](data.train.images.shape[1], len(data.classes), args.expansion)
    work = args.work / f"{args.network}-{args.data}-e{args.expansion}-seed{args.seed}-epochs{args.epochs}"
    network = train(network, data, args.epochs, args.seed, work)
    float_accuracy = accuracies(network, data.test, data)
    print("float test accuracy, heads then final [%]:", ", ".join(f"{a:.2f}" for a in float_accuracy))

    from quantize import write_workload

    write_workload(network, data, args, float_accuracy, work)


if __name__ == "__main__":
    main()
