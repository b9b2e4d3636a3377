// Drives vector_lane.sv: each line of the stimuli is what stands at its inputs at one edge (operation, first, sum or code,
// multiplier, shift, zero point), each line of the results what stands at its output behind that edge.
`timescale 1ns / 1ns
module lane_bench;
    logic clk = 1'b0, first;
    logic signed [31:0] sum;
    logic [30:0] multiplier;
    logic [5:0] shift;
    logic signed [7:0] zero_point, code, result;
    logic [1:0] operation;
    vector_lane lane (.clk, .sum, .multiplier, .shift, .zero_point, .operation, .first, .code, .result);

    string stimuli_file, results_file;
    int stimuli, results;
    // What a scan writes must not be read by anything else directly (Verilator 5.006 then misses that it changed).
    int given[6];
    initial begin
        if (!$value$plusargs("stimuli=%s", stimuli_file)) $fatal(1, "no +stimuli=");
        if (!$value$plusargs("results=%s", results_file)) $fatal(1, "no +results=");
        stimuli = $fopen(stimuli_file, "r");
        results = $fopen(results_file, "w");
        while ($fscanf(stimuli, "%d %d %d %d %d %d", given[0], given[1], given[2], given[3], given[4], given[5]) == 6) begin
            {operation, first} = {2'(given[0]), 1'(given[1])};
            {sum, code} = {given[2], 8'(given[2])};
            {multiplier, shift, zero_point} = {31'(given[3]), 6'(given[4]), 8'(given[5])};
            #5 clk = 1'b1;
            #5 clk = 1'b0;
            $fwrite(results, "%0d\n", result);
        end
        $fclose(results);
        $finish;
    end
endmodule
