// How many of BITS bits are set: a tree of adders, no register.
module population_count #(
    parameter BITS = 8,
    localparam COUNT_BITS = $clog2(BITS + 1),
    localparam LEAVES = 1 << $clog2(BITS)
) (
    input  [BITS-1:0]       bits,
    output [COUNT_BITS-1:0] count
);
    // Node i has the children 2i and 2i + 1; the root is node 1.
    genvar i;
    generate for (i = 1; i < 2 * LEAVES; i = i + 1) begin : node
        wire [COUNT_BITS-1:0] sum;
        if (i < LEAVES) begin : inner
            assign sum = node[2*i].sum + node[2*i+1].sum;
        end else if (i - LEAVES < BITS) begin : leaf
            assign sum = COUNT_BITS'(bits[i-LEAVES]);
        end else begin : empty
            assign sum = 0;
        end
    end endgenerate
    assign count = node[1].sum;
endmodule
