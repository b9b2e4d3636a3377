//! What one processing element is in gates, beside what the model counts of it. `tests/rtl/synthesize.sh` writes the files.

use exclusim::arch::Arch;
use exclusim::unit::{Unit, UnitRule, UnitSize};

use super::{ARRAY, UNIT, committed, distance_sources};
use crate::common;

const HEADER: &str = "element,fold_overlap,operand_bits,sum_bits,gate_equivalents,flip_flops,cells,longest_path,with_full_adders";
const ARRAY_OWN: [&str; 7] = [
    "array/sequencer.sv",
    "array/systolic.sv",
    "full_adder.v",
    "full_adder.awk",
    "full_adders.ys",
    "gates.ys",
    "gates.awk",
];
const UNIT_HEADER: &str = "part,classes,lanes,compact,heads,code_bits,probability_bits,threshold_bits,gate_equivalents,flip_flops,cells,longest_path";
const UNIT_OWN: [&str; 2] = ["gates.ys", "gates.awk"];

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

/// Synthesized for 8-bit operands and 32-bit sums.
struct Row {
    part: String,
    overlap: String,
    gates: f64,
    flip_flops: u64,
    with_full_adders: Option<f64>,
}

fn rows() -> Vec<Row> {
    let text = committed("synthesis_pe.csv", HEADER, &[&ARRAY[..], &ARRAY_OWN].concat());
    let rows = text.iter().map(|line| line.split(',').collect::<Vec<_>>());
    let row = |row: Vec<&str>| Row {
        part: row[0].to_owned(),
        overlap: row[1].to_owned(),
        gates: row[4].parse().unwrap(),
        flip_flops: row[5].parse().unwrap(),
        with_full_adders: row[8].parse().ok(),
    };
    rows.filter(|row| (row[2], row[3]) == ("8", "32")).map(row).collect()
}

fn elements() -> Vec<Row> {
    let elements: Vec<_> = rows().into_iter().filter(|row| !row.part.contains('_')).collect();
    assert_eq!(elements.len(), 6);
    elements
}

/// The model prices the registers there are, but for at most three flags that travel with the operands.
#[test]
fn an_element_has_the_registers_that_are_priced() {
    for Row { part, overlap, flip_flops, .. } in elements() {
        let priced = arch(&part, &overlap).machine.array.register_bits();
        let flags = flip_flops.checked_sub(priced);
        assert!(flags.is_some_and(|flags| flags <= 3), "{part} {overlap}: {priced} bits of {flip_flops}");
    }
}

/// The price lies between what yosys makes of an element with full-adder cells that ripple, the smallest there is, and of
/// plain gates, where it merges product and sum into one adder over all bits.
#[test]
fn an_element_has_the_area_that_is_priced() {
    for Row { part, overlap, gates, with_full_adders, .. } in elements() {
        let arch = arch(&part, &overlap);
        let gate = common::technology(&arch).logic.gate.area.0;
        let [small, large] =
            [with_full_adders.unwrap(), gates].map(|gates| common::element_area(&arch) / (gates * gate));
        assert!((1.25..1.65).contains(&small), "{part} {overlap}: {small:.3} of one with full adders");
        assert!((0.80..0.90).contains(&large), "{part} {overlap}: {large:.3} of plain gates");
    }
}

/// An array is its elements, its sequencer, its skew registers, and what follows the waves: nothing was optimized away.
#[test]
fn an_array_is_what_it_is_made_of() {
    let rows = rows();
    let mut seen = 0;
    for array in rows.iter().filter(|row| row.part.starts_with("array_")) {
        let part = |prefix: &str| {
            let name = array.part.replace("array_", prefix);
            rows.iter().find(|row| row.part == name && row.overlap == array.overlap).unwrap()
        };
        let (element, sequencer) = (part(""), part("sequencer_"));
        // A byte for each row and edge of delay; where sums stay for each column, too.
        let skew = 8 * 6 * if array.part.ends_with("standing") { 2 } else { 1 };
        let least = 16 * element.flip_flops + sequencer.flip_flops + skew;
        assert!(array.flip_flops >= least, "{}: {} flip-flops of {least}", array.part, array.flip_flops);
        let elements = 16.0 * element.gates / array.gates;
        assert!((0.6..1.0).contains(&elements), "{}: elements are {elements:.2} of it", array.part);
        seen += 1;
    }
    assert_eq!(seen, 6);
}

/// All of a unit of `distance`, synthesized in one, beside its parts as they are fitted.
#[test]
fn a_unit_of_distances_is_what_it_is_made_of() {
    let sources = [&distance_sources()[..], &UNIT_OWN].concat();
    let mut whole = 0;
    for line in committed("synthesis_distance.csv", UNIT_HEADER, &sources) {
        let (part, numbers) = line.split_once(',').unwrap();
        let numbers: Vec<u64> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
        let [classes, lanes, compact, heads, code_bits, _, _, gates, _, _, longest] = numbers[..] else {
            panic!("{line}")
        };
        let code_bits = u32::try_from(code_bits).unwrap();
        let default = UnitSize::of_default_bits(6, 10);
        let size = UnitSize { heads, classes, code_bits, rule: UnitRule::Distance, ..default };
        let unit = Unit { size, lanes, compact: compact == 1 };
        let ratio = match part {
            "cuts" => unit.cut_gates(),
            _ => unit.cut_gates() + unit.deciding_gates(),
        } / gates as f64;
        whole += u32::from(part == "whole");
        // One register of 8 bits per head is a memory here, which weighs nothing, and the subtraction is no longer a path
        // than the rest of the unit has.
        assert!((0.88..1.12).contains(&ratio), "{line}: {ratio:.3} of the gates");
        assert!(longest <= 14, "{line}");
    }
    assert_eq!(whole, 6);
}

/// `src/unit/parts.rs` fits these rows; here, that they are of the Verilog there is.
#[test]
fn the_unit_was_synthesized_from_its_sources() {
    assert_eq!(committed("synthesis_unit.csv", UNIT_HEADER, &[&UNIT[..], &UNIT_OWN].concat()).len(), 44);
}
