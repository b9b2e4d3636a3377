// Drives packed_array.sv: each line of the stimuli is what stands at its inputs at one edge (load, an activation for each row,
// a weight for each column), each line of the results its sums behind that edge, a column each.
`timescale 1ns / 1ns
module packed_bench #(
    parameter int ROWS = 4,
    parameter int COLS = 4
);
    logic clk = 1'b0, load;
    logic [ROWS*8-1:0] x;
    logic [COLS*8-1:0] w;
    logic [COLS*32-1:0] sums;
    packed_array #(.ROWS(ROWS), .COLS(COLS)) array (.clk, .load, .x, .w, .sums);

    string stimuli_file, results_file;
    int stimuli, results;
    // The next number of the stimuli; what a scan writes must not be read by anything else directly (Verilator 5.006
    // then misses that it changed).
    function automatic int next();
        int value;
        if ($fscanf(stimuli, "%d", value) != 1) return -1000;
        return value;
    endfunction

    int flag;
    initial begin
        if (!$value$plusargs("stimuli=%s", stimuli_file)) $fatal(1, "no +stimuli=");
        if (!$value$plusargs("results=%s", results_file)) $fatal(1, "no +results=");
        stimuli = $fopen(stimuli_file, "r");
        results = $fopen(results_file, "w");
        flag = next();
        while (flag >= 0) begin
            load = 1'(flag);
            for (int row = 0; row < ROWS; row++) x[row*8+:8] = 8'(next());
            for (int col = 0; col < COLS; col++) w[col*8+:8] = 8'(next());
            #5 clk = 1'b1;
            #5 clk = 1'b0;
            for (int col = 0; col < COLS; col++) $fwrite(results, "%0d ", signed'(sums[col*32+:32]));
            $fwrite(results, "\n");
            flag = next();
        end
        $fclose(results);
        $finish;
    end
endmodule
