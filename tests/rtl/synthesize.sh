#!/usr/bin/env bash
# Synthesizes one processing element of every design with yosys and writes tests/rtl/synthesis_pe.csv, then the exclusion
# unit (unit/synthesize.sh). Gate equivalents: gates.awk, the same weights for both.
# With arguments ELEMENT OVERLAP OPERAND_BITS SUM_BITS, one row, to standard output.
set -euo pipefail
cd "$(dirname "$0")"

row() {
    local element=$1 overlap=$2 operand=$3 sum=$4 names=(none global-swap double-buffered)
    printf '%s,%s,%s,%s,' "$element" "${names[$overlap]}" "$operand" "$sum"
    yosys -q -p "read_verilog -sv array/pe_$element.sv
        chparam -set OVERLAP $overlap -set OPERAND_BITS $operand -set SUM_BITS $sum pe_$element
        hierarchy -top pe_$element; script gates.ys" | awk -f gates.awk
}

if [ $# -gt 0 ]; then
    row "$@"
    exit
fi

{
    echo "# sha256 of its sources: $(cat array/pe_moving.sv array/pe_standing.sv gates.ys gates.awk | sha256sum | cut -d' ' -f1)"
    echo element,fold_overlap,operand_bits,sum_bits,gate_equivalents,flip_flops,cells,longest_path
    for element in moving standing; do
        for overlap in 0 1 2; do
            for bits in 4,16 4,24 8,24 8,32 16,48; do
                row $element $overlap "${bits%,*}" "${bits#*,}"
            done
        done
    done
} >synthesis_pe.csv.new
mv synthesis_pe.csv.new synthesis_pe.csv
unit/synthesize.sh
