"""Tests of the recipe on images that mean nothing: `python -m unittest` in this folder, about half a minute. Not run by CI."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch

from augment import mirrored, resized
from data import Split, cut
from exact import refuse_saturation
from networks import vgg_small
from train import Method

HERE = Path(__file__).parent
FAST = ["--recipe", "fast", "--batch", "64", "--threads", "1", "--init", "dirac", "--bias-rate", "8", "--width", "0.0625"]


def method(**changes) -> Method:
    plain = dict(
        heads="exclusion", schedule="triangle", sizes=(16, 32), rate=0.1, batch=4, nesterov=True, decay=0.0, bias_rate=1.0,
        smoothing=0.0, alternate=True, average=0.0, heads_from=0, head_gradient=1.0, precision="f32", seed=1,
    )  # fmt: skip
    return Method(**(plain | changes))


def stand_in_for_cifar100(folder: Path) -> None:
    """CIFAR-100's binary version with noise for images, whose mean tells the class."""
    rng = np.random.default_rng(0)
    for name, of_class in (("train.bin", 10), ("test.bin", 2)):
        labels = np.tile(np.arange(100, dtype=np.uint8), of_class)
        pixels = rng.integers(0, 56, (len(labels), 3072)) + 2 * labels[:, None]
        rows = np.concatenate([labels[:, None] // 5, labels[:, None], pixels], 1)
        rows.astype(np.uint8).tofile(folder / name)
    (folder / "fine_label_names.txt").write_text("\n".join(f"class{n}" for n in range(100)))


def recipe(folder: Path, *options: str) -> str:
    command = [sys.executable, HERE / "recipe.py", "--network", "vgg-small", "--data", "cifar100", "--data-dir", folder]
    done = subprocess.run([*command, *FAST, *options], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout


def weights(work: Path, kind: str, epochs: int | None = None) -> dict[str, torch.Tensor]:
    """Of the one run there with such heads and, if said, so many epochs in all its cycles."""
    states = [torch.load(path / "checkpoint.pt") for path in work.iterdir() if kind in path.name]
    return next(state for state in states if epochs in (None, len(state["curve"])))["network"]


class Splits(unittest.TestCase):
    def test_splits_are_disjoint_and_complete(self):
        whole = Split(np.arange(50_000).reshape(-1, 1, 1, 1), np.zeros(50_000, np.uint8))
        parts = [part.images.ravel() for part in cut(whole, seed=0)]
        self.assertEqual([len(part) for part in parts], [43_000, 2_000, 5_000])
        self.assertEqual(len(np.unique(np.concatenate(parts))), 50_000)

    def test_mirror_images_alternate(self):
        rng, chosen = np.random.default_rng(0), np.arange(100)
        first, second, third = (mirrored(chosen, epoch, 1, rng, True) for epoch in range(3))
        self.assertTrue((first ^ second).all())
        self.assertTrue((first == third).all())
        again = mirrored(chosen[50:], 0, 1, rng, True)  # it depends on the image, not on its batch
        self.assertTrue((first[50:] == again).all())


class Training(unittest.TestCase):
    def test_rate_rises_then_falls_to_zero(self):
        shares = [method().rate_at(step, 50) for step in range(100)]
        self.assertEqual(int(np.argmax(shares)), 23)
        self.assertLess(shares[-1], 0.02)
        self.assertEqual(method(schedule="milestones").rate_at(0, 50), 1.0)

    def test_smaller_images_train_the_same_network(self):
        network = vgg_small(3, 10, width=0.0625).train()
        for side in (16, 24, 32):
            final, heads = network(resized(torch.zeros(2, 3, 32, 32), side))
            self.assertEqual([s.shape for s in [final, *heads]], [(2, 10)] * 7)

    def test_resumed_is_undisturbed_and_twins_share_their_start(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            stand_in_for_cifar100(folder)
            options = ["--sizes", "16x1,32x1", "--heads-from", "1", "--head-gradient", "0.3"]
            recipe(folder, *options, "--work", str(folder / "a"))
            recipe(folder, *options, "--work", str(folder / "b"))
            first, second = weights(folder / "a", "exclusion"), weights(folder / "b", "exclusion")
            self.assertTrue(all(torch.equal(first[key], second[key]) for key in first))
            for path in (folder / "b").glob("*exclusion*/checkpoint.pt"):
                path.unlink()
            said = recipe(folder, *options, "--work", str(folder / "b"))
            self.assertIn("going on after epoch 1", said)
            second = weights(folder / "b", "exclusion")
            self.assertTrue(all(torch.equal(first[key], second[key]) for key in first))
            self.assertIn("going on after epoch 1", recipe(folder, *options, "--heads", "softmax", "--work", str(folder / "b")))
            said = recipe(folder, *options, "--refit-heads", "--work", str(folder / "a"), "--out", str(folder / "out"))
            self.assertIn("int8", said)
            with np.load(folder / "out" / "calibration.npz") as trace:
                self.assertEqual(trace["final"].shape, (200, 100))

    def test_a_cycle_goes_on_from_the_one_before(self):
        with tempfile.TemporaryDirectory() as name:
            folder, work = Path(name), Path(name) / "work"
            stand_in_for_cifar100(folder)
            options = ["--sizes", "16x1", "--work", str(work)]
            recipe(folder, *options)
            options += ["--then", "16x1@0.04", "--then", "16x1,32x1@0.02"]
            said = recipe(folder, *options)
            self.assertIn("going on after epoch 1", said)  # the first cycle is that of a run without another
            self.assertNotIn("epoch 1/1", said)
            self.assertIn("epoch 2/2", said)
            self.assertIn("epoch 4/4, 32 pixels", said)
            states = sorted((torch.load(path) for path in work.glob("*/checkpoint.pt")), key=lambda state: len(state["curve"]))
            self.assertEqual([[row[0] for row in state["curve"]] for state in states], [[1], [1, 2], [1, 2, 3, 4]])
            whole = weights(work, "exclusion", epochs=4)
            for path in work.glob("*/checkpoint.pt"):
                if len(torch.load(path)["curve"]) == 4:
                    path.unlink()
            recipe(folder, *options)
            again = weights(work, "exclusion", epochs=4)
            self.assertTrue(all(torch.equal(whole[key], again[key]) for key in whole))

    def test_every_precision_runs(self):
        with tempfile.TemporaryDirectory() as name:
            stand_in_for_cifar100(Path(name))
            for precision in ("f32", "bf16", "f16"):
                recipe(Path(name), "--sizes", "16x1", "--precision", precision, "--work", f"{name}/{precision}")


class Saturation(unittest.TestCase):
    def model(self, weight: int) -> onnx.ModelProto:
        """One QGemm whose pairs of products pass 16 bits."""
        def of(name, values, kind):
            return onnx.numpy_helper.from_array(np.array(values, kind), name)
        constants = [
            of("one", 1.0, np.float32), of("zero", 0, np.uint8), of("w", np.full((1, 64), weight), np.int8),
            of("ws", [1.0], np.float32), of("wz", [0], np.int8), of("b", [0], np.int32), of("ys", 1e5, np.float32),
        ]  # fmt: skip
        nodes = [
            onnx.helper.make_node("QuantizeLinear", ["image", "one", "zero"], ["x"]),
            onnx.helper.make_node(
                "QGemm", ["x", "one", "zero", "w", "ws", "wz", "b", "ys", "zero"], ["y"], domain="com.microsoft", transB=1
            ),
        ]
        x = onnx.helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [None, 64])
        y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.UINT8, None)
        graph = onnx.helper.make_graph(nodes, "one layer", [x], [y], constants)
        opsets = [onnx.helper.make_opsetid("", 17), onnx.helper.make_opsetid("com.microsoft", 1)]
        return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def test_exact_codes_pass(self):
        refuse_saturation(self.model(127), np.full((4, 64), 255, np.float32))

    def test_other_codes_are_refused(self):
        model = self.model(127)
        shifted = onnx.ModelProto()
        shifted.CopyFrom(model)
        shifted.graph.node[1].input[1] = "ys"  # what onnxruntime computes is no longer what the check expects
        import exact

        of = exact.session_of
        self.addCleanup(setattr, exact, "session_of", of)
        exact.session_of = lambda shown: of(self.with_outputs(shifted, shown))
        with self.assertRaisesRegex(SystemExit, "exact integers"):
            refuse_saturation(model, np.full((4, 64), 255, np.float32))

    def with_outputs(self, model: onnx.ModelProto, shown: onnx.ModelProto) -> onnx.ModelProto:
        changed = onnx.ModelProto()
        changed.CopyFrom(model)
        del changed.graph.output[:]
        changed.graph.output.extend(shown.graph.output)
        return changed


if __name__ == "__main__":
    unittest.main()
