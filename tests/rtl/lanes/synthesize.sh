#!/usr/bin/env bash
# Synthesizes with yosys (0.23) what lanes have beside requantization where they compute products (lane_sum.sv), and writes
# tests/rtl/synthesis_lanes.csv (gate equivalents, gates.awk) and synthesis_fpga_lanes.csv (blocks of three FPGA families).
# With the argument `sample`, a row of each, which must be the committed ones.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/rtl/fpga_map.sh
. ./fpga_map.sh

own=(lanes/{lane_sum,lane_tree}.sv)

gates() {
    local set="chparam -set LANES $1 lane_sum; hierarchy -top lane_sum"
    printf '%s,' "$1"
    yosys -q -p "read_verilog -sv ${own[*]}; $set; script gates.ys" | awk -f gates.awk
}

blocks() {
    printf '%s,%s,' "$1" "$2"
    map "$1" lane_sum "-set LANES $2" "" "${own[@]}"
}

if [ "${1:-}" = sample ]; then
    pinned synthesis_lanes.csv
    committed synthesis_lanes.csv "$(gates 5)"
    committed synthesis_fpga_lanes.csv "$(blocks xc7 4)"
    exit
fi

{
    echo "# sha256 of its sources: $(cat "${own[@]}" gates.ys gates.awk | sha256sum | cut -d' ' -f1)"
    echo lanes,gate_equivalents,flip_flops,cells,longest_path
    for lanes in 1 4 5 8 16 32; do gates $lanes; done
} >synthesis_lanes.csv.new
mv synthesis_lanes.csv.new synthesis_lanes.csv
{
    echo "# sha256 of its sources: $(cat "${own[@]}" fpga.awk | sha256sum | cut -d' ' -f1)"
    echo family,lanes,dsp,flip_flops,lut,carry,block_ram
    for family in xc7 xcup ecp5; do
        for lanes in 4 8 16; do blocks $family $lanes; done
    done
} >synthesis_fpga_lanes.csv.new
mv synthesis_fpga_lanes.csv.new synthesis_fpga_lanes.csv
