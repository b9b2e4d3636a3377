// The tree of adders behind the multipliers of LANES lanes, two or more: each level adds what the one before has in pairs, passes
// on an odd one, is a bit wider, and ends in registers.
module lane_tree #(
    parameter LANES = 8,
    localparam LEVELS = $clog2(LANES)
) (
    input                       clk,
    input  [LANES*16-1:0]       products,
    output signed [15+LEVELS:0] sum
);
    genvar level, at;
    generate for (level = 0; level <= LEVELS; level = level + 1) begin : levels
        localparam HERE = (LANES + (1 << level) - 1) >> level;
        for (at = 0; at < HERE; at = at + 1) begin : node
            wire signed [15+level:0] value;
            if (level == 0) begin : leaf
                assign value = products[16*at +: 16];
            end else begin : inner
                localparam BELOW = (LANES + (1 << (level - 1)) - 1) >> (level - 1);
                reg signed [15+level:0] gathered;
                if (2 * at + 1 < BELOW) begin : pair
                    wire signed [14+level:0] one = levels[level-1].node[2*at].value;
                    wire signed [14+level:0] other = levels[level-1].node[2*at+1].value;
                    always @(posedge clk) gathered <= {one[14+level], one} + {other[14+level], other};
                end else begin : odd
                    wire signed [14+level:0] one = levels[level-1].node[2*at].value;
                    always @(posedge clk) gathered <= {one[14+level], one};
                end
                assign value = gathered;
            end
        end
    end endgenerate
    assign sum = levels[LEVELS].node[0].value;
endmodule
