#!/usr/bin/env bash
# Simulates the Verilog under tests/rtl with Verilator, synthesizes it where yosys is installed (synthesize.sh, fpga.sh, fpga_blocks.sh, lanes/synthesize.sh), and writes
# the results that `cargo test --test suite rtl::` compares with the model. With the argument `sample`, a part is simulated and must give the committed results; nothing is written.
set -euo pipefail
cd "$(dirname "$0")/../.."

what=${1:-regenerate}
if ! command -v verilator >/dev/null; then
    echo "Verilator is needed (Debian: apt-get install verilator)" >&2
    exit 1
fi
if [ "$what" = regenerate ]; then
    # First, since the tests also compare what was synthesized with its sources.
    if command -v yosys >/dev/null; then
        tests/rtl/synthesize.sh
        tests/rtl/fpga.sh
        tests/rtl/fpga_blocks.sh
        tests/rtl/lanes/synthesize.sh
    else
        echo "not synthesized: that needs yosys (Debian: apt-get install yosys)" >&2
    fi
elif command -v yosys >/dev/null; then
    tests/rtl/fpga.sh sample
    tests/rtl/fpga_blocks.sh sample
    tests/rtl/lanes/synthesize.sh sample
else
    echo "no sample was synthesized: that needs yosys (Debian: apt-get install yosys)" >&2
fi
EXCLUSIM_RTL="$what" cargo test --test suite rtl::
