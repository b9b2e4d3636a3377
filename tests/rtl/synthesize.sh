#!/usr/bin/env bash
# Synthesizes with yosys one processing element of every design, and for 8-bit operands and 32-bit sums a 4 x 4 array and
# the array's sequencer, and writes tests/rtl/synthesis_pe.csv, then the exclusion unit (unit/synthesize.sh). Gate
# equivalents: gates.awk, the same weights for all.
# With arguments ELEMENT OVERLAP OPERAND_BITS SUM_BITS, one row, to standard output.
set -euo pipefail
cd "$(dirname "$0")"

sources=(array/{pe_moving,pe_standing,moving,standing,skew,sequencer,systolic}.sv)

row() {
    local element=$1 overlap=$2 operand=$3 sum=$4 names=(none global-swap double-buffered) top stay=0 read
    local set="-set OVERLAP $overlap"
    [[ $element != *standing ]] || stay=1
    case $element in
        array_*) top=systolic ;;
        sequencer_*) top=sequencer ;;
        *) top=pe_$element read=array/pe_$element.sv set="$set -set OPERAND_BITS $operand -set SUM_BITS $sum" ;;
    esac
    # Sizes and addresses of 16 bits.
    [[ $top == pe_* ]] || set="$set -set SUMS_STAY $stay -set ROWS 4 -set COLS 4 -set W 16"
    set="read_verilog -sv ${read:-${sources[*]}}; chparam $set $top; hierarchy -top $top"
    printf '%s,%s,%s,%s,%s,' "$element" "${names[$overlap]}" "$operand" "$sum" \
        "$(yosys -q -p "$set; script gates.ys" | awk -f gates.awk)"
    # Of an element alone also what it takes where there are full-adder cells.
    [[ $top != pe_* ]] || yosys -q -p "read_verilog -lib full_adder.v; $set; script full_adders.ys" |
        awk -f gates.awk -f full_adder.awk | cut -d, -f1 | tr -d '\n'
    echo
}

if [ $# -gt 0 ]; then
    row "$@"
    exit
fi

{
    echo "# sha256 of its sources: $(cat "${sources[@]}" full_adder.v full_adder.awk full_adders.ys gates.ys gates.awk | sha256sum | cut -d' ' -f1)"
    echo element,fold_overlap,operand_bits,sum_bits,gate_equivalents,flip_flops,cells,longest_path,with_full_adders
    for element in moving standing; do
        for overlap in 0 1 2; do
            for bits in 4,16 4,24 8,24 8,32 16,48; do
                row $element $overlap "${bits%,*}" "${bits#*,}"
            done
        done
    done
    for part in array_moving array_standing sequencer_moving sequencer_standing; do
        for overlap in 0 1 2; do
            row $part $overlap 8 32
        done
    done
} >synthesis_pe.csv.new
mv synthesis_pe.csv.new synthesis_pe.csv
unit/synthesize.sh
