// A systolic array with all that times it: skew registers, fold sequencer, and what follows each wave through the array
// to know which sum leaves where. It counts its own edges of work: from the one that takes the first operand in to the
// one that finishes the last sum, in the bottom row's sum register (weights stay) or past it (sums stay).
//
// A product lies on it as (rows, cols, time); which of M, N and K that is, the surroundings decide:
//   output-stationary (M, N, K), SUMS_STAY = 1;  weight-stationary (K, N, M) and input-stationary (K, M, N), SUMS_STAY = 0.
//
// Left out: operand memories and the memory of sums. Operands are presented in the cycle in which they are asked for,
// sums are handed out with the address at which they are to be put, or added where row folds meet (sum_add). Addresses
// are formed from run-time strides with multipliers.
module systolic #(
    parameter bit SUMS_STAY = 1'b0,
    // 0 none, 1 global swap, 2 double-buffered.
    parameter int OVERLAP = 0,
    parameter int ROWS = 4,
    parameter int COLS = 4,
    // Bits of sizes and addresses.
    parameter int W = 24
) (
    input  logic                 clk,
    input  logic                 reset,
    // The next edge is the first of work. Sizes and strides hold still from then on.
    input  logic                 start,
    input  logic                 trimmed,
    input  logic [W-1:0]         rows,
    input  logic [W-1:0]         cols,
    input  logic [W-1:0]         times,
    input  logic [W-1:0]         piece,
    input  logic [W-1:0]         groups,
    // Strides of a sum's address: by group, by column, and by time (by row, where sums stay).
    input  logic [W-1:0]         group_stride,
    input  logic [W-1:0]         col_stride,
    input  logic [W-1:0]         other_stride,
    // Asked for along the rows: lane i is row left_row + i.
    output logic [W-1:0]         left_group,
    output logic [W-1:0]         left_row,
    output logic [W-1:0]         left_time,
    input  logic [ROWS*8-1:0]    left,
    // Asked for at the top: lane i is column top_col + i; top_at is a row where weights stay, else a time.
    output logic [W-1:0]         top_group,
    output logic [W-1:0]         top_at,
    output logic [W-1:0]         top_col,
    input  logic [COLS*8-1:0]    top,
    // Sums at the bottom, to be stored at this edge.
    output logic [COLS-1:0]      sum_store,
    output logic [COLS-1:0]      sum_add,
    output logic [COLS*W-1:0]    sum_address,
    output logic [COLS*32-1:0]   sums,
    output logic                 busy,
    // This edge is the last of work.
    output logic                 done,
    output logic [31:0]          cycles,
    output logic [31:0]          folds
);
    localparam int STEPS = ROWS + COLS - 1;
    localparam logic [W-1:0] A = W'(ROWS), ONE = W'(1);

    logic stream, stream_first, stream_last, load, load_last, quiet;
    logic [W-1:0] stream_time, group, row0, col0, used_rows, used_cols, run_rows, run_cols;
    logic [W-1:0] load_group, load_row, load_col0;
    sequencer #(.SUMS_STAY(SUMS_STAY), .OVERLAP(OVERLAP), .ROWS(ROWS), .COLS(COLS), .W(W)) sequencer (.*);

    always_ff @(posedge clk) begin
        if (start) cycles <= '0;
        else if (busy) cycles <= cycles + 32'd1;
    end

    // Trimmed, a fold uses the top rows where weights stay (sums travel on below) and the bottom rows where sums stay.
    wire [W-1:0] above = SUMS_STAY ? A - run_rows : '0;
    assign left_group = group;
    assign left_row = row0 - above;
    assign left_time = stream_time;
    assign top_group = SUMS_STAY ? group : load_group;
    assign top_at = SUMS_STAY ? stream_time : load_row;
    assign top_col = SUMS_STAY ? col0 : load_col0;

    // Outside the product operands are zero, and so they are where nothing streams.
    logic [ROWS*8-1:0] x;
    logic [COLS*8-1:0] w;
    logic [ROWS-1:0] runs;
    for (genvar row = 0; row < ROWS; row++) begin : g_x
        assign runs[row] = W'(row) >= above;
        wire used = runs[row] && left_row + W'(row) < rows;
        assign x[row*8+:8] = stream && used ? left[row*8+:8] : 8'd0;
    end
    for (genvar col = 0; col < COLS; col++) begin : g_w
        wire used = top_col + W'(col) < cols && (SUMS_STAY || top_at < rows);
        assign w[col*8+:8] = used ? top[col*8+:8] : 8'd0;
    end

    // What follows the wave: at step d it is where row + column = d. It ends with the last column the fold is run with,
    // in the bottom row.
    // From the highest bit: valid, last of its fold, to be added, rows and columns in use, step of the end, address.
    localparam int TAG = 4 * W + 3, VALID = 4 * W + 2, LAST = 4 * W + 1, ADD = 4 * W;
    localparam int USED_ROWS = 3 * W, USED_COLS = 2 * W, END_STEP = W, ADDRESS = 0;
    wire [W-1:0] entering_end = A + run_cols - W'(2);
    wire [W-1:0] entering_address = group * group_stride + col0 * col_stride
        + (SUMS_STAY ? row0 : stream_time) * other_stride;
    wire [TAG-1:0] entering =
        {stream, stream_last, row0 != '0, used_rows, used_cols, entering_end, entering_address};

    // The tag at step d, `comes` before the edge; after it it lies in `tags`.
    logic [STEPS*TAG-1:0] tags;
    logic [STEPS-1:0] comes, goes_on, finishes;
    for (genvar d = 0; d < STEPS; d++) begin : g_tag
        wire [TAG-1:0] tag;
        if (d == 0) begin : g_enter
            assign tag = entering;
        end else begin : g_step
            assign tag = tags[(d-1)*TAG+:TAG];
        end
        wire [W-1:0] end_step = tag[END_STEP+:W];
        assign comes[d] = tag[VALID] && (d == 0 || end_step >= W'(d));
        assign goes_on[d] = comes[d] && end_step != W'(d);
        assign finishes[d] = comes[d] && end_step == W'(d) && tag[LAST];
        always_ff @(posedge clk) tags[d*TAG+:TAG] <= {comes[d] && !reset, tag[VALID-1:0]};
    end

    if (!SUMS_STAY) begin : g_moving
        assign quiet = goes_on == '0;
        moving #(.OVERLAP(OVERLAP), .ROWS(ROWS), .COLS(COLS)) array (
            .clk, .x, .first(stream_first), .load, .load_last, .w, .sums
        );
        for (genvar col = 0; col < COLS; col++) begin : g_sum
            wire [TAG-1:0] tag = tags[(ROWS-1+col)*TAG+:TAG];
            wire unused = &{1'b0, tag};
            assign sum_store[col] = tag[VALID] && W'(col) < tag[USED_COLS+:W];
            assign sum_add[col] = tag[ADD];
            assign sum_address[col*W+:W] = tag[ADDRESS+:W] + W'(col) * col_stride;
        end
        wire unused = &{1'b0, finishes, runs};
    end else begin : g_standing
        logic [COLS-1:0] shift, running, remain;
        logic [COLS*ROWS-1:0] part;
        // A fold that is finished as a whole, at this edge and at the one before.
        wire copy = finishes != '0;
        logic copied;
        logic [TAG-1:0] finished;
        wire [(STEPS+1)*TAG-1:0] came = {tags, entering};
        always_ff @(posedge clk) begin
            copied <= copy && !reset;
            for (int d = 0; d < STEPS; d++) if (finishes[d]) finished <= came[d*TAG+:TAG];
        end
        assign quiet = comes == '0 && remain == '0;
        wire unused_loads = &{1'b0, goes_on, load, load_last};
        standing #(.OVERLAP(OVERLAP), .ROWS(ROWS), .COLS(COLS)) array (
            .clk, .x, .first(stream_first ? runs : '0), .last(stream_last ? runs : '0), .w, .copy, .shift(OVERLAP == 2 ? shift : running),
            .part, .sums
        );
        for (genvar col = 0; col < COLS; col++) begin : g_drain
            // A column starts to shift when its last row is done, or all when the fold is.
            wire [TAG-1:0] tag = OVERLAP == 2 ? tags[(ROWS-1+col)*TAG+:TAG] : finished;
            wire begins = OVERLAP == 2 ? tag[VALID] && tag[LAST] : copied;
            logic [TAG-1:0] kept;
            logic draining;
            logic [W-1:0] offset;
            wire [TAG-1:0] now = begins ? tag : kept;
            wire [W-1:0] run = trimmed ? tag[USED_ROWS+:W] : A;
            // The row, counted from the fold's first, whose sum is in the bottom row's register.
            wire [W-1:0] row = begins ? run - ONE : offset;
            assign shift[col] = begins;
            assign running[col] = begins || draining;
            assign remain[col] = running[col] && row != '0;
            for (genvar lane = 0; lane < ROWS; lane++) begin : g_part
                assign part[col*ROWS+lane] = W'(lane) + run >= A;
            end
            assign sum_store[col] = running[col] && row < now[USED_ROWS+:W] && W'(col) < now[USED_COLS+:W];
            assign sum_add[col] = 1'b0;
            assign sum_address[col*W+:W] = now[ADDRESS+:W] + row * other_stride + W'(col) * col_stride;
            always_ff @(posedge clk) begin
                kept <= now;
                draining <= remain[col] && !reset;
                offset <= row - ONE;
            end
            wire unused = &{1'b0, now};
        end
    end
endmodule
