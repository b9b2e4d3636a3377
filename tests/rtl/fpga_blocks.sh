#!/usr/bin/env bash
# Synthesizes what tests/rtl/fpga.sh does not: arrays of the other overlaps, arrays whose products are packed two to a DSP block,
# elements and arrays without DSP blocks, lanes of the vector unit, compacting exclusion units; for three FPGA families, with yosys (0.23).
# Writes tests/rtl/synthesis_fpga_blocks.csv. With the argument `sample`, a few rows, which must be the committed ones.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=tests/rtl/fpga_map.sh
. ./fpga_map.sh

own=(fpga/{packed_array,vector_lane}.sv)

# FAMILY, name, sides or classes and lanes, top module, its parameters, options of synthesis, sources.
row() {
    printf '%s,%s,%s,%s,' "$1" "$2" "$3" "$4"
    map "$1" "${@:5}"
}

lane() { row "$1" vector_lane 1 1 vector_lane "" "" fpga/vector_lane.sv; }
packed() { row "$1" packed "$2" "$3" packed_array "-set ROWS $2 -set COLS $3" "" fpga/packed_array.sv; }
lut_array() {
    row "$1" "lut_array_${2}_0" "$3" "$4" "$2" "-set OVERLAP 0 -set ROWS $3 -set COLS $4" -nodsp "${array[@]}"
}
compacting() {
    row "$1" compacting "$2" "$3" exclusion_unit "-set CLASSES $2 -set LANES $3 -set HEADS 6 -set COMPACT 1" "" "${unit[@]}"
}

if [ "${1:-}" = sample ]; then
    pinned synthesis_fpga_blocks.csv
    for sample in "packed xc7 4 4" "lane xcup" "compacting xc7 10 8"; do
        committed synthesis_fpga_blocks.csv "$($sample)"
    done
    exit
fi

{
    echo "# sha256 of its sources: $(cat "${array[@]}" "${unit[@]}" "${own[@]}" fpga.awk | sha256sum | cut -d' ' -f1)"
    echo family,part,rows_or_classes,cols_or_lanes,dsp,flip_flops,lut,carry,block_ram
    for family in xc7 xcup ecp5; do
        lane $family
        for overlap in 0 2; do
            for element in moving standing; do
                row $family lut_${element}_$overlap 1 1 pe_$element "-set OVERLAP $overlap" -nodsp array/pe_$element.sv
            done
        done
        for size in "4 4" "6 10"; do
            if [ "$family $size" = "ecp5 6 10" ]; then continue; fi
            # shellcheck disable=SC2086
            for design in "moving 1" "standing 0" "standing 1"; do
                set -- $size $design
                row $family $3_$4 $1 $2 $3 "-set OVERLAP $4 -set ROWS $1 -set COLS $2" "" "${array[@]}"
            done
        done
        for pair in "10 8" "100 8" "1000 8" "100 16"; do
            # shellcheck disable=SC2086
            compacting $family $pair
        done
    done
    # Two products of 8 bits need a factor of 25 bits, which ECP5's multiplier has not.
    for family in xc7 xcup; do
        for size in "4 4" "4 8" "8 4" "6 10"; do
            # shellcheck disable=SC2086
            packed $family $size
        done
    done
    for family in xc7 xcup ecp5; do
        for size in "4 4" "6 4"; do
            # shellcheck disable=SC2086
            for element in moving standing; do
                lut_array $family $element $size
            done
        done
    done
} >synthesis_fpga_blocks.csv.new
mv synthesis_fpga_blocks.csv.new synthesis_fpga_blocks.csv

# The unit of the rule `distance`, in a file of its own.
distance=("${unit[@]/cut_table/cut_distance}")
{
    echo "# sha256 of its sources: $(cat "${distance[@]}" fpga.awk | sha256sum | cut -d' ' -f1)"
    echo family,part,rows_or_classes,cols_or_lanes,dsp,flip_flops,lut,carry,block_ram
    for family in xc7 xcup ecp5; do
        for pair in "10 8" "94 8" "100 16"; do
            set="-set CLASSES ${pair% *} -set LANES ${pair#* } -set HEADS 6 -set PROBABILITY_BITS 1 -set THRESHOLD_BITS 7"
            row "$family" distance "${pair% *}" "${pair#* }" exclusion_unit "$set" "" "${distance[@]}"
        done
    done
} >synthesis_fpga_distance.csv.new
mv synthesis_fpga_distance.csv.new synthesis_fpga_distance.csv
