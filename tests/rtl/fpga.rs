//! Arrays and exclusion units on FPGA families, as yosys maps them: `synthesis_fpga.csv` against closed forms.
//!
//! DSP blocks and flip-flops of an array are exact; its LUTs on 7-series and, where sums stay, everywhere. What the forms
//! count is in `docs/rtl.md`.

use std::collections::BTreeSet;

use crate::committed;

const HEADER: &str =
    "family,part,fold_overlap,rows_or_classes,cols_or_lanes,dsp,flip_flops,lut,carry,block_ram";
const SOURCES: [&str; 14] = [
    "array/pe_moving.sv",
    "array/pe_standing.sv",
    "array/moving.sv",
    "array/standing.sv",
    "array/skew.sv",
    "unit/exclusion_unit.sv",
    "unit/maximum_tree.sv",
    "unit/running_maximum.sv",
    "unit/population_count.sv",
    "unit/survivor_mask.sv",
    "unit/survivor_list.sv",
    "unit/pack.sv",
    "unit/cut_table.sv",
    "fpga.awk",
];

struct Row {
    family: String,
    part: String,
    overlap: String,
    /// Rows and columns, or classes and lanes.
    size: [u64; 2],
    dsp: u64,
    flip_flops: u64,
    lut: u64,
}

fn rows() -> Vec<Row> {
    let row = |line: &String| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |i: usize| cells[i].parse().unwrap();
        Row {
            family: cells[0].into(),
            part: cells[1].into(),
            overlap: cells[2].into(),
            size: [number(3), number(4)],
            dsp: number(5),
            flip_flops: number(6),
            lut: number(7),
        }
    };
    committed("synthesis_fpga.csv", HEADER, &SOURCES).iter().map(row).collect()
}

/// Flip-flops of an array of `a` rows and `b` columns; `absorbed` where the DSP block takes in the operands' registers and,
/// where sums move, the sum's (7-series).
fn array_flip_flops(standing: bool, doubled: bool, absorbed: bool, [a, b]: [u64; 2]) -> u64 {
    let skew = |lanes: u64| lanes * (lanes - 1) / 2;
    let passed_on = 8 * a * (b - 1);
    if standing {
        assert!(doubled);
        let flags = 2 * skew(a) + 2 * a * (b - 1) + (a - 1) * b;
        let whole = 64 * a * b + passed_on + 8 * (a - 1) * b + 8 * (skew(a) + skew(b)) + flags;
        // Two bytes deep at the end of each row and column.
        return whole - if absorbed { 16 * (a + b) } else { 0 };
    }
    // The sums of two rows are narrower: 16 and 17 bits.
    let sums = if absorbed { 0 } else { 32 * a * b - 31 * b };
    let operands = passed_on + 8 * skew(a) - if absorbed { 16 * a } else { 0 };
    let stationary = match (doubled, absorbed) {
        (false, true) => 0,
        (false, false) => 8 * a * b,
        // Both weights, the load's skew, its flags one a column, the swap's one a diagonal, the load's front.
        (true, _) => 16 * a * b + 8 * skew(b) + 2 * (b - 1) + (a + b - 2) + (a - 1) * b,
    };
    sums + operands + stationary
}

#[test]
fn an_array_takes_the_blocks_that_are_counted() {
    let mut seen = BTreeSet::new();
    for Row { family, part, overlap, size, dsp, flip_flops, lut } in rows() {
        if part == "unit" {
            continue;
        }
        let [a, b] = size;
        let name = format!("{family} {part} {overlap} {a} x {b}");
        let (standing, doubled) = (part == "standing", overlap == "double-buffered");
        assert_eq!(dsp, a * b, "{name}: a DSP block each product");
        assert_eq!(flip_flops, array_flip_flops(standing, doubled, family == "xc7", size), "{name}");
        // The swap's multiplexer and enable; the multiplexers in front of sum and drain; what is no DSP's adder.
        let selects = match (standing, doubled) {
            (true, _) => 66 * a * b - b,
            (false, true) => 9 * a * b + (a - 2) * b,
            (false, false) => 0,
        };
        match (family.as_str(), standing) {
            ("xc7", _) | ("xcup", true) => assert_eq!(lut, selects, "{name}"),
            ("xcup", false) => assert_eq!(lut, selects + 32 * (a - 2) * b + b, "{name}"),
            _ => {
                let adders = (lut - selects) as f64 / (32 * a * b) as f64;
                assert!((0.6..1.1).contains(&adders), "{name}: {adders:.2} of an adder an element");
            }
        }
        seen.insert((family, part, overlap, size));
    }
    assert!(seen.len() >= 15, "{}", seen.len());
}

/// One multiplier makes the cuts. Flip-flops are within 2 % of a form in lanes and bits of a class number, and families
/// differ by a constant, what their DSP block takes in; LUTs are within 7 %, on ECP5 within 20 %. Fitted to these rows.
#[test]
fn a_unit_takes_the_blocks_that_are_fitted() {
    let units: Vec<Row> = rows().into_iter().filter(|row| row.part == "unit").collect();
    assert_eq!(units.len(), 27);
    for Row { family, size: [classes, lanes], dsp, flip_flops, lut, .. } in units {
        let class_bits = f64::from(classes.next_power_of_two().trailing_zeros());
        let form = |[one, lane, bit]: [f64; 3]| one + lane * lanes as f64 + bit * class_bits;
        let (more, luts, band) = match family.as_str() {
            "xc7" => (0.0, [50.6, 33.0, 9.7], 0.07),
            "xcup" => (50.0, [132.2, 34.4, 11.3], 0.07),
            _ => (103.0, [98.9, 48.0, 37.0], 0.20),
        };
        let name = format!("{family}, {classes} classes, {lanes} lanes");
        assert_eq!(dsp, 1, "{name}");
        let found = form([34.4 + more, 12.3, 6.7]) / flip_flops as f64;
        assert!((found - 1.0).abs() <= 0.02, "{name}: {found:.3} of {flip_flops} flip-flops");
        let found = form(luts) / lut as f64;
        assert!((found - 1.0).abs() <= band, "{name}: {found:.3} of {lut} LUTs");
    }
}
