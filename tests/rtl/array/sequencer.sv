// Runs the folds of a product over the array: groups outermost, column folds, pieces of time, row folds innermost. It
// says at every edge which operands enter and starts a fold as soon as its design can take one:
//
// - none: when nothing is under way any more, and, where weights stay, the next weights are in;
// - global swap: when no element of the fold under way would be robbed of a weight, or of a sum not yet copied, and the
//   next weights are in, or the drain registers will be empty in time;
// - double-buffered: when the stream has ended and the next weights are in, or the drain registers are.
//
// Left out: waiting for operands (they are where they are asked for, at the edge at which they are asked for).
module sequencer #(
    parameter bit SUMS_STAY = 1'b0,
    parameter int OVERLAP = 0,
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int W = 24
) (
    input  logic         clk,
    input  logic         reset,
    // The next edge is the first of work.
    input  logic         start,
    // A ragged fold is run with the rows and columns it uses, not with all.
    input  logic         trimmed,
    // Lengths of the product's axes along rows, columns and time; time is cut into pieces.
    input  logic [W-1:0] rows,
    input  logic [W-1:0] cols,
    input  logic [W-1:0] times,
    input  logic [W-1:0] piece,
    input  logic [W-1:0] groups,
    // Nothing is under way after this edge but what is presented at it.
    input  logic         quiet,
    // Operands along the rows (and, where sums stay, down the columns) enter at this edge, for a time step.
    output logic         stream,
    output logic         stream_first,
    output logic         stream_last,
    output logic [W-1:0] stream_time,
    // The fold under way: its place, what it uses of the array, what it is run with.
    output logic [W-1:0] group,
    output logic [W-1:0] row0,
    output logic [W-1:0] col0,
    output logic [W-1:0] used_rows,
    output logic [W-1:0] used_cols,
    output logic [W-1:0] run_rows,
    output logic [W-1:0] run_cols,
    // Weights of a row enter at this edge, for the fold that is loaded.
    output logic         load,
    output logic         load_last,
    output logic [W-1:0] load_group,
    output logic [W-1:0] load_row,
    output logic [W-1:0] load_col0,
    output logic         busy,
    output logic         done,
    output logic [31:0]  folds
);
    localparam logic [W-1:0] A = W'(ROWS), B = W'(COLS), ONE = W'(1);
    typedef enum logic [1:0] {IDLE, LOAD, STREAM, END} state_t;
    state_t state;

    function automatic logic [W-1:0] least(input logic [W-1:0] x, input logic [W-1:0] y);
        least = x < y ? x : y;
    endfunction
    function automatic logic [W-1:0] most(input logic [W-1:0] x, input logic [W-1:0] y);
        most = x > y ? x : y;
    endfunction

    // The fold under way and the next.
    logic [W-1:0] time0, next_group, next_row0, next_col0, next_time0;
    wire rows_end = row0 + A >= rows;
    wire times_end = rows_end && time0 + piece >= times;
    wire cols_end = times_end && col0 + B >= cols;
    wire more = !(cols_end && group + ONE >= groups);
    assign next_row0 = rows_end ? '0 : row0 + A;
    assign next_time0 = times_end ? '0 : rows_end ? time0 + piece : time0;
    assign next_col0 = cols_end ? '0 : times_end ? col0 + B : col0;
    assign next_group = cols_end ? group + ONE : group;

    wire [W-1:0] length = least(piece, times - time0);
    wire [W-1:0] next_rows = trimmed ? least(A, rows - next_row0) : A;
    wire [W-1:0] next_cols = trimmed ? least(B, cols - next_col0) : B;
    assign used_rows = least(A, rows - row0);
    assign used_cols = least(B, cols - col0);
    assign run_rows = trimmed ? used_rows : A;
    assign run_cols = trimmed ? used_cols : B;

    // Edges of the state so far, this one included.
    logic [W-1:0] gone;
    wire [W-1:0] passed = gone + ONE;
    wire streamed = passed >= length;
    logic over;
    if (OVERLAP == 0) begin : g_none
        assign over = streamed && quiet;
        wire unused = &{1'b0, next_cols};
    end else if (OVERLAP == 1 && !SUMS_STAY) begin : g_swap
        // The last x has come to the last element in use, which uses its weight a last time.
        assign over = passed + W'(2) >= length + run_rows + run_cols && passed >= next_rows;
        wire unused = &{1'b0, next_cols};
    end else if (OVERLAP == 1) begin : g_copy
        // All copy at this edge, or before any element of both folds gets its next first x; and at the next copy all
        // sums of this one will have been shifted out.
        assign over = passed + W'(2) >= length + run_cols + least(run_rows, next_rows)
            && passed + next_cols >= run_rows + run_cols;
    end else begin : g_double
        assign over = passed >= most(length, SUMS_STAY ? run_rows : next_rows);
        wire unused = &{1'b0, next_cols};
    end

    assign busy = state != IDLE;
    assign done = (state == END || (state == STREAM && !more && streamed)) && quiet;
    assign stream = state == STREAM && gone < length;
    assign stream_first = stream && gone == '0;
    assign stream_last = stream && streamed;
    assign stream_time = time0 + gone;

    // The first fold's weights, and without a second register all, are loaded in a state of their own.
    wire ahead = OVERLAP != 0 && !SUMS_STAY && state == STREAM && more;
    wire [W-1:0] load_rows = ahead ? next_rows : run_rows;
    assign load = (state == LOAD || ahead) && gone < load_rows;
    assign load_last = load && passed == load_rows;
    assign load_group = ahead ? next_group : group;
    assign load_col0 = ahead ? next_col0 : col0;
    // The last row's weights go first: they have the longest way.
    assign load_row = (ahead ? next_row0 : row0) + load_rows - passed;

    always_ff @(posedge clk) begin
        gone <= passed;
        case (state)
            IDLE: begin
                {group, row0, col0, time0} <= '0;
                gone <= '0;
                if (start) begin
                    state <= SUMS_STAY ? STREAM : LOAD;
                    folds <= 32'd1;
                end
            end
            LOAD: if (load_last) begin
                state <= STREAM;
                gone <= '0;
            end
            STREAM: if (done) state <= IDLE;
            else if (!more && streamed) state <= END;
            else if (more && over) begin
                {group, row0, col0, time0} <= {next_group, next_row0, next_col0, next_time0};
                state <= OVERLAP == 0 && !SUMS_STAY ? LOAD : STREAM;
                gone <= '0;
                folds <= folds + 32'd1;
            end
            END: if (quiet) state <= IDLE;
        endcase
        if (reset) state <= IDLE;
    end
endmodule
