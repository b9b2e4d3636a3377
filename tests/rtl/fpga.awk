# Reads yosys' `stat` of one design mapped to an FPGA family's cells, and writes dsp,flip_flops,lut,carry,block_ram.
#
# A LUT is what a family has: 6 inputs on 7-series and UltraScale+, 4 on ECP5. Memories in LUTs count as the LUTs they
# occupy (an ECP5 DPR16X4 takes three slices). Carries are single bits: on ECP5 each lies in a LUT of its own, which is
# counted as one; on the others the LUT in front of a carry is a cell already. Block RAM is in halves of 18 Kbit, or ECP5's 18 Kbit blocks.
BEGIN {
    for (i = 1; i <= 6; i++) lut["LUT" i] = 1
    lut["RAM32X1D"] = lut["RAM64X1D"] = 2
    lut["RAM128X1D"] = lut["RAM32M"] = lut["RAM64M"] = 4
    lut["RAM32M16"] = lut["RAM64M8"] = 8
    lut["TRELLIS_DPR16X4"] = 6
    lut["CCU2C"] = carry["CCU2C"] = 2
    carry["CARRY4"] = 4
    flip_flop["FDRE"] = flip_flop["FDSE"] = flip_flop["FDCE"] = flip_flop["FDPE"] = flip_flop["TRELLIS_FF"] = 1
    dsp["DSP48E1"] = dsp["DSP48E2"] = dsp["MULT18X18D"] = 1
    ram["RAMB18E1"] = ram["RAMB18E2"] = ram["DP16KD"] = ram["PDPW16KD"] = 1
    ram["RAMB36E1"] = ram["RAMB36E2"] = 2
    # Multiplexers between LUTs, inverters that end in LUTs, clock buffers.
    free["MUXF7"] = free["MUXF8"] = free["MUXF9"] = free["PFUMX"] = free["L6MUX21"] = free["INV"] = free["BUFG"] = 1
}
/Number of cells:/ { cells = 1; next }
cells && NF == 2 {
    if (!($1 in lut || $1 in carry || $1 in flip_flop || $1 in dsp || $1 in ram || $1 in free)) {
        print "fpga.awk: what is a " $1 "?" > "/dev/stderr"
        exit 1
    }
    luts += lut[$1] * $2
    carries += carry[$1] * $2
    flip_flops += flip_flop[$1] * $2
    dsps += dsp[$1] * $2
    rams += ram[$1] * $2
}
END { printf "%d,%d,%d,%d,%d\n", dsps, flip_flops, luts, carries, rams }
