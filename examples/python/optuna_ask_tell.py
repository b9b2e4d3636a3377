"""A search from outside: Optuna proposes machines, exclusim says what they take; ask and tell.

Run: python optuna_ask_tell.py [TRIALS]
"""

import sys

import exclusim as ex
import optuna


def main(trials: int = 60) -> optuna.Study:
    """Searches array, scratchpad and bandwidth for least energy and least area; gives the study."""
    net = ex.workload("vgg-mini-fashion")
    base = ex.arch("edge-16x16")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=optuna.samplers.TPESampler(seed=1))
    for _ in range(trials):
        trial = study.ask()
        arch = base.set(
            {
                "array.rows": trial.suggest_categorical("rows", [8, 16, 32, 64]),
                "array.cols": trial.suggest_categorical("cols", [8, 16, 32, 64]),
                "array.dataflow": trial.suggest_categorical("dataflow", ["os", "ws", "is"]),
                "memory.filter": f"{trial.suggest_categorical('filter_kib', [16, 32, 64, 128])} KiB",
            }
        )
        try:
            run = ex.run(net, arch)
        except ex.Fault:  # a machine that cannot be
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            continue
        study.tell(trial, [run.energy_pj.mean, run.area_mm2])
    return study


if __name__ == "__main__":
    found = main(*map(int, sys.argv[1:2]))
    print("energy nJ  area mm2  machine")
    for trial in sorted(found.best_trials, key=lambda trial: trial.values[0]):
        energy, area = trial.values
        print(f"{energy * 1e-3:9.1f}  {area:8.3f}  {trial.params}")
