#!/usr/bin/env bash
# Synthesizes arrays and exclusion units for three FPGA families with yosys (0.23) and writes tests/rtl/synthesis_fpga.csv.
# With the argument `sample`, a few rows, which must be the committed ones. With arguments FAMILY PART OVERLAP ROWS COLS,
# or FAMILY unit - CLASSES LANES, one row, to standard output.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=tests/rtl/fpga_map.sh
. ./fpga_map.sh

overlaps=(none global-swap double-buffered)

row() {
    local family=$1 part=$2 overlap=$3 a=$4 b=$5
    if [ "$part" = unit ]; then
        printf '%s,%s,%s,%s,%s,' "$family" unit "$overlap" "$a" "$b"
        map "$family" exclusion_unit "-set CLASSES $a -set LANES $b -set HEADS 6" "" "${unit[@]}"
    else
        printf '%s,%s,%s,%s,%s,' "$family" "$part" "${overlaps[$overlap]}" "$a" "$b"
        map "$family" "$part" "-set OVERLAP $overlap -set ROWS $a -set COLS $b" "" "${array[@]}"
    fi
}

if [ "${1:-}" = sample ]; then
    pinned synthesis_fpga.csv
    for sample in "xc7 moving 2 4 4" "ecp5 standing 2 4 4" "ecp5 unit - 10 8"; do
        # shellcheck disable=SC2086
        committed synthesis_fpga.csv "$(row $sample)"
    done
    exit
fi
if [ $# -gt 0 ]; then
    row "$@"
    exit
fi

{
    echo "# sha256 of its sources: $(cat "${array[@]}" "${unit[@]}" fpga.awk | sha256sum | cut -d' ' -f1)"
    echo family,part,fold_overlap,rows_or_classes,cols_or_lanes,dsp,flip_flops,lut,carry,block_ram
    # shellcheck disable=SC2086
    for family in xc7 xcup ecp5; do
        for pair in "10 1" "10 4" "10 8" "94 8" "100 4" "100 16" "1000 4" "1000 8" "1000 16"; do
            row $family unit - $pair
        done
    done
    # shellcheck disable=SC2086
    for size in {xc7,xcup,ecp5}" "{"4 4","6 10","8 8","16 16"}; do
        for design in "moving 0" "moving 2" "standing 2"; do
            row ${size%% *} $design ${size#* }
        done
    done
} >synthesis_fpga.csv.new
mv synthesis_fpga.csv.new synthesis_fpga.csv
