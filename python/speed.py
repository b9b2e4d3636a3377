"""Times of calls, and of a sweep beside the command's, in turns: python speed.py [TURNS]. Needs the package alone."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import exclusim as ex

SPACE = """name = "speed"
arch = "edge-16x16"
workloads = ["vgg-mini-fashion"]
objectives = ["energy", "latency"]
[axes]
policy.beta = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9]
array.rows = [8, 16, 24, 32]
array.cols = [8, 16, 24, 32]
memory.filter = ["16 KiB", "32 KiB", "64 KiB", "128 KiB"]
dram.bandwidth = { from = "1 GB/s", to = "32 GB/s", step = "1 GB/s" }
"""


def best(call: Callable[[], object], times: int = 30) -> float:
    """Least milliseconds of some calls."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return 1e3 * min(found)


def spent(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of processors."""
    start, before = time.perf_counter(), os.times()
    call()
    after = os.times()
    return time.perf_counter() - start, sum(after[:4]) - sum(before[:4])


def main(turns: int = 3) -> None:
    net, arch = ex.workload("vgg-mini-fashion"), ex.arch("edge-16x16")
    policy, trace = ex.policy(net), ex.replay(net)
    few = trace.scores[:1]
    calls: dict[str, Callable[[], object]] = {
        "ex.decide, 1 sample": lambda: ex.decide(few, policy, scale=trace.scale, zero_point=trace.zero_point),
        "ex.replay, scores kept": lambda: ex.replay(net),
        "ex.arch": lambda: ex.arch("edge-16x16"),
        "arch.set": lambda: arch.set(array_rows=32),
        "ex.costs": lambda: ex.costs(net, arch),
        "ex.run, 100 samples": lambda: ex.run(net, arch, policy, samples=100),
        "ex.run, 10,000 samples": lambda: ex.run(net, arch, policy),
    }
    for name, call in calls.items():
        print(f"{name:24} {best(call):8.2f} ms")
    command = Path(sys.executable).with_name("exclusim")
    with tempfile.TemporaryDirectory() as folder:
        space, small = Path(folder) / "speed.toml", Path(folder) / "small.toml"
        space.write_text(SPACE)
        small.write_text(SPACE.split("array.cols")[0])
        for turn in range(turns):
            ways: dict[str, Callable[[Path], object]] = {
                "command": lambda file: subprocess.run(
                    [command, "sweep", file, "--out", Path(folder) / f"{file.stem}-{turn}", "--quiet"],
                    check=True, stdout=subprocess.DEVNULL,
                ),
                "ex.sweep": lambda file: ex.sweep(file),
            }  # fmt: skip
            for name, way in ways.items():
                # What both do before the first point, the replay most of all, is taken off.
                (clock, processors), (clock_small, processors_small) = spent(lambda: way(space)), spent(lambda: way(small))
                print(f"{name:24} {clock - clock_small:8.2f} s, processors {processors - processors_small:6.2f} s, 20,480 points")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
