#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh environment, and checks it there: types, tests, examples, notebooks.
#
#   python/check.sh             what the gate runs; PyTorch's tests only if it can be installed within TORCH_LIMIT seconds
#   TORCH_LIMIT=0 ...           without PyTorch's tests
#   CHECK_PROFILE=release ...   the wheel as it is released
set -euo pipefail
cd "$(dirname "$0")"

skip() {
    echo "== Python: $1; the package was not checked" >&2
    exit 0
}
command -v python3 >/dev/null || skip "there is no python3"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || skip "python3 is older than 3.10"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" >/dev/null 2>&1 || skip "python3 cannot make environments (its venv or pip is missing)"
bin=$work/venv/bin
pip() { "$bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
pip install -r requirements-check.txt || skip "pip cannot install requirements-check.txt"

# The library's tests have built most of what the wheel is made of already.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../target}
"$bin/maturin" build --locked --profile "${CHECK_PROFILE:-dev}" --interpreter "$bin/python" --out "$work/wheel"
pip install "$work"/wheel/*.whl
limit=${TORCH_LIMIT:-150}
if [ "$limit" = 0 ] || ! timeout "$limit" "$bin/python" -m pip --disable-pip-version-check --quiet install torch onnx onnxruntime onnxscript; then
    echo "== Python: PyTorch was not installed within $limit s; its tests are skipped" >&2
fi
"$bin/mypy"
"$bin/pytest" -q --durations=5
