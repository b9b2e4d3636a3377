#!/usr/bin/env bash
# Synthesizes the exclusion unit with yosys for many parameters and writes tests/rtl/synthesis_unit.csv: gate equivalents
# (gates.awk), flip-flops, cells and the longest path in cells between registers. The part `unit` is everything but the
# table of cuts, `cuts` what builds and reads that table; memories are left out: src/unit/parts.rs counts their bits.
# Of the rule `distance` it writes tests/rtl/synthesis_distance.csv: `cuts` is cut_distance.sv alone, `unit` all of it.
# With arguments PART CLASSES LANES COMPACT HEADS CODE_BITS PROBABILITY_BITS THRESHOLD_BITS, one row, to standard output.
set -euo pipefail
cd "$(dirname "$0")"

unit="exclusion_unit.sv maximum_tree.sv running_maximum.sv population_count.sv survivor_mask.sv survivor_list.sv pack.sv"

cuts=cut_table.sv

row() {
    local part=$1 classes=$2 lanes=$3 compact=$4 heads=$5 code=$6 p=$7 t=$8 read set
    set="-set HEADS $heads -set CODE_BITS $code -set PROBABILITY_BITS $p -set THRESHOLD_BITS $t"
    case $part in
        unit)
            read="read_verilog -sv $unit; read_verilog -sv -lib cut_table.sv"
            set="chparam $set -set CLASSES $classes -set LANES $lanes -set COMPACT $compact exclusion_unit"
            set="$set; hierarchy -top exclusion_unit"
            ;;
        cuts)
            read="read_verilog -sv $cuts"
            set="chparam $set cut_table; hierarchy -top cut_table"
            ;;
        whole)
            read="read_verilog -sv $unit $cuts"
            set="chparam $set -set CLASSES $classes -set LANES $lanes -set COMPACT $compact exclusion_unit"
            set="$set; hierarchy -top exclusion_unit"
            ;;
    esac
    printf '%s,' "$@"
    yosys -q -p "$read; $set; script ../gates.ys" | awk -f ../gates.awk
}

if [ $# -gt 0 ]; then
    row "$@"
    exit
fi

out=../synthesis_unit.csv
{
    echo "# sha256 of its sources: $(cat $unit cut_table.sv ../gates.ys ../gates.awk | sha256sum | cut -d' ' -f1)"
    echo part,classes,lanes,compact,heads,code_bits,probability_bits,threshold_bits,gate_equivalents,flip_flops,cells,longest_path
    for compact in 0 1; do
        for pair in 2,1 10,1 10,2 10,4 10,8 10,16 94,8 94,12 100,1 100,2 100,5 100,16 1000,4 1000,8; do
            row unit "${pair%,*}" "${pair#*,}" $compact 6 8 12 12
        done
        row unit 10 8 $compact 6 4 12 12
        row unit 100 16 $compact 6 6 12 12
    done
    # Packing networks of more lanes take yosys long.
    for pair in 100,32 1000,16 1000,64; do
        row unit "${pair%,*}" "${pair#*,}" 0 6 8 12 12
    done
    for bits in 4,4 8,8 12,12 16,16 8,16 16,8; do
        row cuts 10 8 0 6 8 "${bits%,*}" "${bits#*,}"
    done
    row cuts 10 8 0 1 8 12 12
    row cuts 10 8 0 16 8 12 12
    row cuts 10 8 0 6 5 12 12
} >$out.new
mv $out.new $out

cuts=cut_distance.sv out=../synthesis_distance.csv
{
    echo "# sha256 of its sources: $(cat $unit $cuts ../gates.ys ../gates.awk | sha256sum | cut -d' ' -f1)"
    echo part,classes,lanes,compact,heads,code_bits,probability_bits,threshold_bits,gate_equivalents,flip_flops,cells,longest_path
    for bits in 4 5 6 8; do
        row cuts 10 8 0 6 $bits 1 $((bits - 1))
    done
    row cuts 10 8 0 1 8 1 7
    row cuts 10 8 0 16 8 1 7
    for size in 10,1,0 10,8,0 94,8,0 100,16,0 10,8,1 94,8,1; do
        # shellcheck disable=SC2086
        row whole ${size//,/ } 6 8 1 7
    done
} >$out.new
mv $out.new $out
