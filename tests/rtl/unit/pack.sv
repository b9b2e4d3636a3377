// Packs the items that are kept into the low lanes, in order; each result has a bit above it that says there is one.
//
// No register: a prefix count and a shifter, both in ceil(log2 LANES) steps. An item moves down by the number of lanes
// not kept below it, one bit of that number a step, lowest first; so no two items meet.
module pack #(
    parameter LANES = 8,
    parameter ITEM_BITS = 4,
    localparam LEVELS = $clog2(LANES)
) (
    input  [LANES-1:0]               keep,
    input  [LANES*ITEM_BITS-1:0]     items,
    output [LANES*(ITEM_BITS+1)-1:0] low
);
    genvar lane, level;
    generate
        if (LANES > 1) begin : counted
            // Lanes not kept among the 2^level that end at each.
            for (level = 0; level <= LEVELS; level = level + 1) begin : prefix
                wire [LANES*LEVELS-1:0] gaps;
                for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
                    if (level == 0) begin : source
                        assign gaps[lane*LEVELS +: LEVELS] = LEVELS'(!keep[lane]);
                    end else if (lane >= 1 << (level - 1)) begin : step
                        localparam BELOW = lane - (1 << (level - 1));
                        assign gaps[lane*LEVELS +: LEVELS] =
                            prefix[level-1].gaps[lane*LEVELS +: LEVELS] + prefix[level-1].gaps[BELOW*LEVELS +: LEVELS];
                    end else begin : stay
                        assign gaps[lane*LEVELS +: LEVELS] = prefix[level-1].gaps[lane*LEVELS +: LEVELS];
                    end
                end
            end
        end
        // A lane's word is {there is an item, the item, what is left of its way in units of this step}.
        for (level = 0; level <= LEVELS; level = level + 1) begin : shift
            localparam BITS = 1 + ITEM_BITS + LEVELS - level;
            wire [LANES*BITS-1:0] words;
            for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
                if (level == 0 && LANES == 1) begin : alone
                    assign words = {keep, items};
                end else if (level == 0) begin : source
                    assign words[lane*BITS +: BITS] = {
                        keep[lane], items[lane*ITEM_BITS +: ITEM_BITS],
                        counted.prefix[LEVELS].gaps[lane*LEVELS +: LEVELS]};
                end else begin : step
                    localparam ABOVE = lane + (1 << (level - 1));
                    wire [BITS:0] here = shift[level-1].words[lane*(BITS+1) +: BITS+1];
                    if (ABOVE < LANES) begin : open
                        wire [BITS:0] above = shift[level-1].words[ABOVE*(BITS+1) +: BITS+1];
                        wire comes = above[BITS] && above[0];
                        assign words[lane*BITS +: BITS] =
                            {comes || (here[BITS] && !here[0]), comes ? above[BITS-1:1] : here[BITS-1:1]};
                    end else begin : edge_of_row
                        assign words[lane*BITS +: BITS] = {here[BITS] && !here[0], here[BITS-1:1]};
                    end
                end
            end
        end
    endgenerate
    assign low = shift[LEVELS].words;
endmodule
