// What LANES lanes have beside requantization where they compute products: registers for a feature and a weight in each, a
// multiplier behind them, the tree of adders, and one accumulator, which a sum's first step sets to its bias.
//
// A lane that takes nothing holds zeros. `add` and `first` belong to the step that leaves the tree.
module lane_sum #(
    parameter LANES = 8,
    localparam LEVELS = $clog2(LANES)
) (
    input                    clk,
    input  [LANES-1:0]       take,
    input  [LANES*8-1:0]     features,
    input  [LANES*8-1:0]     weights,
    input                    add,
    input                    first,
    input  signed [31:0]     bias,
    output reg signed [31:0] accumulator
);
    wire [LANES*16-1:0] products;
    genvar lane;
    generate for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
        reg signed [7:0] feature, weight;
        always @(posedge clk) begin
            feature <= features[8*lane +: 8] & {8{take[lane]}};
            weight <= weights[8*lane +: 8] & {8{take[lane]}};
        end
        wire signed [15:0] product = feature * weight;
        assign products[16*lane +: 16] = product;
    end endgenerate
    wire signed [15+LEVELS:0] sum;
    generate if (LANES > 1) begin : many
        lane_tree #(.LANES(LANES)) tree (.clk(clk), .products(products), .sum(sum));
    end else begin : one
        assign sum = products;
    end endgenerate
    wire signed [31:0] so_far = first ? bias : accumulator;
    always @(posedge clk) if (add) accumulator <= so_far + {{16-LEVELS{sum[15+LEVELS]}}, sum};
endmodule
