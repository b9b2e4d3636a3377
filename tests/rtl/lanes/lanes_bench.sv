// Drives lane_product.sv: reads products from the stimuli (sums, terms, zero point; features; for each sum its weights, bias,
// multiplier and shift) and writes for each the edges it took, its sums and its codes. Edges are counted from that which takes
// in the first operands to that which writes the last code.
`timescale 1ns / 1ns
module lanes_bench #(
    parameter int LANES = 8,
    parameter int FED = 8
);
    localparam int W = 12;
    localparam int MOST = 4096;
    logic clk = 1'b0, start = 1'b0, asks, there;
    logic [W-1:0] sums, terms, sum_asked, term_asked, sum_begun, sum_ended, place;
    logic [FED*8-1:0] features, weights;
    logic signed [31:0] bias, total;
    logic [30:0] multiplier;
    logic [5:0] shift;
    logic signed [7:0] zero_point, code;
    lane_product #(.LANES(LANES), .FED(FED), .W(W)) product (.*);

    logic signed [7:0] feature_of[MOST];
    logic signed [7:0] weight_of[MOST];
    logic signed [31:0] bias_of[MOST];
    logic [30:0] multiplier_of[MOST];
    logic [5:0] shift_of[MOST];
    // What lies beyond a sum's products must not count: it is odd.
    always_comb begin
        for (int lane = 0; lane < FED; lane++) begin
            features[8*lane+:8] = 8'sd77;
            weights[8*lane+:8] = 8'sd91;
            if (asks && int'(term_asked) + lane < int'(terms)) begin
                features[8*lane+:8] = feature_of[int'(term_asked)+lane];
                weights[8*lane+:8] = weight_of[int'(sum_asked)*int'(terms)+int'(term_asked)+lane];
            end
        end
        bias = bias_of[sum_begun];
        multiplier = multiplier_of[sum_ended];
        shift = shift_of[sum_ended];
    end

    string stimuli_file, results_file;
    int stimuli, results, edges, found, read;
    // What a scan writes must not be read by anything else directly (Verilator 5.006 then misses that it changed).
    int given[3];
    initial begin
        if (!$value$plusargs("stimuli=%s", stimuli_file)) $fatal(1, "no +stimuli=");
        if (!$value$plusargs("results=%s", results_file)) $fatal(1, "no +results=");
        stimuli = $fopen(stimuli_file, "r");
        results = $fopen(results_file, "w");
        while ($fscanf(stimuli, "%d %d %d", given[0], given[1], given[2]) == 3) begin
            {sums, terms, zero_point} = {W'(given[0]), W'(given[1]), 8'(given[2])};
            for (int k = 0; k < int'(terms); k++) begin
                read = $fscanf(stimuli, "%d", given[0]);
                feature_of[k] = 8'(given[0]);
            end
            for (int n = 0; n < int'(sums); n++) begin
                for (int k = 0; k < int'(terms); k++) begin
                    read = $fscanf(stimuli, "%d", given[0]);
                    weight_of[n*int'(terms)+k] = 8'(given[0]);
                end
                read = $fscanf(stimuli, "%d %d %d", given[0], given[1], given[2]);
                if (read != 3) $fatal(1, "the stimuli end in a product");
                bias_of[n] = given[0];
                multiplier_of[n] = 31'(given[1]);
                shift_of[n] = 6'(given[2]);
            end
            start = 1'b1;
            #5 clk = 1'b1;
            #5 clk = 1'b0;
            start = 1'b0;
            edges = 0;
            found = 0;
            while (found < int'(sums)) begin
                #5 clk = 1'b1;
                #5 clk = 1'b0;
                edges++;
                if (there) begin
                    if (int'(place) != found) $fatal(1, "sum %0d where %0d was due", place, found);
                    $fwrite(results, "%0d %0d ", total, code);
                    found++;
                end
                if (edges > 1000000) $fatal(1, "no end");
            end
            $fwrite(results, "%0d\n", edges);
        end
        $fclose(results);
        $finish;
    end
endmodule
