// ROWS x COLS products of 8 bits of which two that share an activation are made in one DSP block (AMD WP486): the weights of
// two neighbouring columns lie 16 bits apart in one factor of 25. The lower product borrows from the upper one, which gets it back
// here; sums of 32 bits are added in LUTs, since the block's own adder holds both products and no sum.
//
// Weights stay (no overlap), activations move right a pair of columns at a time, sums move down. COLS is even.
module packed_array #(
    parameter int ROWS = 4,
    parameter int COLS = 4
) (
    input  logic               clk,
    input  logic               load,
    input  logic [ROWS*8-1:0]  x,
    input  logic [COLS*8-1:0]  w,
    output logic [COLS*32-1:0] sums
);
    for (genvar row = 0; row < ROWS; row++) begin : g_row
        for (genvar pair = 0; pair < COLS / 2; pair++) begin : g_pair
            logic signed [7:0] x_in, x_held, low_in, high_in, low_weight, high_weight;
            logic signed [31:0] low_above, high_above, low_sum, high_sum;
            logic signed [24:0] factor;
            logic signed [32:0] product;
            if (pair == 0) begin : g_first
                assign x_in = x[row*8+:8];
            end else begin : g_other
                assign x_in = g_row[row].g_pair[pair-1].x_held;
            end
            if (row == 0) begin : g_top
                assign low_in = w[pair*16+:8];
                assign high_in = w[pair*16+8+:8];
                assign low_above = 32'sd0;
                assign high_above = 32'sd0;
            end else begin : g_below
                assign low_in = g_row[row-1].g_pair[pair].low_weight;
                assign high_in = g_row[row-1].g_pair[pair].high_weight;
                assign low_above = g_row[row-1].g_pair[pair].low_sum;
                assign high_above = g_row[row-1].g_pair[pair].high_sum;
            end
            wire signed [16:0] high_product = product[32:16] + 17'(product[15]);
            always_ff @(posedge clk) begin
                if (load) begin
                    low_weight <= low_in;
                    high_weight <= high_in;
                end
                x_held <= x_in;
                factor <= (25'(high_weight) <<< 16) + 25'(low_weight);
                product <= 33'(factor) * 33'(x_held);
                low_sum <= low_above + 32'(signed'(product[15:0]));
                high_sum <= high_above + 32'(high_product);
            end
            if (row == ROWS - 1) begin : g_bottom
                assign sums[pair*64+:64] = {high_sum, low_sum};
            end
        end
    end
endmodule
