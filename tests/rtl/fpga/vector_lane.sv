// A lane of the vector unit: one sum requantized, added to another code or compared with it, each edge.
//
// A product of 32 x 31 bits, a shift that rounds half up, the zero point, the clamp; beside it the sum or the maximum of a
// pooling. Every stage ends in a register, so that DSP blocks can take their own in.
module vector_lane (
    input  logic               clk,
    input  logic signed [31:0] sum,
    input  logic        [30:0] multiplier,
    input  logic        [5:0]  shift,
    input  logic signed [8:0]  zero_point,
    // 0: requantize; 1: add to what is gathered; 2: keep the larger.
    input  logic        [1:0]  operation,
    input  logic               first,
    input  logic signed [8:0]  code,
    output logic signed [8:0]  result
);
    logic signed [31:0] sum_1;
    logic [30:0] multiplier_1;
    logic signed [63:0] product_2, product_3, rounded_4;
    logic signed [31:0] gathered;
    wire signed [31:0] wide = 32'(code);
    always_ff @(posedge clk) begin
        sum_1 <= operation == 0 ? sum : gathered;
        multiplier_1 <= multiplier;
        product_2 <= 64'(sum_1) * 64'(signed'({1'b0, multiplier_1}));
        product_3 <= product_2;
        rounded_4 <= (product_3 + (64'sd1 <<< (shift - 6'd1))) >>> shift;
        if (operation == 1) gathered <= first ? wide : gathered + wide;
        else if (operation == 2) gathered <= first || wide > gathered ? wide : gathered;
    end
    wire signed [63:0] moved = rounded_4 + 64'(zero_point);
    always_ff @(posedge clk) begin
        if (moved > 64'sd127) result <= 9'sd127;
        else if (moved < -64'sd128) result <= -9'sd128;
        else result <= 9'(moved);
    end
endmodule
