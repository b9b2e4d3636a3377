// Multipliers and adders as rows of full adders, for yosys' techmap (full_adders.ys). Carries ripple: the least area, not
// the least delay.

(* blackbox *)
module full_adder (input a, input b, input c, output carry, output sum);
endmodule

// Signed by signed (Baugh and Wooley, 1973): partial products with one sign bit are inverted, and ones are added at the
// bits A_WIDTH and A_WIDTH + B_WIDTH - 1.
(* techmap_celltype = "$mul" *)
module multiplier (A, B, Y);
    parameter A_SIGNED = 1;
    parameter B_SIGNED = 1;
    parameter A_WIDTH = 2;
    parameter B_WIDTH = 2;
    parameter Y_WIDTH = 4;
    input [A_WIDTH-1:0] A;
    input [B_WIDTH-1:0] B;
    output [Y_WIDTH-1:0] Y;
    wire _TECHMAP_FAIL_ = !A_SIGNED || !B_SIGNED || A_WIDTH != B_WIDTH || Y_WIDTH != A_WIDTH + B_WIDTH;
    genvar row, bit;
    generate for (row = 0; row < B_WIDTH; row = row + 1) begin : rows
        // Weights begin at 2^row.
        wire [A_WIDTH-1:0] sum, carry;
        for (bit = 0; bit < A_WIDTH; bit = bit + 1) begin : bits
            wire part = (A[bit] & B[row]) ^ ((bit == A_WIDTH - 1) != (row == B_WIDTH - 1));
            if (row == 0) begin : first
                assign sum[bit] = part;
                assign carry[bit] = 1'b0;
            end else begin : other
                wire above;
                if (bit == A_WIDTH - 1) assign above = row == 1;
                else assign above = rows[row-1].sum[bit+1];
                full_adder adder (.a(part), .b(above), .c(rows[row-1].carry[bit]), .carry(carry[bit]), .sum(sum[bit]));
            end
        end
        assign Y[row] = sum[0];
    end endgenerate
    adder #(.WIDTH(A_WIDTH)) top (
        .a({1'b1, rows[B_WIDTH-1].sum[A_WIDTH-1:1]}), .b(rows[B_WIDTH-1].carry), .sum(Y[Y_WIDTH-1:B_WIDTH])
    );
endmodule

(* techmap_celltype = "$add" *)
module addition (A, B, Y);
    parameter A_SIGNED = 0;
    parameter B_SIGNED = 0;
    parameter A_WIDTH = 1;
    parameter B_WIDTH = 1;
    parameter Y_WIDTH = 1;
    input [A_WIDTH-1:0] A;
    input [B_WIDTH-1:0] B;
    output [Y_WIDTH-1:0] Y;
    wire [Y_WIDTH-1:0] a, b;
    \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) extended_a (.A(A), .Y(a));
    \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) extended_b (.A(B), .Y(b));
    adder #(.WIDTH(Y_WIDTH)) ripple (.a(a), .b(b), .sum(Y));
endmodule

module adder (a, b, sum);
    parameter WIDTH = 1;
    input [WIDTH-1:0] a, b;
    output [WIDTH-1:0] sum;
    wire [WIDTH:0] carry;
    assign carry[0] = 1'b0;
    genvar i;
    generate for (i = 0; i < WIDTH; i = i + 1) begin : bits
        full_adder adder (.a(a[i]), .b(b[i]), .c(carry[i]), .carry(carry[i+1]), .sum(sum[i]));
    end endgenerate
endmodule
