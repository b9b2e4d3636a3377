// Delays lane i by i edges: what one memory word presents at once enters the array as a wave.
module skew #(
    parameter int LANES = 4,
    parameter int WIDTH = 8
) (
    input  logic                   clk,
    input  logic [LANES*WIDTH-1:0] in,
    output logic [LANES*WIDTH-1:0] out
);
    assign out[WIDTH-1:0] = in[WIDTH-1:0];
    if (LANES == 1) begin : g_none
        wire unused = clk;
    end
    for (genvar i = 1; i < LANES; i++) begin : g_lane
        logic [i*WIDTH-1:0] line;
        if (i == 1) begin : g_one
            always_ff @(posedge clk) line <= in[i*WIDTH+:WIDTH];
        end else begin : g_more
            always_ff @(posedge clk) line <= {line[(i-1)*WIDTH-1:0], in[i*WIDTH+:WIDTH]};
        end
        assign out[i*WIDTH+:WIDTH] = line[(i-1)*WIDTH+:WIDTH];
    end
endmodule
