// Drives exclusion_unit.sv with decisions from a file and writes what it does and how many edges it takes.
//
// Stimuli, whole numbers: `1 head beta p..` loads a table (2^CODE_BITS entries, lowest code first) and builds the cuts;
// `2 head first rule read n score..` decides on n scores, and reads the survivors back if `read` is 1; if it is 0 the
// next command follows at once. Results, a line a command: edges; or edges, survivors, leave, answer, look-ups, compares,
// bits of the mask or entries of the list written, then the survivors' classes where they were read.
module unit_bench #(
    parameter CLASSES = 10,
    parameter LANES = 8,
    parameter HEADS = 6,
    parameter CODE_BITS = 8,
    parameter CODE_SIGNED = 0,
    parameter PROBABILITY_BITS = 12,
    parameter THRESHOLD_BITS = 12,
    parameter COMPACT = 0
);
    localparam ROWS = (CLASSES + LANES - 1) / LANES;
    localparam ROW_BITS = ROWS > 1 ? $clog2(ROWS) : 1;
    localparam CLASS_BITS = $clog2(CLASSES);
    localparam COUNT_BITS = $clog2(CLASSES + 1);
    localparam HEAD_BITS = HEADS > 1 ? $clog2(HEADS) : 1;
    localparam HIGHEST = CODE_SIGNED != 0 ? (1 << (CODE_BITS - 1)) - 1 : (1 << CODE_BITS) - 1;
    localparam SURVIVOR_BITS = COMPACT != 0 ? LANES * CLASS_BITS : LANES;

    reg                         clock = 0, reset = 1, load = 0, build = 0, start = 0, first = 0;
    reg  [CODE_BITS-1:0]        load_index;
    reg  [PROBABILITY_BITS-1:0] load_probability;
    reg  [HEAD_BITS-1:0]        head;
    reg  [THRESHOLD_BITS:0]     beta;
    reg  [1:0]                  rule;
    reg  [CODE_BITS-1:0]        code;
    reg  [LANES*CODE_BITS-1:0]  scores;
    reg  [ROW_BITS-1:0]         survivor_row;
    wire                        building, ready, done, leave, score_read;
    wire [COUNT_BITS-1:0]       alive;
    wire [CLASS_BITS-1:0]       answer;
    wire [ROW_BITS-1:0]         score_row;
    wire [SURVIVOR_BITS-1:0]    survivors;

    exclusion_unit #(
        .CLASSES(CLASSES), .LANES(LANES), .HEADS(HEADS), .CODE_BITS(CODE_BITS), .CODE_SIGNED(CODE_SIGNED),
        .PROBABILITY_BITS(PROBABILITY_BITS), .THRESHOLD_BITS(THRESHOLD_BITS), .COMPACT(COMPACT)
    ) unit (
        .clock(clock), .reset(reset), .load(load), .load_index(load_index), .load_probability(load_probability),
        .build(build), .build_head(head), .build_beta(beta), .building(building), .start(start), .ready(ready),
        .head(head), .first(first), .rule(rule), .done(done), .leave(leave), .alive(alive), .answer(answer),
        .score_read(score_read), .score_row(score_row), .scores(scores), .survivor_row(survivor_row),
        .survivors(survivors));

    initial forever #1 clock = !clock;

    reg [LANES*CODE_BITS-1:0] score_memory [0:ROWS-1];
    always @(posedge clock) if (score_read) scores <= score_memory[score_row];

    string  stimuli, results;
    // Values as they are read. Verilator takes no notice of what $fscanf writes into an input itself.
    reg [HEAD_BITS-1:0]        given_head;
    reg [THRESHOLD_BITS:0]     given_beta;
    reg [PROBABILITY_BITS-1:0] given_probability;
    reg                        given_first;
    reg [1:0]                  given_rule;

    integer in, out, command, i, n, read, edges;

    // Actions since the last start. n scores take n - 1 compares to find their maximum, and n with the cut.
    integer look_ups, shown, written;
    always @(posedge clock) if (start && ready) begin
        look_ups <= 0;
        shown <= 0;
    end else begin
        look_ups <= look_ups + 32'(unit.look);
        if (unit.scan_valid || unit.judge_valid) shown <= shown + $countones(unit.shown_present);
    end
    generate if (COMPACT == 0) begin : masked
        always @(posedge clock) if (start && ready) written <= 0;
            else if (unit.masked.mask.write) written <= written
                + (32'(unit.masked.mask.write_row) == ROWS - 1 ? CLASSES - (ROWS - 1) * LANES : LANES);
    end else begin : compacted
        always @(posedge clock) if (start && ready) written <= 0;
            else written <= written + $countones(unit.compacted.list.writes);
    end endgenerate

    // Inputs change between edges, so that every edge sees them settled.
    initial begin
        if (!$value$plusargs("stimuli=%s", stimuli) || !$value$plusargs("results=%s", results)) $fatal;
        in = $fopen(stimuli, "r");
        out = $fopen(results, "w");
        @(negedge clock);
        @(negedge clock) reset = 0;
        while ($fscanf(in, "%d", command) == 1) begin
            if (command == 1) build_cuts();
            else decide();
        end
        $fclose(out);
        $finish;
    end

    task build_cuts();
        if ($fscanf(in, "%d %d", given_head, given_beta) != 2) $fatal;
        {head, beta} = {given_head, given_beta};
        load = 1;
        for (i = 0; i < 1 << CODE_BITS; i = i + 1) begin
            load_index = CODE_BITS'(i);
            if ($fscanf(in, "%d", given_probability) != 1) $fatal;
            load_probability = given_probability;
            @(negedge clock);
        end
        load = 0;
        build = 1;
        @(negedge clock) build = 0;
        for (edges = 0; building; edges = edges + 1) @(negedge clock);
        $fdisplay(out, "%0d", edges);
    endtask

    task decide();
        if ($fscanf(in, "%d %d %d %d %d", given_head, given_first, given_rule, read, n) != 5) $fatal;
        {head, first, rule} = {given_head, given_first, given_rule};
        for (i = 0; i < ROWS * LANES; i = i + 1) begin
            // Beyond the scores stands what would win if it were taken for one.
            code = CODE_BITS'(HIGHEST);
            if (i < n) if ($fscanf(in, "%d", code) != 1) $fatal;
            score_memory[i/LANES][i%LANES*CODE_BITS +: CODE_BITS] = code;
        end
        if (!ready) $fatal;
        start = 1;
        @(negedge clock) start = 0;
        for (edges = 1; !done; edges = edges + 1) @(negedge clock);
        $fwrite(out, "%0d %0d %0d %0d", edges, alive, leave, answer);
        $fwrite(out, " %0d %0d %0d", look_ups, shown - 1, written);
        if (read != 0) write_survivors();
        $fwrite(out, "\n");
    endtask

    task write_survivors();
        for (i = 0; i < ROWS * LANES; i = i + 1) begin
            survivor_row = ROW_BITS'(i / LANES);
            if (i % LANES == 0) @(negedge clock);
            if (COMPACT == 0) begin
                if (i < CLASSES && survivors[i%LANES]) $fwrite(out, " %0d", i);
            end else if (i < 32'(alive)) begin
                $fwrite(out, " %0d", survivors[i%LANES*(SURVIVOR_BITS/LANES) +: SURVIVOR_BITS/LANES]);
            end
        end
    endtask
endmodule
