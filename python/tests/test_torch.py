"""From PyTorch models to workloads; skipped where the extras are not installed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import exclusim as ex

if TYPE_CHECKING:
    import torch
else:
    torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

CLASSES = 4


class Mean(torch.nn.Module):  # type: ignore[misc, name-defined]
    """The mean of a map, as many write it."""

    def forward(self, x: "torch.Tensor") -> "torch.Tensor":
        return x.mean((2, 3))


class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Three exits on 8 x 8 images."""

    def __init__(self) -> None:
        super().__init__()
        nn = torch.nn
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU())
            for before, after in ((1, 8), (8, 16), (16, 16), (16, 16))
        )
        heads = [nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES)) for width in (8, 16, 16, 16)]
        heads[1] = nn.Sequential(Mean(), nn.Linear(16, CLASSES))
        self.heads = nn.ModuleList(heads)

    def forward(self, x: "torch.Tensor") -> "tuple[torch.Tensor, ...]":
        outputs = []
        for block, head in zip(self.blocks, self.heads):
            x = block(x)
            outputs.append(head(x))
        return tuple(outputs)


def data(samples: int, seed: int) -> "tuple[torch.Tensor, torch.Tensor]":
    """A bright quarter, whose place is the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (samples,), generator=generator)
    images = torch.randn(samples, 1, 8, 8, generator=generator)
    for image, label in zip(images, labels):
        row, column = divmod(int(label), 2)
        image[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 1.5 * (1 + label)
    return images, labels


@pytest.fixture(scope="module")
def trained() -> Net:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    images, labels = data(512, 1)
    for _ in range(15):
        for part in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            torch.stack([torch.nn.functional.cross_entropy(out, labels[part]) for out in net(images[part])]).sum().backward()
            optimizer.step()
    return net


def loader(samples: int, seed: int) -> "torch.utils.data.DataLoader[tuple[torch.Tensor, ...]]":
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*data(samples, seed)), batch_size=50)


@pytest.mark.parametrize("exporter", ["torchscript", "dynamo"])
@pytest.mark.parametrize("form", ["qdq", "qoperator"])
def test_a_model_becomes_a_workload(trained: Net, tmp_path: Path, exporter: str, form: str) -> None:
    if exporter == "dynamo":
        pytest.importorskip("onnxscript")
    trained.train()
    net = ex.torch.workload(
        trained, loader(300, 2), loader(200, 3), out=tmp_path / "mine", training="softmax",
        classes=["nw", "ne", "sw", "se"], exporter=exporter, form=form,  # type: ignore
    )  # fmt: skip
    assert trained.training, "its mode is left as it was"
    assert (net.name, net.heads, net.classes) == ("mine", 3, ["nw", "ne", "sw", "se"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"], "nothing is left beside it"
    lines = (tmp_path / "mine" / "accuracy.csv").read_text().splitlines()
    assert lines[0] == "output,float_accuracy_percent,int8_accuracy_percent" and len(lines) == 5
    trace = ex.replay(net)
    assert float(lines[4].split(",")[2]) == pytest.approx(100 * (trace.scores[:, 3].argmax(1) == trace.labels).mean(), abs=0.01)
    # The codes are those that onnxruntime computes.
    import onnxruntime

    session = onnxruntime.InferenceSession(tmp_path / "mine" / "model.onnx")
    images = data(200, 3)[0].numpy()
    assert trace.scale is not None and trace.zero_point is not None
    for at, scores in enumerate(session.run(None, {"image": images})):
        ours = (trace.scores[:, at].astype(np.float32) - np.float32(trace.zero_point[at])) * trace.scale[at]
        assert (ours == scores).mean() == 1.0
    arch = ex.arch("edge-16x16")
    policy = ex.calibrate(net, arch, rule="confidence", objective="energy", tolerance=0.05)
    assert ex.run(net, arch, policy).accuracy > 0.8


def test_bytes_are_kept_as_bytes(trained: Net, tmp_path: Path) -> None:
    images, labels = data(60, 4)
    bytes_of = ((images + 4) * 16).clamp(0, 255).to(torch.uint8)
    pairs = [(bytes_of, labels)]
    net = ex.torch.workload(trained, pairs, pairs, out=tmp_path / "mine", scale=1 / 16, mean=[4.0], std=[1.0], most_lost=1.0)
    with np.load(tmp_path / "mine" / "test.npz") as file:
        assert file["images"].dtype == np.uint8
    assert ex.replay(net).samples == 60


def test_what_is_given_wrong_is_told(trained: Net, tmp_path: Path) -> None:
    class One(Net):
        def forward(self, x: "torch.Tensor") -> "torch.Tensor":  # type: ignore
            return super().forward(x)[-1]

    class Wide(Net):
        def forward(self, x: "torch.Tensor") -> "tuple[torch.Tensor, ...]":
            *heads, last = super().forward(x)
            return (*heads, last[:, :2])

    def make(model: Net = trained, calibration: object = None, test: object = None) -> None:
        calibration = loader(50, 1) if calibration is None else calibration
        test = loader(50, 2) if test is None else test
        ex.torch.workload(model, calibration, test, out=tmp_path / "mine")  # type: ignore

    spent = iter(loader(50, 1))
    assert list(spent)
    images, labels = data(10, 1)
    cases: list[tuple[Callable[[], None], str]] = [
        (lambda: make(One()), "forward gives Tensor, not a tuple"),
        (lambda: make(Wide()), r"outputs of forward have \[2, 4\] classes"),
        (lambda: make(calibration=spent), "the calibration loader gives no samples"),
        (lambda: make(test=[]), "the test loader gives no samples"),
        (lambda: make(test=[images]), "a batch of the test loader is Tensor"),
        (lambda: make(test=[(images.double(), labels)]), "images of the test loader are float64"),
        (lambda: make(test=[(images * float("nan"), labels)]), "not all finite"),
    ]
    for wrong, told in cases:
        with pytest.raises(ex.Fault, match=told):
            wrong()
    assert list(tmp_path.iterdir()) == [], "nothing is written"


def test_a_missing_extra_names_the_line(trained: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"pip install 'exclusim\[torch\]'"):
        ex.torch.workload(trained, loader(50, 1), loader(50, 2), out=tmp_path / "mine")


def test_the_expected_cost_is_that_of_certain_exits() -> None:
    net = ex.torch.shapes(Net(), torch.zeros(1, 1, 8, 8))
    costs = ex.costs(net, ex.arch("edge-16x16"))
    by_exit = costs.exit_energy_pj
    assert (np.diff(by_exit) > 0).all()
    for exit in range(4):
        leave = torch.zeros(5, 3)
        if exit < 3:
            leave[:, exit] = 1
        assert ex.torch.exit_loss(costs, leave).item() == pytest.approx(by_exit[exit] / by_exit[-1], rel=1e-6)
    half = torch.full((1, 3), 0.5, dtype=torch.float64)
    expected = (np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8]) * costs.exit_cycles).sum() / costs.exit_cycles[-1]
    assert ex.torch.exit_loss(costs, half, objective="cycles").item() == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="expected"):
        ex.torch.exit_loss(costs, torch.zeros(5, 2))


def test_a_soft_edge_is_the_rule_where_it_is_narrow() -> None:
    generator = torch.Generator().manual_seed(3)
    outputs = [3 * torch.randn(400, 5, generator=generator) for _ in range(3)]
    scores = torch.stack(outputs, 1).numpy()
    policy = 'beta = [0.4, 0.4]\narithmetic = "float"\nmemory = "memoryless"'
    leave = ex.torch.leave_probability(outputs, 0.4, temperature=1e-5)
    left = ex.decide(scores, policy).exits
    hard = np.where(leave[:, 0] > 0.5, 1, np.where(leave[:, 1] > 0.5, 2, 3))
    assert (left == hard).all()
    confident = ex.torch.leave_probability(outputs, [0.6, 0.7], rule="confidence", temperature=1e-5)
    left = ex.decide(scores, 'rule = "confidence"\nthreshold = [0.6, 0.7]\narithmetic = "float"').exits
    assert (left == np.where(confident[:, 0] > 0.5, 1, np.where(confident[:, 1] > 0.5, 2, 3))).all()
    with pytest.raises(ValueError, match="1 thresholds for 2 heads"):
        ex.torch.leave_probability(outputs, [0.5])
