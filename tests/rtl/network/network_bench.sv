// Runs images through the network. The stimuli: how many words are written, and each as (memory, address, word); the
// memory rule; where the image, the heads' scores and the classifier's scores lie; how many bytes an image has; then
// images, each behind a 0, and -1. Each line of the results: exit, answer, cycles and cycles of the answer, as the hardware
// counted them; then for every head that decided, and for the classifier where it was reached, its number, the survivors
// as a mask (0 for the classifier), how many scores there were, and these.
`timescale 1ns / 1ns
module network_bench #(
    parameter int SUMS_STAY = 0,
    parameter int EXCHANGED = 0,
    parameter int OVERLAP = 0,
    parameter int TRIMMED = 0,
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int LANES = 4,
    parameter int UNIT_LANES = 4,
    parameter int CLASSES = 10,
    parameter int HEADS = 2,
    parameter int COMPACT = 0,
    parameter int HALF_UP = 0,
    parameter int LAYER_SETUP = 8,
    parameter int DECISION = 4
);
    localparam int W = 16;

    logic clk = 1'b0, reset = 1'b1, write = 1'b0, go = 1'b0, building, running, decided, copied;
    logic [2:0] write_to;
    logic [W-1:0] write_at, read_at;
    logic [31:0] write_data, cycles, answer_cycles;
    logic [7:0] read_data;
    logic [1:0] rule = 2'd0;
    logic [$clog2(HEADS + 1)-1:0] exit, head;
    logic [$clog2(CLASSES)-1:0] answer;
    logic [$clog2(CLASSES + 1)-1:0] alive;
    logic [CLASSES-1:0] survivors;
    network #(
        .SUMS_STAY(1'(SUMS_STAY)), .EXCHANGED(1'(EXCHANGED)), .OVERLAP(OVERLAP), .TRIMMED(1'(TRIMMED)), .ROWS(ROWS),
        .COLS(COLS), .LANES(LANES), .UNIT_LANES(UNIT_LANES), .CLASSES(CLASSES), .HEADS(HEADS), .COMPACT(1'(COMPACT)),
        .HALF_UP(1'(HALF_UP)), .LAYER_SETUP(LAYER_SETUP), .DECISION(DECISION), .W(W)
    ) network (.*);

    task automatic tick;
        #5 clk = 1'b1;
        #5 clk = 1'b0;
    endtask

    task automatic put(input logic [2:0] memory, input logic [W-1:0] at, input int data);
        write = 1'b1;
        write_to = memory;
        write_at = at;
        write_data = data;
        tick();
        write = 1'b0;
        #1;
        while (building) tick();
    endtask

    // Decisions of an inference: head, scores it had, survivors.
    int decisions, heads[HEADS], entered[HEADS], masks[HEADS];
    task automatic infer;
        bit copying = 1'b0;
        decisions = 0;
        go = 1'b1;
        tick();
        go = 1'b0;
        #1;
        while (running || copying) begin
            if (decided) begin
                heads[decisions] = int'(head);
                entered[decisions] = COMPACT != 0 ? int'(alive) : CLASSES;
                copying = 1'b1;
            end
            tick();
            #1;
            if (copied) begin
                masks[decisions] = int'(survivors);
                if ($countones(survivors) != int'(alive)) $fatal(1, "%b survive, %0d counted", survivors, alive);
                decisions += 1;
                copying = 1'b0;
            end
        end
    endtask

    string stimuli_file, results_file;
    int stimuli, results, writes, image, length, value, scores[HEADS+1];
    logic [2:0] memory;
    logic [W-1:0] at;
    // The next number of the stimuli; what a scan writes must not be read by anything else directly (Verilator 5.006
    // then misses that it changed).
    function automatic int next();
        int number;
        if ($fscanf(stimuli, "%d", number) != 1) $fatal(1, "the stimuli end early");
        return number;
    endfunction

    task automatic write_scores(input int which, input int mask, input int many);
        $fwrite(results, " %0d %0d %0d", which, mask, many);
        for (int i = 0; i < many; i++) begin
            read_at = W'(scores[which] + i);
            #1 $fwrite(results, " %0d", signed'(read_data));
        end
    endtask

    initial begin
        if (!$value$plusargs("stimuli=%s", stimuli_file)) $fatal(1, "no +stimuli=");
        if (!$value$plusargs("results=%s", results_file)) $fatal(1, "no +results=");
        stimuli = $fopen(stimuli_file, "r");
        results = $fopen(results_file, "w");
        tick();
        reset = 1'b0;
        writes = next();
        for (int i = 0; i < writes; i++) begin
            memory = 3'(next());
            at = W'(next());
            put(memory, at, next());
        end
        rule = 2'(next());
        image = next();
        for (int i = 0; i <= HEADS; i++) scores[i] = next();
        length = next();
        value = next();
        while (value >= 0) begin
            for (int i = 0; i < length; i++) put(3'd0, W'(image + i), next());
            infer();
            $fwrite(results, "%0d %0d %0d %0d", exit, answer, cycles, answer_cycles);
            for (int i = 0; i < decisions; i++) write_scores(heads[i], masks[i], entered[i]);
            if (int'(exit) == HEADS) write_scores(HEADS, 0, COMPACT != 0 ? int'(alive) : CLASSES);
            $fwrite(results, "\n");
            value = next();
        end
        $fclose(results);
        $finish;
    end
endmodule
