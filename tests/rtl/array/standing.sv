// ROWS x COLS elements whose sums stay (output-stationary), with the skew registers at their edges. What is presented
// here is not skewed: a whole column of x, a whole row of w.
module standing #(
    parameter int OVERLAP = 0,
    parameter int ROWS = 4,
    parameter int COLS = 4
) (
    input  logic                 clk,
    // Zero when idle.
    input  logic [ROWS*8-1:0]    x,
    // This is the fold's first, its last x: told to the rows that it uses, since the sums of others may still be needed.
    input  logic [ROWS-1:0]      first,
    input  logic [ROWS-1:0]      last,
    input  logic [COLS*8-1:0]    w,
    // All sums are copied to the drain registers (global swap).
    input  logic                 copy,
    // Drain registers shift: all under the first column's (none, global swap), or begin to, column by column.
    input  logic [COLS-1:0]      shift,
    // Rows that take part in that, by column (double-buffered).
    input  logic [COLS*ROWS-1:0] part,
    // Bottom row's drain registers.
    output logic [COLS*32-1:0]   sums
);
    logic [ROWS*10-1:0] left_in, left;
    logic [COLS*8-1:0] top;
    for (genvar row = 0; row < ROWS; row++) begin : g_left
        assign left_in[row*10+:10] = {first[row], last[row], x[row*8+:8]};
    end
    skew #(.LANES(ROWS), .WIDTH(10)) skew_left (.clk, .in(left_in), .out(left));
    skew #(.LANES(COLS), .WIDTH(8)) skew_top (.clk, .in(w), .out(top));

    for (genvar row = 0; row < ROWS; row++) begin : g_row
        for (genvar col = 0; col < COLS; col++) begin : g_col
            logic signed [7:0] x_in, x_out, w_in, w_out;
            logic signed [31:0] drain_in, drain_out;
            logic first_in, first_out, last_in, last_out, pull_in, pull_out, shifts;
            if (col == 0) begin : g_first_col
                assign {first_in, last_in, x_in} = left[row*10+:10];
            end else begin : g_other_col
                assign x_in = g_row[row].g_col[col-1].x_out;
                assign first_in = g_row[row].g_col[col-1].first_out;
                assign last_in = g_row[row].g_col[col-1].last_out;
            end
            if (row == 0) begin : g_first_row
                assign w_in = top[col*8+:8];
                assign drain_in = 32'sd0;
                assign pull_in = 1'b0;
            end else begin : g_other_row
                assign w_in = g_row[row-1].g_col[col].w_out;
                assign drain_in = g_row[row-1].g_col[col].drain_out;
                assign pull_in = g_row[row-1].g_col[col].pull_out;
            end
            assign shifts = OVERLAP == 2 ? shift[col] && part[col*ROWS+row] : shift[0];
            pe_standing #(.OVERLAP(OVERLAP)) pe (
                .clk, .x_in, .x_out, .w_in, .w_out, .first_in, .first_out, .last_in, .last_out, .drain_in,
                .drain_out, .copy, .shift(shifts), .pull_in, .pull_out
            );
            wire unused = &{1'b0, x_out, w_out, first_out, last_out, pull_out};
            if (row == ROWS - 1) begin : g_bottom
                assign sums[col*32+:32] = drain_out;
            end
        end
    end
    wire unused = &{1'b0, shift, part};
endmodule
