"""Makes a workload folder: train, quantize, export, write splits or traces, and expected codes. Resumable.

    pip install -r requirements.txt
    python recipe.py --network vgg-mini --data fashion-mnist --out ../vgg-mini-fashion

Interrupted, the same command goes on where it was, to within five minutes. With `--heads softmax` the same network is
trained with conventional exits, and goes into the folder beside the exclusion network. Images
that no licence lets go (CIFAR) stay where they are: the folder then has traces instead. Never run by CI.
"""

import argparse
import hashlib
from pathlib import Path

import torch

from data import DATA_SETS, DataSet
from networks import INPUT_SIZE, NETWORKS
from train import Schedule, accuracies, train


def positive(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default="vgg-mini")
    parser.add_argument("--data", choices=DATA_SETS, default="fashion-mnist")
    parser.add_argument("--data-dir", type=Path, help="where the images are, for sets that no Debian package holds")
    parser.add_argument("--heads", choices=["exclusion", "softmax"], default="exclusion")
    parser.add_argument("--expansion", type=positive, help="side of the pooled map before a head's linear layer [the network's]")
    parser.add_argument("--tail", choices=["gap", "fc"], help="final classifier [the network's]")
    parser.add_argument("--epochs", type=positive, default=40)
    parser.add_argument("--schedule", choices=["milestones", "one-cycle"], default="milestones")
    parser.add_argument("--rate", type=float, default=0.02, help="(highest) learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / ".work", help="checkpoints")
    parser.add_argument("--out", type=Path, required=True, help="the workload's folder")
    return parser.parse_args()


def run_name(args: argparse.Namespace, data: DataSet) -> str:
    """Names the folder of checkpoints by everything that changes what is learnt; of a user's images by a digest, too."""
    of_images = hashlib.sha256(data.train.images.tobytes() + data.train.labels.tobytes()).hexdigest()[:8]
    name = f"folder-{of_images}" if args.data == "folder" else args.data
    parts = [args.network, name, args.heads, f"e{args.expansion or 'x'}", args.tail or "tail", args.schedule]
    return "-".join([*parts, f"rate{args.rate:g}", f"seed{args.seed}", f"epochs{args.epochs}"])


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    data = DATA_SETS[args.data](args.data_dir)
    given = {"expansion": args.expansion, "tail": args.tail}
    chosen = {key: value for key, value in given.items() if value is not None}
    channels, height, width = data.train.images.shape[1:]
    size = INPUT_SIZE.get(args.network, 32)
    if (height, width) != (size, size):
        raise SystemExit(f"{args.network} reads {size} x {size} pixels, {args.data} has {height} x {width}: scale them")
    network = NETWORKS[args.network](channels, len(data.classes), **chosen)
    schedule = Schedule(args.schedule, args.epochs, args.rate)
    work = args.work / run_name(args, data)
    run = train(network, data, schedule, args.heads, args.seed, work)
    float_accuracy = accuracies(network, data.test, data)
    print(f"trained in {run.seconds / 60:.0f} minutes on {args.threads} threads")
    print("float test accuracy, heads then final [%]:", ", ".join(f"{a:.2f}" for a in float_accuracy))

    from write import write_workload

    write_workload(network, data, args, float_accuracy, work)


if __name__ == "__main__":
    main()
