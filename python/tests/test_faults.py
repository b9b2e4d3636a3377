"""What is wrong is told with its place, all at once."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import exclusim as ex

MODEL = Path(__file__).parents[2] / "workloads" / "vgg-mini-fashion" / "model.onnx"


def test_every_fault_of_a_file_has_its_line_and_key(tmp_path: Path) -> None:
    text = Path(__file__).parents[2].joinpath("arch", "edge-16x16.toml").read_text()
    text = text.replace("rows = ", "row = ", 1).replace("bandwidth = ", "bandwidth = 3 #", 1)
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(ex.Fault) as caught:
        ex.arch(file)
    faults = caught.value.faults
    assert {fault.key for fault in faults} >= {"array.row", "array.rows", "dram.bandwidth"}
    lines = text.splitlines()
    for fault in faults:
        assert fault.file == str(file) and fault.line is not None and fault.message and fault.help
        if fault.key in ("array.row", "dram.bandwidth"):
            assert fault.key.split(".")[1] in lines[fault.line - 1]
    assert {fault.kind for fault in faults} >= {"unknown-key", "missing-key", "value"}
    assert isinstance(caught.value, ValueError) and "did you mean" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: ex.arch({"array": {"row": 3}}), "unknown key `array.row`"),
        (lambda: ex.arch("edge-16x15"), "did you mean edge-16x16"),
        (lambda: ex.arch("name = "), "not valid TOML"),
        (lambda: ex.arch("edge-16x16").set(array_row=3), "unknown key `array.row`"),
        (lambda: ex.arch("edge-16x16").set(array_rows=0), "array.rows"),
        (lambda: ex.arch("edge-16x16")["array.row"], "unknown key"),
        (lambda: ex.workload("vgg-mini"), "did you mean vgg-mini-fashion"),
        (lambda: ex.presets("machines"), "write one of archs"),  # type: ignore[arg-type]
        (lambda: ex.policy(2, "beta = [0.1, 0.2, 0.3]"), "3 values"),
        (lambda: ex.policy(2, {"beta": [0.1, 2]}), "beta"),
        (lambda: ex.policy(2, "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_is_given_wrong_is_told(wrong: "object", told: str) -> None:
    with pytest.raises(ex.Fault, match=told.replace("[", r"\[")) as caught:
        wrong()  # type: ignore[operator]
    assert len(caught.value.faults) >= 1


def test_spaces_are_checked_as_files_are(net: ex.Workload, arch: ex.Arch) -> None:
    with pytest.raises(ex.Fault) as caught:
        ex.sweep(net, arch, {"array.row": [8], "dram.bandwidth": ["1 s"]}, objectives=["enrgy"])
    assert any("did you mean \"energy\"" in fault.help for fault in caught.value.faults)
    with pytest.raises(ex.Fault, match="nothing varies"):
        ex.sweep(net, arch, {})
    with pytest.raises(ex.Fault, match="no point meets"):
        ex.sweep(net, arch, {"array.rows": [8, 16]}, constraints=["rows <= 4"])
    with pytest.raises(ex.Fault, match="array.row"):
        ex.sweep(net, arch, {"array.row": [8]})
    with pytest.raises(TypeError, match="axes are missing"):
        ex.sweep(net, arch)


IMAGES = np.zeros((4, 1, 32, 32), np.uint8)
LABELS = np.zeros(4, np.int64)


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (IMAGES.astype(np.float64), LABELS, "images are float64"),
        (IMAGES[:, 0], LABELS, r"images are uint8 \(4, 32, 32\)"),
        (IMAGES.astype(np.float32) + np.nan, LABELS, "NaN, not a finite number"),
        (IMAGES[:0], LABELS[:0], "no samples"),
        (IMAGES, LABELS[:3], "labels"),
        (IMAGES, LABELS + 99, r"labels\[0\] = 99 is not from 0 to 9"),
        (IMAGES, LABELS - 1, r"labels\[0\] = -1"),
        (IMAGES, LABELS.astype(np.float32), "labels are float32"),
        (IMAGES.tolist(), LABELS, "images are list"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(images: np.ndarray, labels: np.ndarray, told: str) -> None:
    with pytest.raises(ex.Fault, match=told):
        ex.workload(onnx=MODEL, images=images, labels=labels)


def test_images_of_another_size_are_refused(arch: ex.Arch) -> None:
    small = ex.workload(onnx=MODEL, images=IMAGES[:, :, :8, :8], labels=LABELS)
    with pytest.raises(ex.Fault, match="the network reads 1 x 32 x 32"):
        ex.run(small, arch, "never")


def test_arrays_may_have_any_strides() -> None:
    generator = np.random.default_rng(1)
    images = generator.integers(0, 256, (6, 32, 32, 2), np.uint8)[..., :1].transpose(0, 3, 1, 2)[::-1]
    assert not images.flags.c_contiguous
    labels = np.arange(12)[::2] % 10
    ours = ex.workload(onnx=MODEL, images=images, labels=labels)
    theirs = ex.workload(onnx=MODEL, images=np.ascontiguousarray(images), labels=labels.copy())
    with pytest.warns(UserWarning, match="preprocess"):
        assert (ex.replay(ours).scores == ex.replay(theirs).scores).all()


@pytest.mark.parametrize(
    ("scores", "more", "told"),
    [
        (np.zeros((4, 3, 10)), {}, "float64"),
        (np.full((4, 3, 10), np.nan, np.float32), {}, "not a number for sample 0"),
        (np.zeros((4, 10), np.float32), {}, r"\[4, 10\]"),
        (np.zeros((4, 3, 10), np.uint8), {}, "without scale and zero_point"),
        (np.zeros((4, 3, 10), np.uint8), {"scale": [1.0], "zero_point": [0]}, "for 3 tables"),
        (np.zeros((4, 3, 10), np.float32), {"labels": np.full(4, 10)}, "label 10"),
        (np.zeros((4, 2, 10), np.float32), {}, "2 values"),
    ],
)
def test_scores_that_do_not_fit_are_refused(scores: np.ndarray, more: dict[str, object], told: str) -> None:
    with pytest.raises(ex.Fault, match=told):
        ex.decide(scores, "beta = [0.1, 0.1]", **more)  # type: ignore[arg-type]


def test_ctrl_c_ends_a_search_at_once(net: ex.Workload, arch: ex.Arch) -> None:
    big = {"array.rows": {"from": 1, "to": 256}, "array.cols": {"from": 1, "to": 256}, "dram.bandwidth": ["1 GB/s", "2 GB/s"]}
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        ex.sweep(net, arch, big)
    assert len(ex.sweep(net, arch, {"array.rows": [8]})) == 1


def test_other_threads_go_on_meanwhile(net: ex.Workload, arch: ex.Arch) -> None:
    counted, done = 0, threading.Event()

    def work() -> ex.Sweep:
        try:
            return ex.sweep(net, arch, {"array.rows": {"from": 1, "to": 60}, "array.cols": [8, 16]}, threads=1)
        finally:
            done.set()

    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(work)
        while not done.is_set():
            counted += 1
        assert len(found.result()) == 120
    assert counted > 1000, "the interpreter's lock is released"
