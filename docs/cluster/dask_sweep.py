"""A sweep in shards under Dask, for people without Slurm: one machine by itself, or any Dask cluster.

    python3 -m venv venv && venv/bin/pip install 'dask[distributed]==2025.9.1'
    venv/bin/python docs/cluster/dask_sweep.py SPACE.toml OUT --shards 8 [--scheduler tcp://host:8786]

SPACE, OUT and the exclusim on the PATH must be the same on every worker. Whatever dies is started again by Dask and goes
on where it was; so does this script when it is run again.
"""

import argparse
import pathlib
import subprocess

from dask.distributed import Client, as_completed


def shard(exclusim, space, out, number, shards):
    command = [exclusim, "sweep", space, "--jobs", "1", "--shard", f"{number}/{shards}", "--out", f"{out}/shards/{number}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"shard {number} of {shards}: {done.stderr}")
    return f"{out}/shards/{number}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("space")
    parser.add_argument("out")
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--scheduler", help="address of a cluster; without it, workers on this machine, one a core")
    parser.add_argument("--exclusim", default="exclusim")
    args = parser.parse_args()
    space, out = (str(pathlib.Path(path).resolve()) for path in (args.space, args.out))
    client = Client(args.scheduler) if args.scheduler else Client(threads_per_worker=1, dashboard_address=None)
    with client:
        tasks = [
            client.submit(shard, args.exclusim, space, out, number, args.shards, pure=False)
            for number in range(1, args.shards + 1)
        ]
        for done, task in enumerate(as_completed(tasks), start=1):
            task.result()
            print(f"{done} of {args.shards} shards done", flush=True)
        folders = client.gather(tasks)
    subprocess.run([args.exclusim, "merge", *folders, "--out", out], check=True)


if __name__ == "__main__":
    main()
