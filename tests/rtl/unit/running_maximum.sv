// The largest key of the rows that have come, the earliest on ties, and where it stood. `ready` for one cycle after the
// last row; the result stays until the next first row.
module running_maximum #(
    parameter KEY_BITS = 9,
    parameter LANE_BITS = 3,
    parameter ROW_BITS = 1
) (
    input                      clock,
    input                      reset,
    input                      valid,
    input                      last,
    input      [KEY_BITS-1:0]  key,
    input      [LANE_BITS-1:0] lane,
    output reg                 ready,
    output     [KEY_BITS-2:0]  top_code,           // the key without its highest bit, which is set
    output reg [LANE_BITS-1:0] top_lane,
    output reg [ROW_BITS-1:0]  top_row
);
    reg [ROW_BITS-1:0] row;
    reg [KEY_BITS-1:0] top_key;
    assign top_code = top_key[KEY_BITS-2:0];
    always @(posedge clock) begin
        ready <= valid && last && !reset;
        if (valid) begin
            row <= last ? 0 : row + 1;
            if (row == 0 || key > top_key) begin
                top_key <= key;
                top_lane <= lane;
                top_row <= row;
            end
        end
        if (reset) row <= 0;
    end
endmodule
