// A head's product on the lanes of the vector unit: sums of K products, one after the other, FED features and weights per cycle,
// each sum requantized when it is whole.
//
// The sequencer asks for a word of features and one of weights, which stand at the inputs in the same cycle, as the array's
// operands do; FED is what the narrower port gives, at most LANES. It knows nothing of the tree's depth: a tag goes beside each
// step through as many registers as there are levels, and says where a sum begins and ends. The accumulator begins with the bias.
//
// Requantization is one cycle of a lane here: a multiplier of 31 bits, a shift that rounds half up, the zero point, the clamp
// (vector_lane.sv has a register in every stage, as DSP blocks want them).
module lane_product #(
    parameter int LANES = 8,
    parameter int FED = 8,
    parameter int W = 16,
    localparam int LEVELS = $clog2(LANES)
) (
    input  logic                     clk,
    input  logic                     start,
    // How many sums there are, and how many products each is of.
    input  logic [W-1:0]             sums,
    input  logic [W-1:0]             terms,
    // Which sum, and which of its products come first in the words asked for.
    output logic                     asks,
    output logic [W-1:0]             sum_asked,
    output logic [W-1:0]             term_asked,
    input  logic [FED*8-1:0]         features,
    input  logic [FED*8-1:0]         weights,
    // Of the sum that ends: read when it is needed.
    output logic [W-1:0]             sum_begun,
    input  logic signed [31:0]       bias,
    output logic [W-1:0]             sum_ended,
    input  logic [30:0]              multiplier,
    input  logic [5:0]               shift,
    input  logic signed [7:0]        zero_point,
    output logic                     there,
    output logic [W-1:0]             place,
    output logic signed [31:0]       total,
    output logic signed [7:0]        code
);
    wire last_step = term_asked + W'(FED) >= terms;
    always_ff @(posedge clk) begin
        if (start) begin
            asks <= 1'b1;
            sum_asked <= '0;
            term_asked <= '0;
        end else if (asks) begin
            term_asked <= last_step ? '0 : term_asked + W'(FED);
            if (last_step) begin
                sum_asked <= sum_asked + 1'b1;
                asks <= sum_asked + 1'b1 != sums;
            end
        end
    end

    logic [LANES-1:0] take;
    logic [LANES*8-1:0] features_taken, weights_taken;
    always_comb begin
        for (int lane = 0; lane < LANES; lane++) take[lane] = asks && lane < FED && term_asked + W'(lane) < terms;
    end
    assign features_taken = (LANES * 8)'(features);
    assign weights_taken = (LANES * 8)'(weights);

    typedef struct packed {
        logic         valid;
        logic         first;
        logic         last;
        logic [W-1:0] sum;
    } tag_t;
    tag_t tag[LEVELS+1];
    logic whole;
    always_ff @(posedge clk) begin
        tag[0] <= '{valid: asks, first: asks && term_asked == '0, last: asks && last_step, sum: sum_asked};
        for (int level = 1; level <= LEVELS; level++) tag[level] <= tag[level-1];
    end
    assign sum_begun = tag[LEVELS].sum;
    wire add = tag[LEVELS].valid, first = tag[LEVELS].first;
    logic signed [31:0] accumulator;
    lane_sum #(.LANES(LANES)) lanes (
        .clk, .take, .features(features_taken), .weights(weights_taken), .add, .first, .bias, .accumulator
    );
    always_ff @(posedge clk) begin
        whole <= tag[LEVELS].valid && tag[LEVELS].last;
        sum_ended <= tag[LEVELS].sum;
    end

    wire signed [63:0] scaled = 64'(accumulator) * 64'(signed'({1'b0, multiplier}));
    wire signed [63:0] rounded = (scaled + (64'sd1 <<< (shift - 6'd1))) >>> shift;
    wire signed [63:0] moved = rounded + 64'(zero_point);
    always_ff @(posedge clk) begin
        there <= whole;
        place <= sum_ended;
        total <= accumulator;
        if (moved > 64'sd127) code <= 8'sd127;
        else if (moved < -64'sd128) code <= -8'sd128;
        else code <= 8'(moved);
    end
endmodule
