//! The table of the parity figure: cycles that hardware and SCALE-Sim counted, beside the model's, from their committed
//! results. After a change of the model that an oracle explains: `EXCLUSIM_BLESS=1 cargo test --test suite oracle::`.

use std::fmt::Write;

use exclusim::interop::scale_sim::ScaleSimRow;
use exclusim::machine::{EdgeFolds, FoldOverlap};
use exclusim::map::{Dataflow, FoldPlan};
use exclusim::shape::Gemm;
use exclusim::time::array_cycles;

use super::scale_sim::{Record, array, gemms, number, records, topology};

/// A product that the Verilog of the array computed.
fn verilog(record: &Record) -> (String, u64, u64) {
    let dataflow = match record["dataflow"].as_str() {
        "output-stationary" => Dataflow::OutputStationary,
        "weight-stationary" => Dataflow::WeightStationary,
        "input-stationary" => Dataflow::InputStationary,
        other => panic!("{other}"),
    };
    let overlap = match record["fold_overlap"].as_str() {
        "none" => FoldOverlap::None,
        "global-swap" => FoldOverlap::GlobalSwap,
        "double-buffered" => FoldOverlap::DoubleBuffered,
        other => panic!("{other}"),
    };
    let edges = if record["edge_folds"] == "trimmed" { EdgeFolds::Trimmed } else { EdgeFolds::Full };
    let [rows, cols, groups, m, n, k] =
        ["array_rows", "array_cols", "groups", "m", "n", "k"].map(|column| number(record, column));
    let plan =
        FoldPlan::new(&Gemm { groups, m, n, k }, dataflow, rows, cols).split_time(number(record, "piece"));
    let case = ["dataflow", "fold_overlap", "edge_folds"].map(|column| record[column].as_str()).join(" ");
    let case = format!("{case} {rows}x{cols}: {groups}x {m}x{n}x{k}");
    (case, number(record, "cycles"), array_cycles(&plan, overlap, edges).total())
}

/// A layer of a public network, without stalls: their count, ours by their rules, ours by default.
fn scale_sim(record: &Record) -> (String, u64, [u64; 2]) {
    let array = array(record);
    let [(_, gemm)] = gemms(&topology(record)).try_into().unwrap();
    let plan = FoldPlan::new(&gemm, array.dataflow, array.rows, array.cols);
    let default = array_cycles(&plan, FoldOverlap::None, EdgeFolds::Full).total();
    let names =
        ["network", "layer", "tool_version", "mode", "dataflow"].map(|column| record[column].as_str());
    let case = format!("{} {}x{}", names.join(" "), array.rows, array.cols);
    let theirs = number(record, "total_cycles") - number(record, "stall_cycles");
    (case, theirs, [ScaleSimRow::new(&gemm, &array).total_cycles, default])
}

#[test]
fn the_table_of_parity_is_what_the_committed_results_give() {
    let mut text = String::from("source,case,reference_cycles,model_cycles\n");
    let mut differ = [0, 0, 0];
    let mut row = |source: usize, case: &str, theirs: u64, ours: u64| {
        let name = ["Verilog of the array", "SCALE-Sim, by its rules", "SCALE-Sim, by ours"][source];
        writeln!(text, "\"{name}\",\"{case}\",{theirs},{ours}").unwrap();
        differ[source] += usize::from(theirs != ours);
    };
    for record in records("../rtl/array.csv") {
        let (case, theirs, ours) = verilog(&record);
        row(0, &case, theirs, ours);
    }
    for record in records("scale_sim_public.csv") {
        let (case, theirs, [by_their_rules, by_default]) = scale_sim(&record);
        row(1, &case, theirs, by_their_rules);
        row(2, &case, theirs, by_default);
    }
    // The default model counts the last cycle, and drains: it must differ from SCALE-Sim everywhere.
    assert_eq!(differ, [0, 0, 586]);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/parity.csv");
    if std::env::var_os("EXCLUSIM_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == text,
        "parity.csv is not what the results give"
    );
}
