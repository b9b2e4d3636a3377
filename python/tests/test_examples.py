"""The examples that are beside this package, at small size."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

# Processes find the functions that they call by their module's name.
sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "python"))


def example(name: str) -> Any:
    return importlib.import_module(name)


def test_optuna_asks_and_is_told() -> None:
    pytest.importorskip("optuna")
    study = example("optuna_ask_tell").main(12)
    assert len(study.trials) == 12 and study.best_trials


def test_threads_and_processes_find_the_same() -> None:
    parallel = example("parallel")
    threads = dict(parallel.in_threads(2))
    assert len(threads) == 8 and threads[8, "policy.toml"] > threads[8, "never"]
    processes = dict(parallel.in_processes(2))
    assert processes == {point: threads[point] for point in processes} and len(processes) == 2


def test_the_expected_energy_moves_exits_forward() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnxruntime")
    runs = example("exit_loss").main(samples=512, epochs=10)
    without, with_term = runs[0.0], runs[1.0]
    assert sum(with_term.exits[:2]) > sum(without.exits[:2]) + 0.05
    assert with_term.energy_pj.mean < without.energy_pj.mean
    assert with_term.accuracy > 0.9
