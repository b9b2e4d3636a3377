// A processing element whose sum stays while both operands move on (output-stationary). Every edge: sum += x * w, or
// sum = x * w at the first x of a fold; x moves to the right, w down. An idle x is zero.
//
// OVERLAP 0, none: finished sums shift down the sum registers.
// OVERLAP 1, global swap: all sums are copied to drain registers at once, which then shift under one enable.
// OVERLAP 2, double-buffered: each element copies its sum at its own last x; a column's drain registers begin to shift
// together, and each row stops an edge after the row above it.
//
// Left out: clock gating of idle elements, and any reset of the data path (nothing relies on what it holds at first).
module pe_standing #(
    parameter int OVERLAP = 0,
    parameter int OPERAND_BITS = 8,
    parameter int SUM_BITS = 32
) (
    input  logic                           clk,
    input  logic signed [OPERAND_BITS-1:0] x_in,
    output logic signed [OPERAND_BITS-1:0] x_out,
    input  logic signed [OPERAND_BITS-1:0] w_in,
    output logic signed [OPERAND_BITS-1:0] w_out,
    input  logic                           first_in,
    output logic                           first_out,
    input  logic                           last_in,
    output logic                           last_out,
    // Finished sums from above and to the row below.
    input  logic signed [SUM_BITS-1:0]     drain_in,
    output logic signed [SUM_BITS-1:0]     drain_out,
    // All copy (1).
    input  logic                           copy,
    // Drain registers shift: told to the whole array (0, 1), or the begin of it to the column (2).
    input  logic                           shift,
    // The row above shifts (2).
    input  logic                           pull_in,
    output logic                           pull_out
);
    localparam int PRODUCT_BITS = 2 * OPERAND_BITS;
    logic signed [SUM_BITS-1:0] sum;
    wire signed [PRODUCT_BITS-1:0] product = PRODUCT_BITS'(x_in) * PRODUCT_BITS'(w_in);
    wire signed [SUM_BITS-1:0] next = (first_in ? SUM_BITS'(0) : sum) + SUM_BITS'(product);

    if (OVERLAP == 0) begin : g_none
        always_ff @(posedge clk) sum <= shift ? drain_in : next;
        assign drain_out = sum;
        assign pull_out = 1'b0;
        wire unused = &{1'b0, copy, last_in, pull_in};
        assign last_out = 1'b0;
    end else begin : g_drain
        logic signed [SUM_BITS-1:0] drain;
        wire take = OVERLAP == 1 ? copy : last_in;
        wire pull;
        always_ff @(posedge clk) begin
            sum <= next;
            if (take) drain <= next;
            else if (pull) drain <= drain_in;
        end
        assign drain_out = drain;
        if (OVERLAP == 1) begin : g_global
            assign pull = shift;
            assign {pull_out, last_out} = 2'b0;
            wire unused = &{1'b0, last_in, pull_in};
        end else begin : g_skewed
            logic draining;
            always_ff @(posedge clk) begin
                draining <= pull_in;
                last_out <= last_in;
            end
            assign pull = shift || draining;
            assign pull_out = pull;
            wire unused = &{1'b0, copy};
        end
    end

    always_ff @(posedge clk) begin
        x_out <= x_in;
        w_out <= w_in;
        first_out <= first_in;
    end
endmodule
