"""Runs, layers, replays, decisions and costs against the command and against one another."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import exclusim as ex

TABLES = ["layers.csv", "breakdown.csv", "segments.csv", "samples.csv", "exits.csv", "excluded.csv"]
Command = Callable[..., str]


@pytest.fixture(scope="module")
def run(net: ex.Workload, arch: ex.Arch) -> ex.Run:
    return ex.run(net, arch)


def test_files_are_those_of_the_command(run: ex.Run, command: Command, tmp_path: Path) -> None:
    command("run", "edge-16x16", "vgg-mini-fashion", "--out", tmp_path / "command")
    run.write(tmp_path / "python")
    for file in ["summary.json", *TABLES]:
        assert (tmp_path / "python" / file).read_bytes() == (tmp_path / "command" / file).read_bytes(), file
    assert run.json() == (tmp_path / "command" / "summary.json").read_text()


def test_overrides_and_rivals_are_those_of_the_command(net: ex.Workload, command: Command, tmp_path: Path) -> None:
    command(
        "run", "edge-16x16", "vgg-mini-fashion", "--out", tmp_path / "command", "--samples", 500,
        "--set", "array.rows=32", "--set", "dram.bandwidth=2 GB/s",
    )  # fmt: skip
    arch = ex.arch("edge-16x16").set(array_rows=32, dram_bandwidth="2 GB/s")
    ex.run(net, arch, samples=500).write(tmp_path / "python")
    for file in ["summary.json", *TABLES]:
        assert (tmp_path / "python" / file).read_bytes() == (tmp_path / "command" / file).read_bytes(), file


def test_a_replay_is_that_of_the_command(net: ex.Workload, command: Command, tmp_path: Path) -> None:
    command("replay", "vgg-mini-fashion", "--out", tmp_path / "command.npz")
    trace = ex.replay(net)
    trace.write(tmp_path / "python.npz")
    assert (tmp_path / "python.npz").read_bytes() == (tmp_path / "command.npz").read_bytes()
    with np.load(tmp_path / "command.npz") as file:
        assert (trace.labels == file["labels"]).all()
        assert (trace.scores[:, :-1] == file["scores"]).all() and (trace.scores[:, -1] == file["final"]).all()
        assert trace.scale is not None and trace.scale[-1] == file["final_scale"]
        assert trace.zero_fractions is not None and (trace.zero_fractions == file["zero_fractions"]).all()


def test_thresholds_are_those_of_the_command(net: ex.Workload, arch: ex.Arch, command: Command, tmp_path: Path) -> None:
    for method, more in [("search", ["--objective", "energy", "--arch", "edge-16x16"]), ("paper", []), ("reference", [])]:
        file = tmp_path / f"{method}.toml"
        command("calibrate", "vgg-mini-fashion", "--tolerance", "0.5%", "--method", method, *more, "--out", file)
        found = ex.calibrate(net, arch, objective="energy", tolerance=0.005, method=method)  # type: ignore[arg-type]
        keys = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        assert [line for line in found.to_toml().splitlines() if not line.startswith("#")] == keys
        assert (found.promise is not None) == (method == "search")
        found.write(tmp_path / "again.toml")
        assert ex.policy(net, tmp_path / "again.toml").thresholds == found.thresholds


def test_layers_are_those_of_the_command(net: ex.Workload, arch: ex.Arch, command: Command) -> None:
    rows = json.loads(command("layers", "edge-16x16", "vgg-mini-fashion", "--format", "json"))
    table = ex.layers(net, arch)
    assert list(table["layer"]) == [row["layer"] for row in rows]
    assert table["cycles"].tolist() == [row["cycles"] for row in rows]
    assert table["energy_pj"].dtype == np.float64
    assert table["energy_pj"].tolist() == [row["energy_pj"] for row in rows]


def test_a_summary_is_attributes_tables_and_html(run: ex.Run) -> None:
    assert run.cycles.saved_net == run.summary["cycles"]["saved_net"]
    assert run.cycles.saved_net == pytest.approx(1 - run.cycles.mean / run.cycles.no_heads, abs=1e-15)
    assert run.heads["net_cycles"].tolist() == [head["net_cycles"] for head in run.summary["heads"]]
    assert run.exits == run.summary["exits"]
    samples = run.samples
    assert samples["cycles"].mean() == pytest.approx(run.cycles.mean)
    assert samples["energy_pj"].mean() == pytest.approx(run.energy_pj.mean)
    assert (samples["label"] == samples["answer"]).mean() == run.accuracy
    assert "<table>" in run._repr_html_() and "saved net" in run._repr_html_()
    assert run.figure("saved").svg.startswith("<") and len(run.figure("heads").data) > 0


def test_costs_along_a_path_are_what_a_run_charges(net: ex.Workload, arch: ex.Arch, run: ex.Run) -> None:
    policy = ex.policy(net)
    costs, samples = ex.costs(net, arch, policy), run.samples
    assert costs.cycles.shape == (net.heads + 1, len(net.classes), 2) == costs.energy_pj.shape
    survivors = np.stack([samples[f"survivors_{head + 1}"] for head in range(net.heads)], 1)
    for sample in range(0, 2000, 37):
        alive, cycles, exit = len(net.classes), 0.0, int(samples["exit"][sample]) - 1
        for segment in range(exit + 1):
            cycles += costs.cycles[segment, alive - 1, int(segment == exit)]
            if segment < net.heads and not np.isnan(survivors[sample, segment]):
                alive = int(survivors[sample, segment])
        assert cycles == samples["cycles"][sample]
    plain = ex.run(net, arch, "never")
    assert ex.costs(net, arch, "never").exit_cycles[-1] == plain.cycles.never == plain.cycles.mean
    assert costs.exit_macs[0] < costs.exit_macs[-1]


def test_decisions_on_arrays_are_those_of_a_run(net: ex.Workload, run: ex.Run) -> None:
    trace, policy = ex.replay(net), ex.policy(net)
    assert trace.scale is not None and trace.zero_point is not None
    decided = ex.decide(trace, policy)
    assert (decided.exits == run.samples["exit"]).all() and (decided.answers == run.samples["answer"]).all()
    assert decided.accuracy == run.accuracy and decided.exit_counts.sum() == len(decided)
    codes = ex.decide(trace.scores, policy, labels=trace.labels, scale=trace.scale, zero_point=trace.zero_point)
    assert (codes.exits == decided.exits).all() and (codes.survivors == decided.survivors).all()
    # Every other sample: not contiguous.
    some = ex.decide(trace.scores[::2], policy, scale=trace.scale, zero_point=trace.zero_point)
    assert (some.exits == decided.exits[::2]).all()
    reals = (trace.scores.astype(np.float32) - trace.zero_point[:, None]) * trace.scale[:, None]
    reals = np.asarray(reals, np.float32)
    text = policy.to_toml().replace('"integer"', '"float"')
    text = "\n".join(line for line in text.splitlines() if "bits" not in line)
    assert (ex.decide(reals, text).exits == decided.exits).mean() > 0.99


def test_a_model_with_arrays_is_the_workload_of_its_folder(net: ex.Workload, arch: ex.Arch, run: ex.Run) -> None:
    folder = Path(__file__).parents[2] / "workloads" / "vgg-mini-fashion"
    with np.load(folder / "test.npz") as test, np.load(folder / "val.npz") as val:
        images, labels, calibration = test["images"], test["labels"], (val["images"], val["labels"])
    text = {line.split(" = ")[0]: line.split(" = ")[1] for line in (folder / "workload.toml").read_text().splitlines() if " = " in line}
    made = ex.workload(
        onnx=folder / "model.onnx", images=images, labels=labels, heads=json.loads(text["outputs"]),
        classifier=json.loads(text["final"]), calibration_images=calibration[0], calibration_labels=calibration[1],
        scale=float(text["scale"]), mean=json.loads(text["mean"]), std=json.loads(text["std"]), training="sigmoid",
    )  # fmt: skip
    assert ex.run(made, arch, ex.policy(net)).samples.to_dict().keys() == run.samples.to_dict().keys()
    assert (ex.replay(made).scores == ex.replay(net).scores).all()
    ours, theirs = (ex.calibrate(one, arch, tolerance=0.01) for one in (made, net))
    assert ours.thresholds == theirs.thresholds
    with pytest.raises(TypeError, match="threads"):
        pickle.dumps(made)


def test_keys_are_read_set_and_kept() -> None:
    arch = ex.arch("edge-16x16")
    wide = arch.set(array_rows=32).set({"array.dataflow": "ws"}, array_cols=np.int64(8))
    assert [wide["array.rows"], wide["array.cols"], wide["array.dataflow"]] == [32, 8, "ws"]
    assert arch["array.rows"] == 16 and arch["memory.schedule"] == "best"
    assert wide.set(array_rows=64).overrides.count("array.rows=64") == 1
    assert wide.set(array_rows=64)["array.rows"] == 64
    again = ex.arch({**wide.to_dict(), "name": "mine"})
    assert again.name == "mine" and again["array.rows"] == 32
    assert pickle.loads(pickle.dumps(wide)).to_dict() == wide.to_dict()


def test_what_is_pickled_is_the_same(net: ex.Workload, arch: ex.Arch) -> None:
    policy = ex.calibrate(net, arch, tolerance=0.005)
    again = pickle.loads(pickle.dumps((net, arch, policy)))
    assert ex.run(*again, samples=200).json() == ex.run(net, arch, policy, samples=200).json()


def test_threads_change_nothing(net: ex.Workload, arch: ex.Arch, run: ex.Run) -> None:
    assert ex.run(net, arch, threads=1).json() == run.json()


def test_what_is_shipped_is_listed() -> None:
    assert "edge-16x16" in ex.presets("archs") and "vgg-mini-fashion" in ex.presets("workloads")


def test_the_command_is_in_the_package(command: Command) -> None:
    assert command("--version").strip() == f"exclusim {ex.__version__}"
    assert "array.row" in command("run", "edge-16x16", "vgg-mini-fashion", "--set", "array.row=3", code=2)
