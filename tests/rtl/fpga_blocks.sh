#!/usr/bin/env bash
# Synthesizes what tests/rtl/fpga.sh does not: arrays of the other overlaps, arrays whose products are packed two to a DSP block,
# elements without DSP blocks, lanes of the vector unit, compacting exclusion units; for three FPGA families, with yosys (0.23).
# Writes tests/rtl/synthesis_fpga_blocks.csv.
set -euo pipefail
cd "$(dirname "$0")"

array=(array/{pe_moving,pe_standing,moving,standing,skew}.sv)
unit=(unit/{exclusion_unit,maximum_tree,running_maximum,population_count,survivor_mask,survivor_list,pack,cut_table}.sv)
own=(fpga/{packed_array,vector_lane}.sv)

# FAMILY, name, sides or classes and lanes, top module, its parameters, options of synthesis, sources.
row() {
    local family=$1 name=$2 a=$3 b=$4 top=$5 set=$6 options=$7 synth
    shift 7
    case $family in
        ecp5) synth="synth_ecp5 $options" ;;
        *) synth="synth_xilinx -family $family -noiopad -noclkbuf -nosrl -flatten $options" ;;
    esac
    printf '%s,%s,%s,%s,' "$family" "$name" "$a" "$b"
    yosys -q -p "read_verilog -sv $*; chparam $set $top; $synth -top $top; tee -o /dev/stdout stat" | awk -f fpga.awk
}

{
    echo "# sha256 of its sources: $(cat "${array[@]}" "${unit[@]}" "${own[@]}" fpga.awk | sha256sum | cut -d' ' -f1)"
    echo family,part,rows_or_classes,cols_or_lanes,dsp,flip_flops,lut,carry,block_ram
    for family in xc7 xcup ecp5; do
        row $family vector_lane 1 1 vector_lane "" "" fpga/vector_lane.sv
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
                row $family $3_$4 $1 $2 $3 "-set OVERLAP $4 -set ROWS $1 -set COLS $2" "" ${array[*]}
            done
        done
        for pair in "10 8" "100 8" "1000 8" "100 16"; do
            # shellcheck disable=SC2086
            set -- $pair
            # shellcheck disable=SC2086
            row $family compacting $1 $2 exclusion_unit "-set CLASSES $1 -set LANES $2 -set HEADS 6 -set COMPACT 1" "" ${unit[*]}
        done
    done
    # Two products of 8 bits need a factor of 25 bits, which ECP5's multiplier has not.
    for family in xc7 xcup; do
        for size in "4 4" "4 8" "8 4" "6 10"; do
            # shellcheck disable=SC2086
            set -- $size
            row $family packed $1 $2 packed_array "-set ROWS $1 -set COLS $2" "" fpga/packed_array.sv
        done
    done
} >synthesis_fpga_blocks.csv.new
mv synthesis_fpga_blocks.csv.new synthesis_fpga_blocks.csv
