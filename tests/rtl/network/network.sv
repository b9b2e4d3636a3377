// A machine that runs a quantized network with exclusion heads on one systolic array and one exclusion unit. A program
// in memory names its steps: products (convolution or fully connected: LAYER_SETUP cycles, the array, requantization),
// poolings, decisions (the unit, then DECISION cycles), the answer of an inference that no head ended (the unit, with a
// threshold beside which only the highest survivor remains), stop. Steps follow one another without a cycle in between,
// and the array waits for every decision. It counts its own cycles, those of the answer apart.
//
// Maps are [channel][row][column] of signed bytes. The operands of a convolution are addressed where they lie (im2col):
// K is [channel][kernel row][kernel column], weights are [filter][K]. Codes go into the array as they are; what a zero
// point adds to a sum is in its bias, and padding is the zero point's code. Requantization is an integer multiplier and
// one shift that rounds: half up (HALF_UP), or half to even, which with multipliers of 1 is exactly what real arithmetic
// gives where scales are powers of two.
//
// With COMPACT the products of heads and classifier are those of the surviving classes: N is their number, and weights,
// biases and multipliers are gathered by the unit's list.
//
// The vector unit takes LANES elements a cycle, in a pass of its own: sums to requantize, or map elements that a pooling
// reads (fused = false).
//
// Left out: DRAM, banks and port conflicts (every lane has a port to each memory it reads), the division of addresses
// into counters (im2col divides by sizes of the layer where hardware would count), vector work beside the array, an
// engine of the heads' own, and running ahead of a decision.
module network #(
    parameter bit SUMS_STAY = 1'b0,
    parameter bit EXCHANGED = 1'b0,
    parameter int OVERLAP = 0,
    parameter bit TRIMMED = 1'b0,
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int LANES = 4,
    parameter int UNIT_LANES = 4,
    parameter int CLASSES = 10,
    parameter int HEADS = 2,
    parameter bit COMPACT = 1'b0,
    parameter bit HALF_UP = 1'b0,
    // Both at least 1.
    parameter int LAYER_SETUP = 8,
    parameter int DECISION = 4,
    // Address bits of maps, weights and sums; of parameters (a channel each); of steps.
    parameter int W = 16,
    parameter int CHANNEL_BITS = 8,
    parameter int STEP_BITS = 5,
    // The unit has a table a head, and one for the answer.
    localparam int HEAD_BITS = $clog2(HEADS + 1),
    localparam int COUNT_BITS = $clog2(CLASSES + 1),
    localparam int CLASS_BITS = $clog2(CLASSES)
) (
    input  logic                  clk,
    input  logic                  reset,
    // Writing, while nothing runs: 0 maps, 1 weights, 2 biases, 3 shifts, 4 program (32 words a step), 5 probabilities of
    // a head's table, 6 that table for head write_at with threshold write_data (takes while `building`), 7 multipliers.
    input  logic                  write,
    input  logic [2:0]            write_to,
    input  logic [W-1:0]          write_at,
    input  logic [31:0]           write_data,
    output logic                  building,
    input  logic [W-1:0]          read_at,
    output logic [7:0]            read_data,
    // One inference. `exit` counts from 0; HEADS: ran to the end. `answer` holds when it no longer runs.
    input  logic                  go,
    input  logic [1:0]            rule,
    output logic                  running,
    output logic [HEAD_BITS-1:0]  exit,
    output logic [CLASS_BITS-1:0] answer,
    output logic [31:0]           cycles,
    output logic [31:0]           answer_cycles,
    // A decision of this head on so many scores was made.
    output logic                  decided,
    output logic [HEAD_BITS-1:0]  head,
    output logic [COUNT_BITS-1:0] alive,
    // Then the unit's mask, or its list, was copied: which classes are alive.
    output logic                  copied,
    output logic [CLASSES-1:0]    survivors
);
    logic signed [7:0] maps[1 << W], weights[1 << W];
    logic signed [31:0] sums[1 << W], biases[1 << CHANNEL_BITS], multipliers[1 << CHANNEL_BITS];
    logic [5:0] shifts[1 << CHANNEL_BITS];
    logic [31:0] steps[1 << STEP_BITS][32];
    assign read_data = maps[read_at];

    // The step: what every word of the program means.
    typedef enum logic [2:0] {PRODUCT, MAX_POOL, AVERAGE_POOL, GLOBAL_AVERAGE_POOL, DECIDE, ANSWER, STOP} kind_t;
    logic [STEP_BITS-1:0] step;
    wire [W-1:0] from = W'(steps[step][1]);
    // Where the result goes; of a decision, the head, HEADS for the answer.
    wire [W-1:0] to = W'(steps[step][2]);
    // Of a decision: no head decided before it in this inference.
    wire first = steps[step][3][0];
    wire [W-1:0] height = W'(steps[step][3]);
    wire [W-1:0] width = W'(steps[step][4]);
    // Channels and filters of a group; a pooling has a group a channel.
    wire [W-1:0] channels = W'(steps[step][5]);
    wire [W-1:0] filters = class_wise ? W'(alive) : W'(steps[step][6]);
    wire [W-1:0] groups = W'(steps[step][7]);
    wire [W-1:0] out_width = W'(steps[step][8]);
    wire [W-1:0] places = W'(steps[step][9]);  // output height x width
    wire [W-1:0] kernel_width = W'(steps[step][10]);
    wire [W-1:0] taps = W'(steps[step][11]);  // kernel height x width
    wire [W-1:0] stride = W'(steps[step][12]);
    wire [W-1:0] padding = W'(steps[step][13]);
    wire signed [31:0] zero_in = signed'(steps[step][14]);
    wire signed [31:0] zero_out = signed'(steps[step][15]);
    // Where a product's weights and its filters' biases and shifts begin.
    wire [W-1:0] weights_at = W'(steps[step][16]);
    wire [CHANNEL_BITS-1:0] parameters_at = CHANNEL_BITS'(steps[step][17]);
    wire [5:0] pool_shift = 6'(steps[step][18]);
    // Filters are classes, those excluded left out.
    wire class_wise = COMPACT && steps[step][19][0];
    // The longest axis of a sum.
    wire [W-1:0] depth = channels * taps;

    function automatic kind_t kind_of(input logic [STEP_BITS-1:0] at);
        return kind_t'(steps[at][0][2:0]);
    endfunction
    wire kind_t kind = kind_of(step);

    // A map's element under a window: whether it is one, and its address.
    function automatic logic [W:0] element(
        input logic [W-1:0] channel, input logic [W-1:0] place, input logic [W-1:0] tap
    );
        logic [W-1:0] y, x;
        y = place / out_width * stride + tap / kernel_width - padding;
        x = place % out_width * stride + tap % kernel_width - padding;
        // Above and left of the map, y and x wrap around to beyond it.
        return {y < height && x < width, from + (channel * height + y) * width + x};
    endfunction
    function automatic logic [7:0] activation(
        input logic [W-1:0] group, input logic [W-1:0] m, input logic [W-1:0] k
    );
        logic is_element;
        logic [W-1:0] at;
        {is_element, at} = element(group * channels + k / taps, m, k % taps);
        return is_element ? maps[at] : zero_in[7:0];
    endfunction
    function automatic logic [7:0] weight(
        input logic [W-1:0] group, input logic [W-1:0] k, input logic [W-1:0] n
    );
        return weights[weights_at + (group * filters + filter_of(n)) * depth + k];
    endfunction

    // Stages of a step.
    typedef enum logic [2:0] {IDLE, SETUP, ARRAY, VECTOR, UNIT, SETTLE} stage_t;
    stage_t stage;
    function automatic stage_t first_stage(input kind_t which);
        case (which)
            PRODUCT: return SETUP;
            DECIDE, ANSWER: return UNIT;
            STOP: return IDLE;
            default: return VECTOR;
        endcase
    endfunction
    logic [31:0] waited;
    logic array_done, vector_done, unit_done, unit_asked, leave;
    wire start = stage == SETUP && waited == 32'(LAYER_SETUP - 1);
    wire answered = stage == UNIT && unit_done && kind == ANSWER;
    assign decided = stage == UNIT && unit_done && kind == DECIDE;
    wire settling = stage == SETTLE || decided;
    wire settled = settling && waited == 32'(DECISION - 1);
    wire next = (stage == VECTOR && vector_done) || settled || answered;
    assign running = stage != IDLE;
    assign head = to[HEAD_BITS-1:0];
    always_ff @(posedge clk) begin
        if (running && kind != ANSWER) cycles <= cycles + 32'd1;
        if (running && kind == ANSWER && !answered) answer_cycles <= answer_cycles + 32'd1;
        waited <= stage == SETUP || settling ? waited + 32'd1 : 32'd0;
        case (stage)
            IDLE: if (go) begin
                {cycles, answer_cycles} <= '0;
                step <= '0;
                exit <= HEAD_BITS'(HEADS);
                stage <= first_stage(kind_of('0));
            end
            SETUP: if (start) stage <= ARRAY;
            ARRAY: if (array_done) stage <= VECTOR;
            UNIT: if (unit_done) stage <= SETTLE;
            default: ;
        endcase
        if (next) begin
            waited <= 32'd0;
            step <= step + STEP_BITS'(1);
            stage <= first_stage(kind_of(step + STEP_BITS'(1)));
        end
        if (settled && leave) begin
            stage <= IDLE;
            exit <= head;
        end
        unit_asked <= stage == UNIT;
        if (reset) stage <= IDLE;
    end

    // The array, with operands looked up where it asks for them.
    logic [W-1:0] left_group, left_row, left_time, top_group, top_at, top_col;
    logic [ROWS*8-1:0] left;
    logic [COLS*8-1:0] top;
    logic [COLS-1:0] sum_store, sum_add;
    logic [COLS*W-1:0] sum_address;
    logic [COLS*32-1:0] sum;
    logic [31:0] array_cycles, array_folds;
    logic array_busy;
    wire [W-1:0] time_axis = SUMS_STAY ? depth : EXCHANGED ? filters : places;
    systolic #(.SUMS_STAY(SUMS_STAY), .OVERLAP(OVERLAP), .ROWS(ROWS), .COLS(COLS), .W(W)) array (
        .clk, .reset, .start, .trimmed(TRIMMED), .rows(SUMS_STAY ? places : depth), .cols(EXCHANGED ? places : filters),
        .times(time_axis), .piece(time_axis), .groups, .group_stride(filters * places),
        .col_stride(EXCHANGED ? W'(1) : places), .other_stride(EXCHANGED ? places : W'(1)), .left_group, .left_row,
        .left_time, .left, .top_group, .top_at, .top_col, .top, .sum_store, .sum_add, .sum_address, .sums(sum),
        .busy(array_busy), .done(array_done), .cycles(array_cycles), .folds(array_folds)
    );
    wire unused = &{1'b0, array_busy, array_cycles, array_folds, unit_ready};
    for (genvar lane = 0; lane < ROWS; lane++) begin : g_left
        wire [W-1:0] row = left_row + W'(lane);
        assign left[lane*8+:8] = EXCHANGED ? weight(left_group, row, left_time)
            : activation(left_group, SUMS_STAY ? row : left_time, SUMS_STAY ? left_time : row);
    end
    for (genvar lane = 0; lane < COLS; lane++) begin : g_top
        wire [W-1:0] col = top_col + W'(lane);
        assign top[lane*8+:8] = EXCHANGED ? activation(top_group, col, top_at) : weight(top_group, top_at, col);
    end

    // The memory below the array adds where row folds meet. What is stored at this edge can be read before it.
    logic signed [31:0] stored[COLS];
    for (genvar col = 0; col < COLS; col++) begin : g_sum
        wire [W-1:0] at = sum_address[col*W+:W];
        assign stored[col] = signed'(sum[col*32+:32]) + (sum_add[col] ? sums[at] : 32'sd0);
        always_ff @(posedge clk) if (sum_store[col]) sums[at] <= stored[col];
    end
    function automatic logic signed [31:0] sum_at(input logic [W-1:0] at);
        logic signed [31:0] value;
        value = sums[at];
        for (int col = 0; col < COLS; col++) begin
            if (sum_store[col] && sum_address[col*W+:W] == at) value = stored[col];
        end
        return value;
    endfunction

    // The vector unit.
    function automatic logic signed [63:0] rounded(
        input logic signed [63:0] value, input logic [5:0] by, input bit half_up
    );
        // Half to even: add just less than half, and the last bit that stays.
        logic signed [63:0] half;
        half = (64'sd1 <<< (by - 6'd1)) - (half_up ? 64'sd0 : 64'sd1 - ((value >>> by) & 64'sd1));
        return by == 6'd0 ? value : (value + half) >>> by;
    endfunction
    function automatic logic [7:0] clamped(input logic signed [63:0] value);
        return value > 64'sd127 ? 8'sd127 : value < -64'sd128 ? -8'sd128 : value[7:0];
    endfunction
    logic [W-1:0] position;
    // Running maximum or sum of a window that goes on with the next cycle's elements.
    logic signed [31:0] kept, window;
    wire [W-1:0] elements = groups * filters * places * (kind == PRODUCT ? W'(1) : taps);
    assign vector_done = position + W'(LANES) >= elements;
    logic [LANES-1:0] code_store;
    logic [W-1:0] code_address[LANES];
    logic [7:0] code[LANES];
    always_comb begin
        window = kept;
        for (int lane = 0; lane < LANES; lane++) begin
            logic [W-1:0] at, of, tap, read;
            logic [CHANNEL_BITS-1:0] channel;
            logic is_element;
            logic signed [31:0] total, mean;
            at = position + W'(lane);
            of = kind == PRODUCT ? at : at / taps;
            tap = at % taps;
            channel = parameters_at + CHANNEL_BITS'(filter_of(at / places));
            total = sum_at(at) + biases[channel];
            {is_element, read} = element(of / places, of % places, tap);
            if (tap == '0) window = kind == MAX_POOL ? -32'sd128 : 32'sd0;
            if (kind != MAX_POOL) window = window + 32'(maps[read]) - zero_in;
            else if (is_element && 32'(maps[read]) > window) window = 32'(maps[read]);
            mean = window + (zero_out <<< pool_shift);
            case (kind)
                PRODUCT: code[lane] = clamped(
                    rounded(64'(total) * 64'(multipliers[channel]), shifts[channel], HALF_UP) + 64'(zero_out)
                );
                MAX_POOL: code[lane] = window[7:0];
                // The zero point is added before rounding here, and after it there.
                AVERAGE_POOL: code[lane] = clamped(rounded(64'(mean), pool_shift, 1'b0));
                default: code[lane] = clamped(rounded(64'(window), pool_shift, 1'b0) + 64'(zero_out));
            endcase
            code_address[lane] = to + of;
            code_store[lane] = stage == VECTOR && at < elements && (kind == PRODUCT || tap == taps - W'(1));
        end
    end
    always_ff @(posedge clk) begin
        position <= stage == VECTOR && !vector_done ? position + W'(LANES) : '0;
        kept <= window;
        for (int lane = 0; lane < LANES; lane++) if (code_store[lane]) maps[code_address[lane]] <= code[lane];
        if (write) begin
            case (write_to)
                3'd0: maps[write_at] <= write_data[7:0];
                3'd1: weights[write_at] <= write_data[7:0];
                3'd2: biases[write_at[CHANNEL_BITS-1:0]] <= write_data;
                3'd3: shifts[write_at[CHANNEL_BITS-1:0]] <= write_data[5:0];
                3'd4: steps[write_at[STEP_BITS+4:5]][write_at[4:0]] <= write_data;
                3'd7: multipliers[write_at[CHANNEL_BITS-1:0]] <= write_data;
                default: ;
            endcase
        end
    end

    // The exclusion unit reads a head's codes from the maps, a row an edge.
    localparam int UNIT_ROWS = (CLASSES + UNIT_LANES - 1) / UNIT_LANES;
    localparam int ROW_BITS = UNIT_ROWS > 1 ? $clog2(UNIT_ROWS) : 1;
    localparam int ENTRY_BITS = COMPACT ? CLASS_BITS : 1;
    logic [UNIT_LANES*8-1:0] scores;
    logic score_read, unit_ready;
    logic [ROW_BITS-1:0] score_row;
    logic [COUNT_BITS-1:0] unit_alive;
    logic [UNIT_LANES*ENTRY_BITS-1:0] entries;
    wire unit_start = stage == UNIT && !unit_asked;
    always_ff @(posedge clk) begin
        for (int lane = 0; lane < UNIT_LANES; lane++) begin
            if (score_read) scores[lane*8+:8] <= maps[from + W'(score_row) * W'(UNIT_LANES) + W'(lane)];
        end
    end
    // The answer is over the survivors of the last head, whatever a head may put back.
    exclusion_unit #(
        .CLASSES(CLASSES), .LANES(UNIT_LANES), .HEADS(HEADS + 1), .CODE_SIGNED(1), .COMPACT(32'(COMPACT))
    ) unit (
        .clock(clk), .reset, .load(write && write_to == 3'd5), .load_index(write_at[7:0]),
        .load_probability(write_data[11:0]), .build(write && write_to == 3'd6), .build_head(write_at[HEAD_BITS-1:0]),
        .build_beta(write_data[12:0]), .building, .start(unit_start), .ready(unit_ready), .head, .first,
        .rule(kind == ANSWER ? 2'd1 : rule), .done(unit_done), .leave, .alive(unit_alive), .answer, .score_read,
        .score_row, .scores, .survivor_row(copy_row), .survivors(entries)
    );

    // What survived is copied from the unit, a row an edge, while the next step begins: entry k of the list is the class
    // that score k will belong to.
    logic copying, arriving;
    logic [ROW_BITS-1:0] copy_row, arriving_row;
    logic [ENTRY_BITS-1:0] survivor[CLASSES];
    always_ff @(posedge clk) begin
        if (stage == IDLE && go) begin
            alive <= COUNT_BITS'(CLASSES);
            for (int i = 0; i < CLASSES; i++) survivor[i] <= ENTRY_BITS'(COMPACT ? i : 1);
        end
        if (decided) alive <= unit_alive;
        copying <= (decided || (copying && copy_row != ROW_BITS'(UNIT_ROWS - 1))) && !reset;
        copy_row <= copying ? copy_row + ROW_BITS'(1) : '0;
        arriving <= copying;
        arriving_row <= copy_row;
        for (int i = 0; i < CLASSES; i++) begin
            if (arriving && arriving_row == ROW_BITS'(i / UNIT_LANES)) begin
                survivor[i] <= entries[i%UNIT_LANES*ENTRY_BITS+:ENTRY_BITS];
            end
        end
        copied <= arriving && !copying;
        if (copying && ((start && class_wise) || unit_start)) $fatal(1, "the survivors are needed before they are copied");
    end
    function automatic logic [W-1:0] filter_of(input logic [W-1:0] n);
        return class_wise && n < W'(alive) ? W'(survivor[n[CLASS_BITS-1:0]]) : n;
    endfunction
    always_comb begin
        survivors = '0;
        for (int i = 0; i < CLASSES; i++) begin
            if (!COMPACT) survivors[i] = survivor[i][0];
            else if (COUNT_BITS'(i) < alive) survivors[CLASS_BITS'(survivor[i])] = 1'b1;
        end
    end
endmodule
