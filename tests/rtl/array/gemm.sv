// A product M x K by K x N on the systolic array: which axis lies along rows, columns and time, and so which operand
// each side asks for. Input-stationary is weight-stationary with the operands exchanged, on the same array.
//
// Operands are row-major, group after group: ifmap [groups][M][K], filter [groups][K][N], sums [groups][M][N].
//
// Left out: the memories. Every lane has a port of its own; banks, and their conflicts, are not modelled.
module gemm #(
    parameter bit SUMS_STAY = 1'b0,
    parameter int OVERLAP = 0,
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int W = 24
) (
    input  logic               clk,
    input  logic               reset,
    input  logic               start,
    input  logic               trimmed,
    // Input-stationary (SUMS_STAY = 0): the filter enters on the left, the ifmap at the top.
    input  logic               exchanged,
    input  logic [W-1:0]       m,
    input  logic [W-1:0]       n,
    input  logic [W-1:0]       k,
    input  logic [W-1:0]       groups,
    // Longest piece of the time axis.
    input  logic [W-1:0]       piece,
    output logic [ROWS*W-1:0]  left_address,
    input  logic [ROWS*8-1:0]  left,
    output logic [COLS*W-1:0]  top_address,
    input  logic [COLS*8-1:0]  top,
    output logic [COLS-1:0]    sum_store,
    output logic [COLS-1:0]    sum_add,
    output logic [COLS*W-1:0]  sum_address,
    output logic [COLS*32-1:0] sums,
    output logic               busy,
    output logic               done,
    output logic [31:0]        cycles,
    output logic [31:0]        folds
);
    localparam logic [W-1:0] ONE = W'(1);
    wire [W-1:0] rows = SUMS_STAY ? m : k;
    wire [W-1:0] cols = exchanged ? m : n;
    wire [W-1:0] times = SUMS_STAY ? k : exchanged ? n : m;

    wire [W-1:0] group_stride = m * n;
    wire [W-1:0] col_stride = exchanged ? n : ONE;
    wire [W-1:0] other_stride = exchanged ? ONE : n;

    logic [W-1:0] left_group, left_row, left_time, top_group, top_at, top_col;
    systolic #(.SUMS_STAY(SUMS_STAY), .OVERLAP(OVERLAP), .ROWS(ROWS), .COLS(COLS), .W(W)) array (.*);

    for (genvar lane = 0; lane < ROWS; lane++) begin : g_left
        wire [W-1:0] row = left_row + W'(lane);
        assign left_address[lane*W+:W] = exchanged ? (left_group * k + row) * n + left_time
            : (left_group * m + (SUMS_STAY ? row : left_time)) * k + (SUMS_STAY ? left_time : row);
    end
    for (genvar lane = 0; lane < COLS; lane++) begin : g_top
        wire [W-1:0] col = top_col + W'(lane);
        assign top_address[lane*W+:W] = exchanged ? (top_group * m + col) * k + top_at
            : (top_group * k + top_at) * n + col;
    end
endmodule
