//! What one processing element is in gates, beside what the model counts of it. `tests/rtl/synthesize.sh` writes the files.

use exclusim::arch::Arch;

use crate::{committed, common};

const HEADER: &str =
    "element,fold_overlap,operand_bits,sum_bits,gate_equivalents,flip_flops,cells,longest_path";
const ARRAY_SOURCES: [&str; 9] = [
    "array/pe_moving.sv",
    "array/pe_standing.sv",
    "array/moving.sv",
    "array/standing.sv",
    "array/skew.sv",
    "array/sequencer.sv",
    "array/systolic.sv",
    "gates.ys",
    "gates.awk",
];
const UNIT_SOURCES: [&str; 10] = [
    "unit/exclusion_unit.sv",
    "unit/maximum_tree.sv",
    "unit/running_maximum.sv",
    "unit/population_count.sv",
    "unit/survivor_mask.sv",
    "unit/survivor_list.sv",
    "unit/pack.sv",
    "unit/cut_table.sv",
    "gates.ys",
    "gates.awk",
];

fn arch(element: &str, overlap: &str) -> Arch {
    let dataflow = if element == "moving" { "weight-stationary" } else { "output-stationary" };
    let settings = [
        format!("array.dataflow=\"{dataflow}\""),
        format!("array.fold_overlap=\"{overlap}\""),
        // The element that was synthesized has no flag of a zero.
        "array.zero_gating=false".to_owned(),
    ];
    common::arch_with(&settings).unwrap()
}

/// The model prices the registers there are, but for at most three flags that travel with the operands.
#[test]
fn an_element_has_the_registers_that_are_priced() {
    let text = committed("synthesis_pe.csv", HEADER, &ARRAY_SOURCES);
    let rows = text.iter().map(|line| line.split(',').collect::<Vec<_>>());
    let mut seen = 0;
    for row in rows.filter(|row| !row[0].contains('_') && (row[2], row[3]) == ("8", "32")) {
        let priced = arch(row[0], row[1]).array.register_bits();
        let flags = row[5].parse::<u64>().unwrap().checked_sub(priced);
        assert!(flags.is_some_and(|flags| flags <= 3), "{row:?}: {priced} bits are priced");
        seen += 1;
    }
    assert_eq!(seen, 6);
}

/// `src/arch/unit_gates.rs` fits these rows; here, that they are of the Verilog there is.
#[test]
fn the_unit_was_synthesized_from_its_sources() {
    let header = "part,classes,lanes,compact,heads,code_bits,probability_bits,threshold_bits,gate_equivalents,flip_flops,\
        cells,longest_path";
    assert_eq!(committed("synthesis_unit.csv", header, &UNIT_SOURCES).len(), 44);
}
