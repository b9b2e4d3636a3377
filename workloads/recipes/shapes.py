"""Writes a network's shapes as an ONNX model without weights, a few kilobytes: enough for cycles and energy.

    python shapes.py --network alexnet --classes 10 --out ../alexnet-cifar10

Heads are outputs `exit1`, `exit2`, ..., the classifier is `logits`. Weights are inputs of the graph, after the image.
"""

import argparse
from pathlib import Path

import onnx
import torch

from networks import INPUT_SIZE, NETWORKS
from quantize import export, name_layers, strip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, required=True)
    parser.add_argument("--channels", type=int, default=3, help="channels of the image")
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the workload's folder")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    size = INPUT_SIZE.get(args.network, 32)
    network = NETWORKS[args.network](args.channels, args.classes)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "model.onnx"
    outputs = export(network, torch.zeros(1, args.channels, size, size), path, weights=False)
    model = onnx.load(path)
    strip(model)
    name_layers(model, outputs)
    onnx.save(model, path)
    print(f"{path}: outputs {', '.join(outputs)}; {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
