"""Sweeps against the command and against runs, and their tables in other libraries."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas
import polars
import pyarrow
import pytest

import exclusim as ex

SPACE = """
name = "small"
arch = "edge-16x16"
workloads = ["vgg-mini-fashion"]
objectives = ["energy", "latency"]
[axes]
array.rows = [8, 16]
dram.bandwidth = ["1 GB/s", "4 GB/s"]
array.dataflow = ["os", "ws"]
"""


@pytest.fixture(scope="module")
def sweep(net: ex.Workload, arch: ex.Arch) -> ex.Sweep:
    axes = {"array.rows": [8, 16], "dram.bandwidth": ["1 GB/s", "4 GB/s"], "array.dataflow": ["os", "ws"]}
    return ex.sweep(net, arch, axes, objectives=["energy", "latency"])


def test_a_space_file_gives_the_rows_of_the_command(command: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SPACE)
    command("sweep", tmp_path / "small.toml", "--out", tmp_path / "out")
    found = ex.sweep(tmp_path / "small.toml")
    found.write(tmp_path / "points.csv")
    assert (tmp_path / "points.csv").read_bytes() == (tmp_path / "out" / "points.csv").read_bytes()
    front = (tmp_path / "out" / "pareto.csv").read_text().splitlines()[1:]
    assert found.front["point"].tolist() == [int(line.split(",")[2]) for line in front]


def test_a_space_of_objects_is_that_of_the_file(sweep: ex.Sweep, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SPACE)
    of_file = ex.sweep(tmp_path / "small.toml")
    assert sweep.column_names == of_file.column_names
    for name in sweep.column_names:
        assert list(sweep[name]) == list(of_file[name]), name


def test_points_are_runs(net: ex.Workload, arch: ex.Arch) -> None:
    policy = ex.calibrate(net, arch, objective="energy", tolerance=0.005)
    found = ex.sweep(net, arch, {"array.rows": [8, 32], "policy": [policy, "never"]}, objectives=["energy", "accuracy"])
    assert len(found) == 4 and found.objectives == ["energy", "accuracy"]
    assert set(found["policy"]) == {policy.name, "never"}
    for rows, name, cycles, energy, accuracy in zip(*(found[c] for c in ["array.rows", "policy", "cycles", "energy_pj", "accuracy"])):
        run = ex.run(net, arch.set(array_rows=rows), policy if name == policy.name else "never")
        assert cycles == pytest.approx(run.cycles.mean, rel=1e-12) and energy == pytest.approx(run.energy_pj.mean, rel=1e-9)
        assert accuracy == run.accuracy


def test_machines_are_an_axis(net: ex.Workload, arch: ex.Arch) -> None:
    found = ex.sweep(net, arch, {"arch": [arch, arch.set(array_rows=32), "tpu-v1"]})
    assert found["arch"] == ["edge-16x16", "edge-16x16 array.rows=32", "tpu-v1"]


def test_methods_constraints_and_skips(net: ex.Workload, arch: ex.Arch) -> None:
    axes = {"array.rows": {"from": 4, "to": 64, "step": 4}, "array.cols": [8, 16, 32]}
    for method in ("random", "sobol", "nsga2"):
        found = ex.sweep(net, arch, axes, method=method, points=20, constraints=["rows * cols <= 512"])  # type: ignore[arg-type]
        assert 0 < len(found) <= 20 and (found["array.rows"] * found["array.cols"]).max() <= 512
    skipped = ex.sweep(net, arch, {"array.rows": [8, 16], "dram.bandwidth": ["1 GB/s", "0 GB/s"]}, invalid="skip")
    assert len(skipped) == 2 and len(skipped.skipped) == 2 and "reason" in skipped.skipped.column_names


def test_a_table_goes_to_other_libraries_as_it_is(sweep: ex.Sweep) -> None:
    arrow = pyarrow.table(sweep)
    assert arrow.num_rows == 8 and arrow.schema.field("array.rows").type == pyarrow.int64()
    assert arrow.schema.field("array.dataflow").type == pyarrow.string()
    assert arrow.schema.field("cycles").type == pyarrow.float64()
    frames = [polars.DataFrame(sweep).to_pandas(), pandas.DataFrame.from_arrow(sweep), arrow.to_pandas()]
    for frame in frames:
        assert frame["cycles"].tolist() == sweep["cycles"].tolist()
    assert frames
    assert duckdb.sql("select count(*) from sweep where \"array.rows\" = 8").fetchall() == [(4,)]
    # The same memory: nothing is copied on the way.
    twice = [pyarrow.table(sweep).column("cycles").chunk(0).buffers()[1].address for _ in range(2)]
    assert twice[0] == twice[1]


def test_missing_values_are_missing(net: ex.Workload, arch: ex.Arch) -> None:
    table = pyarrow.table(ex.run(net, arch).samples)
    column = table.column("survivors_3")
    assert column.null_count > 0 and column.type == pyarrow.int64()
    assert np.isnan(ex.run(net, arch).samples["survivors_3"]).sum() == column.null_count


def test_figures_of_a_sweep(sweep: ex.Sweep) -> None:
    assert "<svg" in sweep.figure("pareto")._repr_svg_()
    assert "8 points" in repr(sweep) and "<table>" in sweep._repr_html_()
