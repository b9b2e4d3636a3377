"""Many runs at once, with concurrent.futures: threads share the workload, since the interpreter's lock is released.

What can be said as a space is faster as a sweep; this is for points that a program of your own chooses.

Run: python parallel.py [WORKERS]
"""

import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import exclusim as ex

Point = tuple[int, str]
POINTS: list[Point] = [(rows, policy) for rows in (8, 16, 32, 64) for policy in ("policy.toml", "never")]
SAMPLES = 2000


def evaluate(net: ex.Workload, point: Point) -> tuple[Point, float]:
    """Energy saved at one point on the first samples, a fraction."""
    rows, policy = point
    arch = ex.arch("edge-16x16").set(array_rows=rows)
    return point, ex.run(net, arch, policy, samples=SAMPLES, threads=1).energy_pj.saved_net


def in_threads(workers: int = 2) -> list[tuple[Point, float]]:
    """On threads of this process: one workload, its scores computed once."""
    net = ex.workload("vgg-mini-fashion")
    ex.replay(net)
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda point: evaluate(net, point), POINTS))


def alone(point: Point) -> tuple[Point, float]:
    """One point in a process of its own, which reads the workload for itself."""
    return evaluate(ex.workload("vgg-mini-fashion"), point)


def in_processes(workers: int = 2, points: list[Point] = POINTS[:2]) -> list[tuple[Point, float]]:
    """On processes, as on a cluster."""
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(alone, points))


if __name__ == "__main__":
    for (rows, policy), saved in in_threads(*map(int, sys.argv[1:2])):
        print(f"{rows:3} rows, {policy:12} energy saved net {100 * saved:6.1f} %")
