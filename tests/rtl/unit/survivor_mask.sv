// One bit a class: whether it survives. A row of it is read with every row of scores and written when that is judged.
module survivor_mask #(
    parameter LANES = 8,
    parameter ROWS = 2,
    parameter ROW_BITS = 1
) (
    input                  clock,
    input  [ROW_BITS-1:0]  row,
    output reg [LANES-1:0] word,
    input                  write,
    input  [ROW_BITS-1:0]  write_row,
    input  [LANES-1:0]     kept
);
    reg [LANES-1:0] bits [0:ROWS-1];
    always @(posedge clock) begin
        word <= bits[row];
        if (write) bits[write_row] <= kept;
    end
endmodule
