// Another source of cuts for exclusion_unit.sv: the rule `distance`. It stands in the place of cut_table.sv, under the
// same name and with the same ports, so that all else of the unit is the same Verilog.
//
// Class c survives iff the maximum's code less its own is at most the head's distance, in codes. So the cut is the maximum
// less the distance, or the lowest code where that is below it: one subtraction, registered where the table of cuts would
// be read, at the same edge. There is nothing to build and no table: `build` writes the head's distance, the low CODE_BITS
// bits of `build_beta`, into a register of its own, and is done at once; what `load` writes is not looked at.
//
// Leaves out: codes per unit of the score, by which a host turns a distance of real scores into one of codes.
/* verilator lint_off DECLFILENAME */
module cut_table #(
    parameter HEADS = 6,
    parameter CODE_BITS = 8,
    parameter PROBABILITY_BITS = 1,
    parameter THRESHOLD_BITS = 7,           // CODE_BITS - 1 or more
    localparam HEAD_BITS = HEADS > 1 ? $clog2(HEADS) : 1
) (
    input                             clock,
    input                             reset,
    input                             load,
    input      [CODE_BITS-1:0]        load_index,
    input      [PROBABILITY_BITS-1:0] load_probability,
    input                             build,
    input      [HEAD_BITS-1:0]        build_head,
    input      [THRESHOLD_BITS:0]     build_beta,
    output                            building,
    input                             read,
    input      [HEAD_BITS-1:0]        read_head,
    input      [CODE_BITS-1:0]        read_top,
    output reg [CODE_BITS:0]          cut
);
    assign building = 0;
    wire unused = &{1'b0, reset, load, load_index, load_probability, build_beta};

    reg  [CODE_BITS-1:0] distances [0:HEADS-1];
    wire [CODE_BITS-1:0] distance = distances[read_head];
    wire [CODE_BITS:0]   below = {1'b0, read_top} - {1'b0, distance};
    always @(posedge clock) begin
        if (build) distances[build_head] <= build_beta[CODE_BITS-1:0];
        if (read) cut <= below[CODE_BITS] ? 0 : below;
    end
endmodule
