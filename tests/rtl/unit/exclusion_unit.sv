// The class-exclusion unit: which classes are still possible after a head, and whether one is left.
//
// Models: one decision over the scores of one head, `LANES` scores a cycle, in two passes: the maximum, then a compare of
// every score with the lowest that survives beside that maximum ("cut", cut_table.sv). Memory rules readmit-top, monotone
// and memoryless; with COMPACT the scores of excluded classes are not computed and do not arrive (monotone only).
// Leaves out: how scores get into their memory, what the sequencer does with the answer.
//
// A decision takes 2 * ceil(n / LANES) + ceil(log2 LANES) + 4 cycles, from the edge that takes `start` to the edge that
// sets `done`, both counted; n is CLASSES or, with COMPACT, the number alive. The next may start with `done`.
//
// Between two registers lie at most: one compare and select of the tree; the running maximum's; the cut table's read;
// compare with the cut; population count of a row (and, with COMPACT, its packing); one addition.
//
// Score memory: outside, LANES codes a row, class (or survivor number) row * LANES + lane, lane 0 in the lowest bits.
// `scores` is the row that `score_row` named at the last edge where `score_read` was high. What fills the last row
// beyond n does not matter.
//
// Hold `head`, `first` and `rule` from `start` until `done`. `alive`, `leave` and `answer` stay until the next decision.
module exclusion_unit #(
    parameter CLASSES = 10,          // 2 or more
    parameter LANES = 8,             // 1 or more, not only powers of two
    parameter HEADS = 6,
    parameter CODE_BITS = 8,
    parameter CODE_SIGNED = 0,       // 1: codes are two's complement
    parameter PROBABILITY_BITS = 12,
    parameter THRESHOLD_BITS = 12,
    parameter COMPACT = 0,
    localparam ROWS = (CLASSES + LANES - 1) / LANES,
    localparam ROW_BITS = ROWS > 1 ? $clog2(ROWS) : 1,
    localparam LANE_BITS = LANES > 1 ? $clog2(LANES) : 1,
    localparam CLASS_BITS = $clog2(CLASSES),
    localparam COUNT_BITS = $clog2(CLASSES + 1),
    localparam HEAD_BITS = HEADS > 1 ? $clog2(HEADS) : 1,
    localparam SURVIVOR_BITS = COMPACT != 0 ? LANES * CLASS_BITS : LANES
) (
    input                             clock,
    input                             reset,

    // A head's sigmoid table and threshold, before the first inference: see cut_table.sv.
    input                             load,
    input      [CODE_BITS-1:0]        load_index,       // 0 is the lowest code
    input      [PROBABILITY_BITS-1:0] load_probability,
    input                             build,
    input      [HEAD_BITS-1:0]        build_head,
    input      [THRESHOLD_BITS:0]     build_beta,       // 2^THRESHOLD_BITS is 1
    output                            building,

    // A decision.
    input                             start,            // heeded while `ready`
    output                            ready,
    input      [HEAD_BITS-1:0]        head,
    input                             first,            // the inference's first: every class is alive
    input      [1:0]                  rule,             // 0 readmit-top, 1 monotone, 2 memoryless; not used with COMPACT
    output reg                        done,             // for one cycle
    output reg                        leave,            // one survivor
    output reg [COUNT_BITS-1:0]       alive,            // survivors
    output     [CLASS_BITS-1:0]       answer,           // the top class; COMPACT: the lowest surviving one

    output                            score_read,
    output     [ROW_BITS-1:0]         score_row,
    input      [LANES*CODE_BITS-1:0]  scores,

    // Survivors of the last decision, a row a cycle while `ready`: mask bits or, with COMPACT, class numbers in
    // ascending order, `alive` of them. They come one edge after the row is named.
    input      [ROW_BITS-1:0]         survivor_row,
    output     [SURVIVOR_BITS-1:0]    survivors
);
    localparam [1:0] MONOTONE = 1, MEMORYLESS = 2;
    localparam KEY_BITS = CODE_BITS + 1;    // a code, lowest 0, below a bit that says it takes part

    // Reading: twice the rows of the score memory, the second time when the cut is known.
    reg                busy, scanning, judging;
    reg [ROW_BITS-1:0] row;
    wire               last_row;
    wire [LANES-1:0]   present;             // lanes of `row` that hold a score
    wire               look;                // the maximum is known: its cut is read, and row 0 again
    wire               begins = start && ready;
    wire               scan_read = begins || scanning;
    wire               judge_read = look || judging;
    assign ready = !busy;
    assign score_read = scan_read || judge_read;
    assign score_row = row;

    // What is known of the row that the score memory now shows.
    reg                scan_valid, judge_valid, shown_last;
    reg [ROW_BITS-1:0] shown_row;
    reg [LANES-1:0]    shown_present;
    always @(posedge clock) begin
        if (score_read) begin
            row <= last_row ? 0 : row + 1;
            shown_row <= row;
            shown_last <= last_row;
            shown_present <= present;
        end
        scanning <= scan_read && !last_row;
        judging <= judge_read && !last_row;
        scan_valid <= scan_read;
        judge_valid <= judge_read;
        if (begins) busy <= 1;
        else if (finishes) busy <= 0;
        if (reset) begin
            row <= 0;
            {busy, scanning, judging, scan_valid, judge_valid} <= 0;
        end
    end

    // First pass: keys of the classes that may be the maximum, through the tree, against the best so far.
    wire [LANES-1:0]           remembered, candidates, eligible;
    wire [LANES*CODE_BITS-1:0] codes;
    wire [LANES*KEY_BITS-1:0]  keys;
    assign candidates = shown_present & (rule == MONOTONE ? remembered : {LANES{1'b1}});
    assign eligible = shown_present & (rule == MEMORYLESS ? {LANES{1'b1}} : remembered);
    genvar lane;
    generate for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
        // Two's complement orders as its first bit inverted does.
        wire [CODE_BITS-1:0] score = scores[lane*CODE_BITS +: CODE_BITS];
        assign codes[lane*CODE_BITS +: CODE_BITS] = {score[CODE_BITS-1] ^ (CODE_SIGNED != 0), score[CODE_BITS-2:0]};
        assign keys[lane*KEY_BITS +: KEY_BITS] =
            candidates[lane] ? {1'b1, codes[lane*CODE_BITS +: CODE_BITS]} : {KEY_BITS{1'b0}};
    end endgenerate

    wire                 tree_valid, tree_last;
    wire [KEY_BITS-1:0]  tree_key;
    wire [CODE_BITS-1:0] top_code;
    wire [LANE_BITS-1:0] tree_lane, top_lane;
    wire [ROW_BITS-1:0]  top_row;
    maximum_tree #(.LANES(LANES), .KEY_BITS(KEY_BITS)) tree (
        .clock(clock), .reset(reset), .valid(scan_valid), .last(shown_last), .keys(keys),
        .best_valid(tree_valid), .best_last(tree_last), .best_key(tree_key), .best_lane(tree_lane));
    running_maximum #(.KEY_BITS(KEY_BITS), .LANE_BITS(LANE_BITS), .ROW_BITS(ROW_BITS)) running (
        .clock(clock), .reset(reset), .valid(tree_valid), .last(tree_last), .key(tree_key), .lane(tree_lane),
        .ready(look), .top_code(top_code), .top_lane(top_lane), .top_row(top_row));

    // Between the passes: one look-up.
    wire [CODE_BITS:0] cut;
    cut_table #(
        .HEADS(HEADS), .CODE_BITS(CODE_BITS), .PROBABILITY_BITS(PROBABILITY_BITS), .THRESHOLD_BITS(THRESHOLD_BITS)
    ) table_of_cuts (
        .clock(clock), .reset(reset), .load(load), .load_index(load_index), .load_probability(load_probability),
        .build(build), .build_head(build_head), .build_beta(build_beta), .building(building),
        .read(look), .read_head(head), .read_top(top_code), .cut(cut));

    // Second pass: compare with the cut. The top class survives whatever its own probability.
    reg              keep_valid, keep_last;
    reg [LANES-1:0]  keep;
    wire [LANES-1:0] passes;
    generate for (lane = 0; lane < LANES; lane = lane + 1) begin : compares
        wire top = shown_row == top_row && top_lane == LANE_BITS'(lane);
        assign passes[lane] = top || (eligible[lane] && {1'b0, codes[lane*CODE_BITS +: CODE_BITS]} >= cut);
    end endgenerate
    always @(posedge clock) begin
        keep <= passes;
        keep_last <= shown_last;
        keep_valid <= judge_valid && !reset;
    end

    // Count of a row, then of all, and the decision.
    localparam MOST = LANES < CLASSES ? LANES : CLASSES;
    localparam ROW_COUNT_BITS = $clog2(MOST + 1);
    wire [ROW_COUNT_BITS-1:0] row_count;
    reg  [ROW_COUNT_BITS-1:0] count;
    reg                       count_valid, count_last;
    reg  [COUNT_BITS-1:0]     sum;
    wire [COUNT_BITS-1:0]     total = sum + COUNT_BITS'(count);
    wire                      finishes = count_valid && count_last;
    population_count #(.BITS(MOST)) population (.bits(keep[MOST-1:0]), .count(row_count));
    always @(posedge clock) begin
        count <= row_count;
        count_last <= keep_last;
        count_valid <= keep_valid && !reset;
        if (count_valid) sum <= count_last ? 0 : total;
        if (finishes) begin
            alive <= total;
            leave <= total == 1;
        end
        done <= finishes && !reset;
        if (reset) sum <= 0;
    end

    wire [ROW_BITS-1:0] memory_row = busy || begins ? row : survivor_row;
    generate if (COMPACT == 0) begin : masked
        assign last_row = row == ROW_BITS'(ROWS - 1);
        for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
            assign present[lane] = !last_row || (ROWS - 1) * LANES + lane < CLASSES;
        end
        assign answer = CLASS_BITS'(32'(top_row) * LANES + 32'(top_lane));
        assign remembered = first ? {LANES{1'b1}} : survivors;
        reg [ROW_BITS-1:0] keep_row;
        always @(posedge clock) keep_row <= shown_row;
        survivor_mask #(.LANES(LANES), .ROWS(ROWS), .ROW_BITS(ROW_BITS)) mask (
            .clock(clock), .row(memory_row), .word(survivors), .write(keep_valid), .write_row(keep_row), .kept(keep));
    end else begin : compacted
        // Scores left to read: as many as survived the head before.
        reg  [COUNT_BITS-1:0] left;
        wire [COUNT_BITS-1:0] here = row != 0 ? left : first ? COUNT_BITS'(CLASSES) : alive;
        assign last_row = 32'(here) <= LANES;
        for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
            assign present[lane] = 32'(here) > lane;
        end
        always @(posedge clock) if (score_read) left <= here - COUNT_BITS'(LANES);
        assign remembered = {LANES{1'b1}};
        survivor_list #(
            .LANES(LANES), .ROWS(ROWS), .ROW_BITS(ROW_BITS), .CLASS_BITS(CLASS_BITS), .COUNT_BITS(ROW_COUNT_BITS)
        ) list (
            .clock(clock), .reset(reset), .row(memory_row), .word(survivors), .first(first), .judged(judge_valid),
            .judged_row(shown_row), .keep_valid(keep_valid), .keep_last(keep_last), .keep(keep), .count(count),
            .first_entry(answer));
    end endgenerate
endmodule
