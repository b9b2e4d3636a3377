#!/usr/bin/env bash
# Synthesizes arrays and exclusion units for three FPGA families with yosys (0.23) and writes tests/rtl/synthesis_fpga.csv.
# With the argument `sample`, a few rows, which must be the committed ones. With arguments FAMILY PART OVERLAP ROWS COLS,
# or FAMILY unit - CLASSES LANES, one row, to standard output.
#
# Shift registers stay flip-flops (-nosrl), so that what was made can be counted against a formula.
set -euo pipefail
cd "$(dirname "$0")"

array=(array/{pe_moving,pe_standing,moving,standing,skew}.sv)
unit=(unit/{exclusion_unit,maximum_tree,running_maximum,population_count,survivor_mask,survivor_list,pack,cut_table}.sv)
overlaps=(none global-swap double-buffered)

row() {
    local family=$1 part=$2 overlap=$3 a=$4 b=$5 read top set synth
    case $part in
        unit)
            read=${unit[*]} top=exclusion_unit
            set="-set CLASSES $a -set LANES $b -set HEADS 6"
            ;;
        *)
            read=${array[*]} top=$part
            set="-set OVERLAP $overlap -set ROWS $a -set COLS $b"
            overlap=${overlaps[$overlap]}
            ;;
    esac
    case $family in
        ecp5) synth="synth_ecp5" ;;
        *) synth="synth_xilinx -family $family -noiopad -noclkbuf -nosrl -flatten" ;;
    esac
    printf '%s,%s,%s,%s,%s,' "$family" "$part" "$overlap" "$a" "$b"
    yosys -q -p "read_verilog -sv $read; chparam $set $top; $synth -top $top; tee -o /dev/stdout stat" | awk -f fpga.awk
}

if [ "${1:-}" = sample ]; then
    # Counts move between versions.
    if [[ "$(yosys -V)" != "Yosys 0.23 "* ]]; then
        echo "no sample of synthesis_fpga.csv: it was made with yosys 0.23" >&2
        exit
    fi
    for sample in "xc7 moving 2 4 4" "ecp5 standing 2 4 4" "ecp5 unit - 10 8"; do
        # shellcheck disable=SC2086
        found=$(row $sample)
        if ! grep -qxF "$found" synthesis_fpga.csv; then
            echo "tests/rtl/synthesis_fpga.csv has no row $found, which was synthesized" >&2
            exit 1
        fi
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
