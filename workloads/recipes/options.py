"""The recipe's options. `--recipe fast` sets those that a short training needs; what is given beside it wins."""

import argparse
import hashlib
from copy import copy
from dataclasses import replace
from pathlib import Path

from data import DATA_SETS, DataSet
from networks import NETWORKS
from train import PRECISIONS, Method

FAST = {
    "schedule": "triangle", "rate": 0.1, "batch": 128, "nesterov": True, "smoothing": 0.1, "alternate": True,
    "average": 0.98, "border": "reflect", "shift": 2,
}  # fmt: skip


# What the trained network does not depend on, or what its folder is named by anyway.
NOT_LEARNT = (
    "network", "data", "seed", "data_dir", "threads", "device", "work", "out", "recipe", "refit_heads", "backbone", "ranges",
)  # fmt: skip
RANGES = ("min-max", "percentile 99.99", "percentile 99.999")


def positive(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def share(text: str) -> float:
    """A number from 0 to 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return number


def sizes(text: str) -> tuple[int, ...]:
    """`16x6,32x2`: six epochs of images of 16 pixels a side, then two of 32."""
    found: list[int] = []
    for part in text.split(","):
        side, _, epochs = part.partition("x")
        found += [positive(side)] * positive(epochs or "1")
    return tuple(found)


def cycle(text: str) -> tuple[tuple[int, ...], float]:
    """`24x2,32x1@0.05`: sizes as above, and the highest rate."""
    sides, _, rate = text.partition("@")
    return sizes(sides), float(rate)


def arguments(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default="vgg-mini")
    parser.add_argument("--data", choices=DATA_SETS, default="fashion-mnist")
    parser.add_argument("--data-dir", type=Path, help="where the images are, for sets that no Debian package holds")
    parser.add_argument("--heads", choices=["exclusion", "softmax"], default="exclusion")
    parser.add_argument("--expansion", type=positive, help="side of the pooled map before a head's linear layer [the network's]")
    parser.add_argument("--tail", choices=["gap", "fc"], help="final classifier [the network's]")
    parser.add_argument("--recipe", choices=["paper", "fast"], default="paper", help="what the options below default to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=positive, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / ".work", help="checkpoints")
    parser.add_argument("--out", type=Path, help="the workload's folder; without it, training is all")
    parser.add_argument("--ranges", choices=["best", *RANGES], default="best", help="how the quantizer finds ranges; best: tried")
    training_options(parser.add_argument_group("training"))
    plain = {action.dest: action.default for action in parser._actions}
    chosen = parser.parse_args()
    if chosen.recipe == "fast":
        parser.set_defaults(**FAST)
        chosen = parser.parse_args()
    chosen.learnt = {key: value for key, value in vars(chosen).items() if value != plain[key] and key not in NOT_LEARNT}
    return chosen


def training_options(group: argparse._ArgumentGroup) -> None:
    """What changes what is learnt."""
    flag = argparse.BooleanOptionalAction
    group.add_argument("--epochs", type=positive, default=40)
    group.add_argument("--sizes", type=sizes, help="the images' side, as 16x6,32x2 for six epochs and two; instead of --epochs")
    group.add_argument(
        "--then", type=cycle, action="append", default=[],
        help="as 24x2,32x1@0.05: another cycle from the last's averaged weights, its rate at most 0.05, heads attached; repeatable",
    )  # fmt: skip
    group.add_argument(
        "--stop-after", type=float, help="epochs (of the last cycle), also in fractions, after which to stop before its end"
    )
    group.add_argument("--schedule", choices=["milestones", "one-cycle", "triangle"], default="milestones")
    group.add_argument("--rate", type=float, default=0.02, help="(highest) learning rate")
    group.add_argument("--batch", type=positive, default=128)
    group.add_argument("--nesterov", action=flag, default=False)
    group.add_argument("--decay", type=float, default=5e-4, help="of weights")
    group.add_argument("--bias-rate", type=float, default=1.0, help="rate of batch normalization's biases, in rates")
    group.add_argument("--smoothing", type=share, default=0.0, help="of the final classifier's labels")
    group.add_argument("--alternate", action=flag, default=False, help="mirror each image every other epoch, not by chance")
    group.add_argument("--average", type=share, default=0.0, help="decay a step of the averaged weights; 0: none")
    group.add_argument("--shift", type=int, help="pixels that an image moves, at most [the data set's]")
    group.add_argument("--border", choices=["wrap", "zero", "reflect"], help="what moves in [the data set's]")
    group.add_argument("--heads-from", type=int, default=0, help="epochs before the heads are trained")
    group.add_argument("--head-gradient", type=share, default=1.0, help="share of the heads' gradient that the backbone gets")
    group.add_argument("--refit-heads", action=flag, default=False, help="train the heads again on the finished backbone")
    group.add_argument(
        "--backbone", choices=["own", "exclusion", "softmax"], default="own",
        help="whose: of a run with other heads, finished by the same command, only new heads are trained",
    )  # fmt: skip
    group.add_argument("--width", type=float, default=1.0, help="of a VGG's channels, for trials")
    group.add_argument("--init", choices=["random", "dirac"], default="random", help="dirac: convolutions begin by passing on")
    group.add_argument("--precision", choices=PRECISIONS, default="bf16", help="of products; weights are f32")


def method_of(args: argparse.Namespace) -> Method:
    return Method(
        heads=args.heads, schedule=args.schedule, sizes=args.sizes or (32,) * args.epochs, rate=args.rate, batch=args.batch,
        nesterov=args.nesterov, decay=args.decay, bias_rate=args.bias_rate, smoothing=args.smoothing,
        alternate=args.alternate, average=args.average, heads_from=args.heads_from, head_gradient=args.head_gradient,
        precision=args.precision, seed=args.seed, stop_after=args.stop_after,
    )  # fmt: skip


def cycles(args: argparse.Namespace) -> list[tuple[argparse.Namespace, Method]]:
    """Options and method of every cycle in turn; what names a cycle's folder is what a run that ends there would be given.

    A later cycle makes draws that those before it have not made, and trains heads from its start.
    """
    found: list[tuple[argparse.Namespace, Method]] = []
    for done in range(len(args.then) + 1):
        so_far = copy(args)
        so_far.then, so_far.stop_after = args.then[:done], args.stop_after if done == len(args.then) else None
        said = {"then": so_far.then, "stop_after": so_far.stop_after}
        so_far.learnt = {k: v for k, v in args.learnt.items() if k not in said} | {k: v for k, v in said.items() if v}
        method = method_of(so_far)
        if done:
            sides, rate = args.then[done - 1]
            before = found[-1][1].before + found[-1][1].epochs
            method = replace(method, sizes=sides, rate=rate, heads_from=0, before=before)
        found.append((so_far, method))
    return found


OF_HEADS = ("heads", "head_gradient")  # what the epochs before the heads do not depend on


def run_name(args: argparse.Namespace, data: DataSet, shared: bool = False) -> str:
    """Names the folder of checkpoints by everything that changes what is learnt; of a user's images by a digest, too.

    `shared`: only by what the epochs before the heads depend on.
    """
    parts = [args.network, args.data, "shared" if shared else args.heads, f"seed{args.seed}"]
    if args.data == "folder":
        parts[1] += "-" + hashlib.sha256(data.train.images.tobytes() + data.train.labels.tobytes()).hexdigest()[:8]
    learnt = sorted((key, str(value)) for key, value in args.learnt.items() if not shared or key not in OF_HEADS)
    return "-".join([*parts, hashlib.sha256(repr(learnt).encode()).hexdigest()[:8]])
