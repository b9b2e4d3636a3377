// Runs random products on all designs of one array size. Each line of the stimuli: the design (overlap, + 3 where sums
// stay), exchanged, trimmed, M, N, K, groups, piece of time; then the ifmap, then the filter. Each line of the results:
// edges of work and folds, as the hardware counted them, then all sums.
`timescale 1ns / 1ns
module array_bench #(
    parameter int ROWS = 4,
    parameter int COLS = 4
);
    localparam int W = 24, DESIGNS = 6, WORDS = 1 << 16;

    logic clk = 1'b0, reset = 1'b1, start = 1'b0, exchanged, trimmed;
    int chosen = 0;
    logic [W-1:0] m, n, k, groups, piece;
    byte ifmap[WORDS], filter[WORDS];
    int sums[WORDS];

    logic [DESIGNS-1:0] busy;
    logic [31:0] cycles[DESIGNS], folds[DESIGNS];
    logic [COLS-1:0] sum_store[DESIGNS], sum_add[DESIGNS];
    logic [COLS*W-1:0] sum_address[DESIGNS];
    logic [COLS*32-1:0] sum[DESIGNS];
    for (genvar i = 0; i < DESIGNS; i++) begin : g_design
        logic [ROWS*W-1:0] left_address;
        logic [COLS*W-1:0] top_address;
        logic [ROWS*8-1:0] left;
        logic [COLS*8-1:0] top;
        logic done;
        for (genvar lane = 0; lane < ROWS; lane++) begin : g_left
            wire [15:0] address = left_address[lane*W+:16];
            assign left[lane*8+:8] = exchanged ? filter[address] : ifmap[address];
        end
        for (genvar lane = 0; lane < COLS; lane++) begin : g_top
            wire [15:0] address = top_address[lane*W+:16];
            assign top[lane*8+:8] = exchanged ? ifmap[address] : filter[address];
        end
        gemm #(.SUMS_STAY(1'(i / 3)), .OVERLAP(i % 3), .ROWS(ROWS), .COLS(COLS), .W(W)) gemm (
            .clk, .reset, .start(start && chosen == i), .trimmed, .exchanged, .m, .n, .k, .groups, .piece, .left_address, .left,
            .top_address, .top, .sum_store(sum_store[i]), .sum_add(sum_add[i]), .sum_address(sum_address[i]),
            .sums(sum[i]), .busy(busy[i]), .done, .cycles(cycles[i]), .folds(folds[i])
        );
        wire unused = &{1'b0, left_address, top_address, done};
    end

    // The memory below the array: its ports add up what row folds bring.
    always_ff @(posedge clk) begin
        for (int col = 0; col < COLS; col++) begin
            if (sum_store[chosen][col]) begin
                sums[sum_address[chosen][col*W+:16]] <= sum[chosen][col*32+:32]
                    + (sum_add[chosen][col] ? sums[sum_address[chosen][col*W+:16]] : 0);
            end
        end
    end

    task automatic tick;
        #5 clk = 1'b1;
        #5 clk = 1'b0;
    endtask

    task automatic product(input int results);
        for (int i = 0; i < int'(groups * m * n); i++) sums[i] = 32'h7eadbeef;
        start = 1'b1;
        tick();
        start = 1'b0;
        while (busy[chosen]) tick();
        // The last sums are still in the bottom row's registers.
        tick();
        $fwrite(results, "%0d %0d", cycles[chosen], folds[chosen]);
        for (int i = 0; i < int'(groups * m * n); i++) $fwrite(results, " %0d", sums[i]);
        $fwrite(results, "\n");
    endtask

    string stimuli_file, results_file;
    int stimuli, results;

    // The next number of the stimuli; what a scan writes must not be read by anything else directly (Verilator 5.006
    // then misses that it changed).
    function automatic int next();
        int value;
        if ($fscanf(stimuli, "%d", value) != 1) return -1;
        return value;
    endfunction

    initial begin
        if (!$value$plusargs("stimuli=%s", stimuli_file)) $fatal(1, "no +stimuli=");
        if (!$value$plusargs("results=%s", results_file)) $fatal(1, "no +results=");
        stimuli = $fopen(stimuli_file, "r");
        results = $fopen(results_file, "w");
        tick();
        reset = 1'b0;
        chosen = next();
        while (chosen >= 0) begin
            exchanged = 1'(next());
            trimmed = 1'(next());
            m = W'(next());
            n = W'(next());
            k = W'(next());
            groups = W'(next());
            piece = W'(next());
            for (int i = 0; i < int'(groups * m * k); i++) ifmap[i] = 8'(next());
            for (int i = 0; i < int'(groups * k * n); i++) filter[i] = 8'(next());
            product(results);
            chosen = next();
        end
        $fclose(results);
        $finish;
    end
endmodule
