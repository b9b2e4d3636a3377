// ROWS x COLS elements whose sums move down (weight- and input-stationary), with the skew registers at their edges.
// What is presented here is not skewed: a whole column of x, a whole row of weights.
module moving #(
    parameter int OVERLAP = 0,
    parameter int ROWS = 4,
    parameter int COLS = 4
) (
    input  logic               clk,
    input  logic [ROWS*8-1:0]  x,
    // This is the fold's first x.
    input  logic               first,
    input  logic               load,
    // This is the load's last row of weights.
    input  logic               load_last,
    input  logic [COLS*8-1:0]  w,
    // Bottom row's sum registers.
    output logic [COLS*32-1:0] sums
);
    logic [ROWS*9-1:0] left_in, left;
    logic [COLS*10-1:0] top_in, top;
    for (genvar row = 0; row < ROWS; row++) begin : g_left
        assign left_in[row*9+:9] = {first, x[row*8+:8]};
    end
    for (genvar col = 0; col < COLS; col++) begin : g_top
        assign top_in[col*10+:10] = {load, load_last, w[col*8+:8]};
    end
    skew #(.LANES(ROWS), .WIDTH(9)) skew_left (.clk, .in(left_in), .out(left));
    // Only the double-buffered design loads in a wave.
    if (OVERLAP == 2) begin : g_wave
        skew #(.LANES(COLS), .WIDTH(10)) skew_top (.clk, .in(top_in), .out(top));
    end else begin : g_rows
        assign top = top_in;
    end

    for (genvar row = 0; row < ROWS; row++) begin : g_row
        for (genvar col = 0; col < COLS; col++) begin : g_col
            logic signed [7:0] x_in, x_out, w_in, w_out;
            logic signed [31:0] sum_in, sum_out;
            logic loading_in, loading_out, travelling, swap_in, swap_out;
            if (col == 0) begin : g_first_col
                assign {travelling, x_in} = left[row*9+:9];
            end else begin : g_other_col
                assign x_in = g_row[row].g_col[col-1].x_out;
                assign travelling = g_row[row].g_col[col-1].swap_out;
            end
            if (row == 0) begin : g_first_row
                assign w_in = top[col*10+:8];
                assign sum_in = 32'sd0;
                assign loading_in = 1'b1;
            end else begin : g_other_row
                assign w_in = g_row[row-1].g_col[col].w_out;
                assign sum_in = g_row[row-1].g_col[col].sum_out;
                assign loading_in = g_row[row-1].g_col[col].loading_out;
            end
            assign swap_in = OVERLAP == 2 ? travelling : first;
            pe_moving #(.OVERLAP(OVERLAP)) pe (
                .clk, .x_in, .x_out, .sum_in, .sum_out, .w_in, .w_out, .load(top[col*10+9]),
                .load_last(top[col*10+8]), .loading_in, .loading_out, .swap_in, .swap_out
            );
            wire unused = &{1'b0, travelling, loading_out, swap_out, w_out, x_out};
            if (row == ROWS - 1) begin : g_bottom
                assign sums[col*32+:32] = sum_out;
            end
        end
    end
endmodule
