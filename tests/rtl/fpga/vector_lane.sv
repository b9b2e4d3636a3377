// A lane of the vector unit: one sum requantized, or one code more of a window gathered, each edge.
//
// Requantization is an integer multiplier of 31 bits, one shift that rounds half up, the zero point, and the clamp to a signed
// byte (codes from 0 to 255 less 128, as their zero points): what replay calls `fixed-point`. Filters have multipliers and
// shifts of their own, so both travel with the sum; the zero point is the layer's. A window's sum or maximum is gathered beside
// it and then takes the same way: a mean by its multiplier, a maximum by 2^30 and a shift of 30.
//
// The result of a sum is there after 5 edges, that of a window 6 edges after its last code. Every stage ends in a register, so
// that DSP blocks can take their own in. `shift` is 1 to 63. Left out: sums of two maps of different scales.
module vector_lane (
    input  logic               clk,
    input  logic signed [31:0] sum,
    input  logic        [30:0] multiplier,
    input  logic        [5:0]  shift,
    input  logic signed [7:0]  zero_point,
    // 0: requantize the sum; 1: add the code to what is gathered; 2: keep the larger; 3: keep what there is.
    input  logic        [1:0]  operation,
    input  logic               first,
    input  logic signed [7:0]  code,
    output logic signed [7:0]  result
);
    logic signed [31:0] sum_1, gathered;
    logic [30:0] multiplier_1;
    logic [5:0] shift_1, shift_2, shift_3;
    logic signed [63:0] product_2, product_3, rounded_4;
    wire signed [31:0] wide = 32'(code);
    always_ff @(posedge clk) begin
        sum_1 <= operation == 0 ? sum : gathered;
        multiplier_1 <= multiplier;
        {shift_1, shift_2, shift_3} <= {shift, shift_1, shift_2};
        product_2 <= 64'(sum_1) * 64'(signed'({1'b0, multiplier_1}));
        product_3 <= product_2;
        rounded_4 <= (product_3 + (64'sd1 <<< (shift_3 - 6'd1))) >>> shift_3;
        if (operation == 1) gathered <= first ? wide : gathered + wide;
        else if (operation == 2) gathered <= first || wide > gathered ? wide : gathered;
    end
    wire signed [63:0] moved = rounded_4 + 64'(zero_point);
    always_ff @(posedge clk) begin
        if (moved > 64'sd127) result <= 8'sd127;
        else if (moved < -64'sd128) result <= -8'sd128;
        else result <= 8'(moved);
    end
endmodule
