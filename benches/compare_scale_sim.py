"""The same points through SCALE-Sim and through a sweep: how many times longer a point takes.

    python3 -m venv venv && venv/bin/pip install scalesim==3.0.0 'numpy<2.4'
    cargo build --release && venv/bin/python benches/compare_scale_sim.py [--points 3]

The points are arrays and dataflows for the backbone and heads of the shipped network, as GEMMs. SCALE-Sim gives cycles
without stalls; the sweep gives cycles with stalls, energy, area, accuracy and exits of the same points, so the ratio is no
favour to it. Both are timed in turns on one thread. The sweep is timed twice: for the points alone, with the start, the
replay of 10,000 images and every file written, and over a space of thousands of points, where that is shared.
"""

import argparse
import contextlib
import csv
import io
import pathlib
import subprocess
import sys
import tempfile
import time

from scalesim.scale_sim import scalesim

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/oracle"))
from scale_sim import CONFIG  # noqa: E402

NAMES = {"ws": "weight-stationary", "os": "output-stationary", "is": "input-stationary"}
POINTS = [(16, 16, "ws"), (32, 32, "os"), (8, 8, "is"), (64, 64, "ws"), (16, 16, "os"), (32, 8, "ws")]


def topology(exclusim, folder):
    """Every GEMM of the shipped network, as SCALE-Sim reads them."""
    command = [exclusim, "layers", ROOT / "arch/edge-16x16.toml", ROOT / "workloads/vgg-mini-fashion", "--format", "csv"]
    rows = csv.DictReader(io.StringIO(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    gemms = [row for row in rows if row["m"]]
    text = "Layer, M, N, K,\n" + "".join(f"{i}, {g['m']}, {g['n']}, {g['k']},\n" for i, g in enumerate(gemms))
    path = folder / "topology.csv"
    path.write_text(text)
    return path, len(gemms)


def by_scale_sim(point, path, folder):
    rows, cols, dataflow = point
    config = folder / "run.cfg"
    config.write_text(CONFIG.format(rows=rows, cols=cols, dataflow=dataflow))
    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        scalesim(
            save_disk_space=True, verbose=False, config=str(config), topology=str(path), layout=str(path),
            input_type_gemm=True,
        ).run_scale(top_path=str(folder / "scalesim"))
    return time.perf_counter() - begin


def sweep(exclusim, space, folder):
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [exclusim, "sweep", space, "--out", f"{out}/out", "--jobs", "1"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        points = sum(1 for _ in open(f"{out}/out/points.csv")) - 1
    return (time.perf_counter() - begin) / points


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=3, choices=range(1, len(POINTS) + 1))
    parser.add_argument("--exclusim", default=str(ROOT / "target/release/exclusim"))
    args = parser.parse_args()
    points = POINTS[: args.points]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        path, layers = topology(args.exclusim, folder)
        values = ", ".join(f'[{rows}, {cols}, "{NAMES[dataflow]}"]' for rows, cols, dataflow in points)
        space = folder / "space.toml"
        space.write_text(
            f'name = "same-points"\narch = "{ROOT}/arch/edge-16x16.toml"\n'
            f'workloads = ["{ROOT}/workloads/vgg-mini-fashion"]\n[[linked]]\n'
            f'keys = ["array.rows", "array.cols", "array.dataflow"]\nvalues = [{values}]\n'
        )
        theirs, ours, many = [], [], []
        for point in points:
            theirs.append(by_scale_sim(point, path, folder))
            ours.append(sweep(args.exclusim, space, folder))
            many.append(sweep(args.exclusim, ROOT / "arch/sweeps/shape-dataflow.toml", folder))
            print(f"{point}: SCALE-Sim {theirs[-1]:.2f} s for {layers} layers", flush=True)
    middle = lambda values: sorted(values)[len(values) // 2]  # noqa: E731
    print(f"a point: SCALE-Sim {middle(theirs):.3g} s; {len(points)} points swept alone {middle(ours):.3g} s each; "
          f"in shape-dataflow {middle(many):.3g} s each")
    print(f"ratio {middle(theirs) / middle(ours):,.0f} alone, {middle(theirs) / middle(many):,.0f} in a space")


if __name__ == "__main__":
    main()
