#!/usr/bin/env bash
# Simulates the Verilog under tests/rtl with Verilator and writes the results that `cargo test --test rtl` compares with
# the model. With the argument `sample`, a part is simulated and must give the committed results; nothing is written.
set -euo pipefail
cd "$(dirname "$0")/../.."

what=${1:-regenerate}
if ! command -v verilator >/dev/null; then
    echo "Verilator is needed (Debian: apt-get install verilator)" >&2
    exit 1
fi
EXCLUSIM_RTL="$what" cargo test --test rtl
