# Reads yosys' `stat` and `ltp -noff` of one design mapped to $_..._ cells, and writes
# gate_equivalents,flip_flops,cells,longest_path.
#
# A gate equivalent is the area of a two-input NAND. The weights are the areas of the smallest cells of NanGate's 45 nm
# open cell library over its NAND2_X1, 0.798 um2: INV 0.532, NOR2 0.798, AND2 and OR2 1.064, AOI21 and OAI21 1.064, XOR2
# and XNOR2 1.596, MUX2 1.862, DFF 4.522; a flip-flop with enable is a DFF and a MUX2. Memories and black boxes weigh
# nothing here: their bits are counted apart.
BEGIN {
    weight["NOT"] = 2 / 3
    weight["NAND"] = weight["NOR"] = 1
    weight["AND"] = weight["OR"] = weight["AOI3"] = weight["OAI3"] = 4 / 3
    weight["XOR"] = weight["XNOR"] = 2
    weight["MUX"] = 7 / 3
    weight["DFF_P"] = 17 / 3
    weight["DFFE_PP"] = 8
}
/^ +\$_/ {
    name = substr($1, 3, length($1) - 3)
    if (!(name in weight)) {
        print "gates.awk: no weight for " $1 > "/dev/stderr"
        exit 1
    }
    cells += $2
    gates += weight[name] * $2
    if (name ~ /DFF/) flip_flops += $2
}
/^Longest topological path/ { sub(/.*length=/, ""); longest = $0 + 0 }
END { printf "%.0f,%d,%d,%d\n", gates, flip_flops, cells, longest }
