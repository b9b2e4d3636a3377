// Every head's cuts: for each code that the maximum may have, the lowest code that survives beside it.
//
// Class c survives iff p_c * 2^t > beta * p_max, p a head's sigmoid table of 2^CODE_BITS whole numbers and beta its
// threshold. p never falls with the code, so beside a given maximum the survivors are the codes from some code on, the
// cut (2^CODE_BITS if none passes). p and beta are the head's and stand long before the first inference: every product
// and compare of the rule is done here, once a head, and a decision is left with one look-up. Tables of p for each lane
// and a multiplier in the decision's way would be larger and slower, and decide the same.
//
// Write p by `load`, lowest code first or in any order, and name head and beta with `build`. Building takes
// 1 + 2 * 2^CODE_BITS edges and one for every code that the cut moves up, at most 2^CODE_BITS: maximum and cut both
// only climb. Leaves out: p that falls, for which there is no cut.
module cut_table #(
    parameter HEADS = 6,
    parameter CODE_BITS = 8,
    parameter PROBABILITY_BITS = 12,
    parameter THRESHOLD_BITS = 12,
    localparam HEAD_BITS = HEADS > 1 ? $clog2(HEADS) : 1,
    localparam CODES = 1 << CODE_BITS,
    localparam PRODUCT_BITS = PROBABILITY_BITS + THRESHOLD_BITS + 1
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
    localparam [1:0] IDLE = 0, FETCH = 1, MULTIPLY = 2, COMPARE = 3;

    reg [PROBABILITY_BITS-1:0] probabilities [0:CODES-1];
    reg [CODE_BITS:0]          cuts [0:HEADS*CODES-1];

    reg [1:0]                  state;
    reg [HEAD_BITS-1:0]        for_head;
    reg [THRESHOLD_BITS:0]     beta;
    reg [CODE_BITS-1:0]        top;
    reg [CODE_BITS:0]          lowest;
    reg [PROBABILITY_BITS-1:0] probability;
    reg [PRODUCT_BITS-1:0]     product;
    assign building = state != IDLE;

    // Compare: the code that may be the cut against the product for the maximum.
    wire fails = !lowest[CODE_BITS] && {1'b0, probability, {THRESHOLD_BITS{1'b0}}} <= product;
    wire found = state == COMPARE && !fails;
    wire [CODE_BITS:0] higher = lowest + 1;
    wire [CODE_BITS-1:0] next_top = top + 1;

    wire [CODE_BITS-1:0] address =
        state == FETCH ? top :
        state == MULTIPLY ? lowest[CODE_BITS-1:0] :
        found ? next_top : higher[CODE_BITS-1:0];
    always @(posedge clock) begin
        if (load) probabilities[load_index] <= load_probability;
        if (building) probability <= probabilities[address];
    end

    always @(posedge clock) begin
        case (state)
            IDLE: if (build) begin
                {for_head, beta, top, lowest} <= {build_head, build_beta, {2*CODE_BITS+1{1'b0}}};
                state <= FETCH;
            end
            FETCH: state <= MULTIPLY;
            MULTIPLY: begin
                product <= PRODUCT_BITS'(beta) * PRODUCT_BITS'(probability);
                state <= COMPARE;
            end
            COMPARE: if (fails) lowest <= higher;
                else begin
                    top <= next_top;
                    state <= &top ? IDLE : MULTIPLY;
                end
        endcase
        if (reset) state <= IDLE;
    end

    localparam ENTRY_BITS = HEADS > 1 ? HEAD_BITS + CODE_BITS : CODE_BITS;
    always @(posedge clock) begin
        if (found) cuts[ENTRY_BITS'({for_head, top})] <= lowest;
        if (read) cut <= cuts[ENTRY_BITS'({read_head, read_top})];
    end
endmodule
