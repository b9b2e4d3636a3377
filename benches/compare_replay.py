"""Images a second of onnxruntime and of exclusim's replay on the same workload and number of threads, in turns.

    pip install numpy onnxruntime
    python benches/compare_replay.py [workloads/vgg-mini-fashion] [--threads N] [--rounds N]

onnxruntime gets preprocessed f32 batches made beforehand, at whichever batch size is fastest; the replay starts from
u8 images, and also counts zero operands. Each round runs one after the other, and the best round of each counts, so
that other load on the machine hurts both alike.
"""

import argparse
import os
import subprocess
import time
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime as ort

ROOT = Path(__file__).resolve().parent.parent
BATCHES = (1, 8, 32, 128, 512)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", type=Path, nargs="?", default=ROOT / "workloads/vgg-mini-fashion")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def prepared(folder: Path, workload: dict) -> np.ndarray:
    """The evaluation images as the model reads them: (x * scale - mean) / std in f32."""
    images = np.load(folder / workload["data"]["evaluation"])["images"].astype(np.float32)
    numbers = workload["preprocess"]
    mean, std = (np.array(numbers[k], np.float32).reshape(1, -1, 1, 1) for k in ("mean", "std"))
    return (images * np.float32(numbers["scale"]) - mean) / std


def onnxruntime_rate(session: ort.InferenceSession, images: np.ndarray, batch: int) -> float:
    name = session.get_inputs()[0].name
    start = time.perf_counter()
    for first in range(0, len(images), batch):
        session.run(None, {name: images[first : first + batch]})
    return len(images) / (time.perf_counter() - start)


def main() -> None:
    args = arguments()
    workload = tomllib.loads((args.workload / "workload.toml").read_text())
    images = prepared(args.workload, workload)
    options = ort.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = ort.InferenceSession(args.workload / workload["model"], options, providers=["CPUExecutionProvider"])
    batch = max(BATCHES, key=lambda b: onnxruntime_rate(session, images[:2000], b))
    bench = ["cargo", "bench", "--quiet", "--bench", "throughput", "--", str(args.workload.resolve())]
    bench += ["--threads", str(args.threads), "--runs", "3"]
    subprocess.run(bench, cwd=ROOT, check=True, capture_output=True)  # builds it
    theirs, ours = 0.0, 0.0
    for _ in range(args.rounds):
        theirs = max([theirs, *(onnxruntime_rate(session, images, batch) for _ in range(3))])
        ours = max(ours, float(subprocess.run(bench, cwd=ROOT, check=True, capture_output=True, text=True).stdout))
        print(f"onnxruntime {theirs:.0f} images/s, exclusim {ours:.0f} images/s so far", flush=True)
    print(f"threads {args.threads}, onnxruntime batch {batch}, best of {args.rounds} rounds: ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
