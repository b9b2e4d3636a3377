# What fpga.sh and fpga_blocks.sh share: Verilog mapped to the cells of a family of FPGAs, and what is made again by sample.
# shellcheck shell=bash disable=SC2034

array=(array/{pe_moving,pe_standing,moving,standing,skew}.sv)
unit=(unit/{exclusion_unit,maximum_tree,running_maximum,population_count,survivor_mask,survivor_list,pack,cut_table}.sv)

# FAMILY, top module, its parameters, options of synthesis, sources: what fpga.awk counts. Shift registers stay flip-flops
# (-nosrl), so that what was made can be counted against a formula.
map() {
    local family=$1 top=$2 set=$3 options=$4 synth
    shift 4
    case $family in
        ecp5) synth="synth_ecp5 $options" ;;
        *) synth="synth_xilinx -family $family -noiopad -noclkbuf -nosrl -flatten $options" ;;
    esac
    yosys -q -p "read_verilog -sv $*; chparam $set $top; $synth -top $top; tee -o /dev/stdout stat" | awk -f fpga.awk
}

# FILE: ends the script where yosys is another version, since counts move between versions.
pinned() {
    if [[ "$(yosys -V)" != "Yosys 0.23 "* ]]; then
        echo "no sample of $1: it was made with yosys 0.23" >&2
        exit
    fi
}

# FILE, row: fails unless a row that was made again is in the file.
committed() {
    if ! grep -qxF "$2" "$1"; then
        echo "tests/rtl/$1 has no row $2, which was synthesized" >&2
        exit 1
    fi
}
