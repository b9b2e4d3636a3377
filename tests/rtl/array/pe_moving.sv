// A processing element whose weight stays while sums move down (weight-stationary; input-stationary with the operands
// exchanged). Every edge: sum = sum from above + x from the left * weight, and x moves on to the right.
//
// OVERLAP 0, none: weights shift down into the register that is used.
// OVERLAP 1, global swap: they shift into a shadow under one enable; one swap for the whole array.
// OVERLAP 2, double-buffered: the swap travels with the fold's first x; a load's front moves down one row an edge and
// ends for the whole column at once.
//
// Left out: clock gating of idle elements, and any reset of the data path (nothing relies on what it holds at first).
module pe_moving #(
    parameter int OVERLAP = 0,
    parameter int OPERAND_BITS = 8,
    parameter int SUM_BITS = 32
) (
    input  logic                           clk,
    input  logic signed [OPERAND_BITS-1:0] x_in,
    output logic signed [OPERAND_BITS-1:0] x_out,
    input  logic signed [SUM_BITS-1:0]     sum_in,
    output logic signed [SUM_BITS-1:0]     sum_out,
    // Weight from above and to the row below.
    input  logic signed [OPERAND_BITS-1:0] w_in,
    output logic signed [OPERAND_BITS-1:0] w_out,
    // Weights shift: told to the whole array (0, 1) or to the column (2), with its last weight flagged (2).
    input  logic                           load,
    input  logic                           load_last,
    // The row above took part in the load an edge ago (2).
    input  logic                           loading_in,
    output logic                           loading_out,
    // The first x of a fold: told to the whole array (1), or travelling with x (2).
    input  logic                           swap_in,
    output logic                           swap_out
);
    localparam int PRODUCT_BITS = 2 * OPERAND_BITS;
    logic signed [OPERAND_BITS-1:0] used;

    if (OVERLAP == 0) begin : g_none
        logic signed [OPERAND_BITS-1:0] weight;
        always_ff @(posedge clk) if (load) weight <= w_in;
        assign used = weight;
        assign w_out = weight;
        assign {loading_out, swap_out} = 2'b0;
        wire unused = &{1'b0, load_last, loading_in, swap_in};
    end else begin : g_shadow
        logic signed [OPERAND_BITS-1:0] active, shadow;
        wire shift = OVERLAP == 1 ? load : load && loading_in;
        always_ff @(posedge clk) begin
            if (shift) shadow <= w_in;
            if (swap_in) active <= shadow;
        end
        assign used = swap_in ? shadow : active;
        assign w_out = shadow;
        if (OVERLAP == 1) begin : g_global
            assign {loading_out, swap_out} = 2'b0;
            wire unused = &{1'b0, load_last, loading_in};
        end else begin : g_skewed
            always_ff @(posedge clk) begin
                loading_out <= shift && !load_last;
                swap_out <= swap_in;
            end
        end
    end

    wire signed [PRODUCT_BITS-1:0] product = PRODUCT_BITS'(x_in) * PRODUCT_BITS'(used);
    always_ff @(posedge clk) begin
        x_out <= x_in;
        sum_out <= sum_in + SUM_BITS'(product);
    end
endmodule
