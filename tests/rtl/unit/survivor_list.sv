// The surviving classes of a compacting unit as a packed list in ascending order: score k belongs to entry k, and the
// entries are what later layers gather by. It replaces the mask.
//
// A row of entries is read with its row of scores; those kept are packed to the low lanes (a shifter in log2 LANES
// steps), turned to where the list has grown to, and written: in place, for the new list never overtakes the old.
module survivor_list #(
    parameter LANES = 8,
    parameter ROWS = 2,
    parameter ROW_BITS = 1,
    parameter CLASS_BITS = 4,
    parameter COUNT_BITS = 4,
    localparam LANE_BITS = LANES > 1 ? $clog2(LANES) : 1,
    localparam LEVELS = $clog2(LANES),
    localparam ITEM_BITS = CLASS_BITS + 1     // a class, below a bit that says there is one
) (
    input                         clock,
    input                         reset,
    input  [ROW_BITS-1:0]         row,
    output [LANES*CLASS_BITS-1:0] word,
    input                         first,          // the list is not yet written: entry k is class k
    input                         judged,         // `word` is of the row that is being judged,
    input  [ROW_BITS-1:0]         judged_row,     // this one
    input                         keep_valid,     // one edge later: which of it are kept
    input                         keep_last,
    input  [LANES-1:0]            keep,
    input  [COUNT_BITS-1:0]       count,          // one edge later: how many
    output reg [CLASS_BITS-1:0]   first_entry     // of the list when it is whole
);
    reg  [LANES*CLASS_BITS-1:0] judged_classes;
    wire [LANES*ITEM_BITS-1:0]  packing;
    reg  [LANES*ITEM_BITS-1:0]  packed_row;
    pack #(.LANES(LANES), .ITEM_BITS(CLASS_BITS)) packer (.keep(keep), .items(judged_classes), .low(packing));

    integer i;
    always @(posedge clock) begin
        if (judged) begin
            for (i = 0; i < LANES; i = i + 1)
                judged_classes[i*CLASS_BITS +: CLASS_BITS] <= first
                    ? CLASS_BITS'(32'(judged_row) * LANES + i) : word[i*CLASS_BITS +: CLASS_BITS];
        end
        packed_row <= packing;
    end

    // Where the list has grown to: bank and row of its next entry.
    reg                 write, last, empty;
    reg [LANE_BITS-1:0] bank;
    reg [ROW_BITS-1:0]  bank_row;
    wire [COUNT_BITS:0] end_bank = (COUNT_BITS+1)'(bank) + (COUNT_BITS+1)'(count);
    wire                wraps = 32'(end_bank) >= LANES;
    always @(posedge clock) begin
        write <= keep_valid && !reset;
        last <= keep_last;
        if (write) begin
            bank <= last ? 0 : LANE_BITS'(wraps ? 32'(end_bank) - LANES : 32'(end_bank));
            bank_row <= last ? 0 : wraps ? bank_row + 1 : bank_row;
            empty <= last || (empty && count == 0);
            if (empty) first_entry <= packed_row[CLASS_BITS-1:0];
        end
        if (reset) begin
            bank <= 0;
            bank_row <= 0;
            empty <= 1;
        end
    end

    // Entry j goes to bank (bank + j) mod LANES; banks below `bank` lie one row further.
    wire [LANES-1:0] writes;
    genvar lane, level;
    generate
        for (level = 0; level <= LEVELS; level = level + 1) begin : turn
            wire [LANES*ITEM_BITS-1:0] items;
            for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
                if (level == 0) begin : source
                    assign items[lane*ITEM_BITS +: ITEM_BITS] = packed_row[lane*ITEM_BITS +: ITEM_BITS];
                end else begin : step
                    localparam FROM = (lane + LANES - (1 << (level - 1)) % LANES) % LANES;
                    assign items[lane*ITEM_BITS +: ITEM_BITS] = bank[level-1]
                        ? turn[level-1].items[FROM*ITEM_BITS +: ITEM_BITS]
                        : turn[level-1].items[lane*ITEM_BITS +: ITEM_BITS];
                end
            end
        end
        for (lane = 0; lane < LANES; lane = lane + 1) begin : banks
            reg [CLASS_BITS-1:0] entries [0:ROWS-1];
            reg [CLASS_BITS-1:0] entry;
            wire [ITEM_BITS-1:0] item = turn[LEVELS].items[lane*ITEM_BITS +: ITEM_BITS];
            assign writes[lane] = write && item[CLASS_BITS];
            wire [ROW_BITS-1:0]  item_row = 32'(bank) > lane ? bank_row + 1 : bank_row;
            always @(posedge clock) begin
                entry <= entries[row];
                if (writes[lane]) entries[item_row] <= item[CLASS_BITS-1:0];
            end
            assign word[lane*CLASS_BITS +: CLASS_BITS] = entry;
        end
    endgenerate
endmodule
