// A machine that runs a quantized network with exclusion heads on one systolic array and one exclusion unit. A program
// in memory names its steps: products (convolution or fully connected: LAYER_SETUP cycles, the array, requantization),
// poolings, decisions (the unit, then DECISION cycles), stop. Steps follow one another without a cycle in between, and
// the array waits for every decision. It counts its own cycles.
//
// Maps are [channel][row][column] of signed bytes. The operands of a convolution are addressed where they lie (im2col):
// K is [channel][kernel row][kernel column], weights are [filter][K]. Codes go into the array as they are; what a zero
// point adds to a sum is in its bias, and padding is the zero point's code. Scales are powers of two, so that
// requantization is a shift with rounding half to even, exactly what real arithmetic would give.
//
// The vector unit takes LANES elements a cycle, in a pass of its own: sums to requantize, or map elements that a pooling
// reads (fused = false).
//
// Left out: DRAM, banks and port conflicts (every lane has a port to each memory it reads), and the division of
// addresses into counters: im2col divides by sizes of the layer where hardware would count.
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
    // Both at least 1.
    parameter int LAYER_SETUP = 8,
    parameter int DECISION = 4,
    // Address bits of maps, weights and sums; of parameters (a channel each); of steps.
    parameter int W = 16,
    parameter int CHANNEL_BITS = 8,
    parameter int STEP_BITS = 5,
    localparam int ROW_BITS = CLASSES > UNIT_LANES ? $clog2((CLASSES + UNIT_LANES - 1) / UNIT_LANES) : 1,
    localparam int HEAD_BITS = HEADS > 1 ? $clog2(HEADS) : 1,
    localparam int COUNT_BITS = $clog2(CLASSES + 1),
    localparam int CLASS_BITS = $clog2(CLASSES)
) (
    input  logic                  clk,
    input  logic                  reset,
    // Writing, while nothing runs: 0 maps, 1 weights, 2 biases, 3 shifts, 4 program (32 words a step), 5 probabilities of
    // a head's table, 6 that table for head write_at with threshold write_data (takes while `building`).
    input  logic                  write,
    input  logic [2:0]            write_to,
    input  logic [W-1:0]          write_at,
    input  logic [31:0]           write_data,
    output logic                  building,
    input  logic [W-1:0]          read_at,
    output logic [7:0]            read_data,
    // One inference. `exit` counts from 0; HEADS: ran to the end.
    input  logic                  go,
    input  logic [1:0]            rule,
    output logic                  running,
    output logic [HEAD_BITS:0]    exit,
    output logic [31:0]           cycles,
    // A decision was made; survivors can be read then, a row at a time.
    output logic                  decided,
    output logic [COUNT_BITS-1:0] alive,
    input  logic [ROW_BITS-1:0]   survivor_row,
    output logic [UNIT_LANES-1:0] survivors
);
    logic signed [7:0] maps[1 << W], weights[1 << W];
    logic signed [31:0] sums[1 << W], biases[1 << CHANNEL_BITS];
    logic [4:0] shifts[1 << CHANNEL_BITS];
    logic [31:0] steps[1 << STEP_BITS][32];
    assign read_data = maps[read_at];

    // The step: what every word of the program means.
    typedef enum logic [2:0] {PRODUCT, MAX_POOL, AVERAGE_POOL, GLOBAL_AVERAGE_POOL, DECIDE, STOP} kind_t;
    logic [STEP_BITS-1:0] step;
    wire [W-1:0] from = W'(steps[step][1]);
    // Where the result goes; of a decision, the head.
    wire [W-1:0] to = W'(steps[step][2]);
    wire [W-1:0] height = W'(steps[step][3]);
    wire [W-1:0] width = W'(steps[step][4]);
    // Channels and filters of a group; a pooling has a group a channel.
    wire [W-1:0] channels = W'(steps[step][5]);
    wire [W-1:0] filters = W'(steps[step][6]);
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
    wire [4:0] pool_shift = 5'(steps[step][18]);
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
        return weights[weights_at + (group * filters + n) * depth + k];
    endfunction

    // Stages of a step.
    typedef enum logic [2:0] {IDLE, SETUP, ARRAY, VECTOR, UNIT, SETTLE} stage_t;
    stage_t stage;
    function automatic stage_t first_stage(input kind_t which);
        case (which)
            PRODUCT: return SETUP;
            DECIDE: return UNIT;
            STOP: return IDLE;
            default: return VECTOR;
        endcase
    endfunction
    logic [31:0] waited;
    logic array_done, vector_done, unit_done, unit_asked, leave;
    wire start = stage == SETUP && waited == 32'(LAYER_SETUP - 1);
    wire settling = stage == SETTLE || (stage == UNIT && unit_done);
    wire settled = settling && waited == 32'(DECISION - 1);
    wire next = (stage == VECTOR && vector_done) || settled;
    assign running = stage != IDLE;
    assign decided = stage == UNIT && unit_done;
    always_ff @(posedge clk) begin
        if (running) cycles <= cycles + 32'd1;
        waited <= stage == SETUP || settling ? waited + 32'd1 : 32'd0;
        case (stage)
            IDLE: if (go) begin
                cycles <= 32'd0;
                step <= '0;
                exit <= (HEAD_BITS + 1)'(HEADS);
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
            exit <= (HEAD_BITS + 1)'(to);
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
    wire unused = &{1'b0, array_busy, array_cycles, array_folds, unit_ready, unit_answer};
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
    function automatic logic signed [31:0] rounded(input logic signed [31:0] value, input logic [4:0] by);
        // Half to even: add just less than half, and the last bit that stays.
        logic signed [31:0] half;
        half = by == 5'd0 ? 32'sd0 : (32'sd1 <<< (by - 5'd1)) - 32'sd1 + ((value >>> by) & 32'sd1);
        return (value + half) >>> by;
    endfunction
    function automatic logic [7:0] clamped(input logic signed [31:0] value);
        return value > 32'sd127 ? 8'sd127 : value < -32'sd128 ? -8'sd128 : value[7:0];
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
            at = position + W'(lane);
            of = kind == PRODUCT ? at : at / taps;
            tap = at % taps;
            channel = parameters_at + CHANNEL_BITS'(at / places);
            {is_element, read} = element(of / places, of % places, tap);
            if (tap == '0) window = kind == MAX_POOL ? -32'sd128 : 32'sd0;
            if (kind != MAX_POOL) window = window + 32'(maps[read]) - zero_in;
            else if (is_element && 32'(maps[read]) > window) window = 32'(maps[read]);
            case (kind)
                PRODUCT: code[lane] = clamped(rounded(sum_at(at) + biases[channel], shifts[channel]) + zero_out);
                MAX_POOL: code[lane] = window[7:0];
                // The zero point is added before rounding here, and after it there.
                AVERAGE_POOL: code[lane] = clamped(rounded(window + (zero_out <<< pool_shift), pool_shift));
                default: code[lane] = clamped(rounded(window, pool_shift) + zero_out);
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
                3'd3: shifts[write_at[CHANNEL_BITS-1:0]] <= write_data[4:0];
                3'd4: steps[write_at[STEP_BITS+4:5]][write_at[4:0]] <= write_data;
                default: ;
            endcase
        end
    end

    // The exclusion unit reads a head's codes from the maps, a row an edge.
    logic [UNIT_LANES*8-1:0] scores;
    logic score_read, unit_ready;
    logic [ROW_BITS-1:0] score_row;
    logic [CLASS_BITS-1:0] unit_answer;
    always_ff @(posedge clk) begin
        for (int lane = 0; lane < UNIT_LANES; lane++) begin
            if (score_read) scores[lane*8+:8] <= maps[from + W'(score_row) * W'(UNIT_LANES) + W'(lane)];
        end
    end
    exclusion_unit #(
        .CLASSES(CLASSES), .LANES(UNIT_LANES), .HEADS(HEADS), .CODE_SIGNED(1)
    ) unit (
        .clock(clk), .reset, .load(write && write_to == 3'd5), .load_index(write_at[7:0]),
        .load_probability(write_data[11:0]), .build(write && write_to == 3'd6), .build_head(write_at[HEAD_BITS-1:0]),
        .build_beta(write_data[12:0]), .building, .start(stage == UNIT && !unit_asked), .ready(unit_ready),
        .head(to[HEAD_BITS-1:0]), .first(to == '0), .rule, .done(unit_done), .leave, .alive, .answer(unit_answer),
        .score_read, .score_row, .scores, .survivor_row, .survivors
    );
endmodule
