// The largest of LANES keys and its lane, the lowest on ties: a tree with a register after every compare.
//
// Takes a row a cycle; a row's result comes ceil(log2 LANES) edges later, so that one lane needs none.
module maximum_tree #(
    parameter LANES = 8,
    parameter KEY_BITS = 9,
    localparam LEVELS = $clog2(LANES),
    localparam LANE_BITS = LANES > 1 ? $clog2(LANES) : 1,
    localparam LEAVES = 1 << LEVELS
) (
    input                       clock,
    input                       reset,
    input                       valid,
    input                       last,
    input  [LANES*KEY_BITS-1:0] keys,
    output                      best_valid,
    output                      best_last,
    output [KEY_BITS-1:0]       best_key,
    output [LANE_BITS-1:0]      best_lane
);
    // Node 1 is the root, node i has the children 2i and 2i + 1, the leaves are LEAVES .. 2 LEAVES - 1.
    genvar i;
    generate for (i = 1; i < 2 * LEAVES; i = i + 1) begin : node
        wire [KEY_BITS-1:0]  key;
        wire [LANE_BITS-1:0] lane;
        if (i >= LEAVES) begin : leaf
            if (i - LEAVES < LANES) begin : taken
                assign key = keys[(i-LEAVES)*KEY_BITS +: KEY_BITS];
            end else begin : empty
                assign key = 0;
            end
            assign lane = LANE_BITS'(i - LEAVES);
        end else begin : inner
            reg [KEY_BITS-1:0]  winner;
            reg [LANE_BITS-1:0] from;
            wire right = node[2*i+1].key > node[2*i].key;
            always @(posedge clock) begin
                winner <= right ? node[2*i+1].key : node[2*i].key;
                from <= right ? node[2*i+1].lane : node[2*i].lane;
            end
            assign key = winner;
            assign lane = from;
        end
    end endgenerate
    assign best_key = node[1].key;
    assign best_lane = node[1].lane;

    generate for (i = 0; i <= LEVELS; i = i + 1) begin : level
        wire valid_here, last_here;
        if (i == 0) begin : source
            assign valid_here = valid;
            assign last_here = last;
        end else begin : step
            reg moved_valid, moved_last;
            always @(posedge clock) begin
                moved_valid <= level[i-1].valid_here && !reset;
                moved_last <= level[i-1].last_here;
            end
            assign valid_here = moved_valid;
            assign last_here = moved_last;
        end
    end endgenerate
    assign best_valid = level[LEVELS].valid_here;
    assign best_last = level[LEVELS].last_here;
    generate if (LEVELS == 0) begin : through
        wire unused = &{1'b0, clock, reset};
    end endgenerate
endmodule
