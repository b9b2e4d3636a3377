//! Arrays, units and lanes on FPGA families, as yosys maps them: `synthesis_fpga.csv` and `synthesis_fpga_blocks.csv` against the
//! closed forms of `cost::fpga`.
//!
//! DSP blocks, flip-flops and LUTs of an array are exact. What the forms count is in `docs/fpga.md`.

use std::collections::BTreeSet;

use exclusim::arch::MacStyle;
use exclusim::cost::fpga::{array_blocks, lut_element, vector_lane};
use exclusim::machine::{Array, DataflowChoice, EdgeFolds, FoldOverlap};
use exclusim::map::Dataflow;
use exclusim::tech::fpga::{Family, Resource, Resources};
use exclusim::unit::{Unit, UnitRule, UnitSize, unit_logic, unit_lut_band, unit_memories};
use exclusim::units::real;

use super::{ARRAY, UNIT, committed, distance_sources};

const HEADER: &str =
    "family,part,fold_overlap,rows_or_classes,cols_or_lanes,dsp,flip_flops,lut,carry,block_ram";

struct Row {
    family: String,
    part: String,
    overlap: String,
    /// Rows and columns, or classes and lanes.
    size: [u64; 2],
    dsp: u64,
    flip_flops: u64,
    lut: u64,
    block_ram: u64,
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
            block_ram: number(9),
        }
    };
    let sources = [&ARRAY[..], &UNIT, &["fpga.awk"]].concat();
    committed("synthesis_fpga.csv", HEADER, &sources).iter().map(row).collect()
}

const BLOCKS_HEADER: &str = "family,part,rows_or_classes,cols_or_lanes,dsp,flip_flops,lut,carry,block_ram";
const BLOCKS_OWN: [&str; 3] = ["fpga/packed_array.sv", "fpga/vector_lane.sv", "fpga.awk"];

/// Rows of the other file; the number at the end of a part's name is its overlap.
fn block_rows() -> Vec<Row> {
    let sources = [&ARRAY[..], &UNIT, &BLOCKS_OWN].concat();
    committed("synthesis_fpga_blocks.csv", BLOCKS_HEADER, &sources)
        .iter()
        .map(|line| block_row(line))
        .collect()
}

fn block_row(line: &str) -> Row {
    let cells: Vec<&str> = line.split(',').collect();
    let number = |i: usize| cells[i].parse().unwrap();
    let (part, overlap) = match cells[1].rsplit_once('_') {
        Some((part, overlap)) if ["0", "1", "2"].contains(&overlap) => {
            (part, ["none", "global-swap", "double-buffered"][overlap.parse::<usize>().unwrap()])
        }
        _ => (cells[1], "-"),
    };
    let (size, dsp) = ([number(2), number(3)], number(4));
    let (family, part, overlap) = (cells[0].into(), part.into(), overlap.into());
    Row { family, part, overlap, size, dsp, flip_flops: number(5), lut: number(6), block_ram: number(8) }
}

fn family(row: &Row) -> Family {
    match row.family.as_str() {
        "xc7" => Family::Series7,
        "xcup" => Family::UltraScalePlus,
        _ => Family::Ecp5,
    }
}

/// The array of a row as the model has it.
fn array(row: &Row, dataflow: Dataflow) -> Array {
    let dataflow = DataflowChoice::Only(dataflow);
    Array {
        rows: row.size[0],
        cols: row.size[1],
        dataflow,
        head_dataflow: dataflow,
        fc_dataflow: dataflow,
        fold_overlap: match row.overlap.as_str() {
            "double-buffered" => FoldOverlap::DoubleBuffered,
            "global-swap" => FoldOverlap::GlobalSwap,
            _ => FoldOverlap::None,
        },
        edge_folds: EdgeFolds::Full,
        zero_gating: false,
    }
}

fn counts(row: &Row) -> [u64; 3] {
    [row.dsp, row.flip_flops, row.lut]
}

fn modelled(blocks: Resources) -> [u64; 3] {
    [Resource::Dsp, Resource::FlipFlop, Resource::Lut].map(|resource| blocks[resource])
}

/// yosys absorbs operands' registers, adders and sums into 7-series' DSP blocks alone: the closed forms with and without.
#[test]
fn an_array_takes_the_blocks_that_are_counted() {
    let mut seen = BTreeSet::new();
    let arrays = |rows: Vec<Row>| rows.into_iter().filter(|row| ["moving", "standing"].contains(&&*row.part));
    for row in arrays(rows()).chain(arrays(block_rows())) {
        let dataflow =
            if row.part == "standing" { Dataflow::OutputStationary } else { Dataflow::WeightStationary };
        let absorbed = row.family == "xc7";
        let found = array_blocks(&array(&row, dataflow), MacStyle::Dsp, family(&row), absorbed);
        let name = format!("{} {} {} {:?}", row.family, row.part, row.overlap, row.size);
        assert_eq!(modelled(found), counts(&row), "{name}");
        seen.insert((row.family, row.part, row.overlap, row.size));
    }
    assert!(seen.len() >= 30, "{}", seen.len());
}

/// Two products a DSP block; the array that was synthesized has no skew registers.
#[test]
fn a_packed_array_takes_the_blocks_that_are_counted() {
    let packed: Vec<Row> = block_rows().into_iter().filter(|row| row.part == "packed").collect();
    assert_eq!(packed.len(), 8);
    for row in packed {
        let absorbed = row.family == "xc7";
        let array = array(&row, Dataflow::WeightStationary);
        let found = modelled(array_blocks(&array, MacStyle::DspPacked, family(&row), absorbed));
        let skew = 8 * row.size[0] * (row.size[0] - 1) / 2;
        let name = format!("{} {:?}", row.family, row.size);
        assert_eq!([found[0], found[1] - skew, found[2]], counts(&row), "{name}");
    }
}

/// Without DSP blocks the LUTs of an array are fitted, its flip-flops exact.
#[test]
fn an_array_of_luts_takes_the_blocks_that_are_fitted() {
    let of_luts: Vec<Row> =
        block_rows().into_iter().filter(|row| row.part.starts_with("lut_array")).collect();
    assert_eq!(of_luts.len(), 12);
    for row in of_luts {
        let stays = row.part.ends_with("standing");
        let dataflow = if stays { Dataflow::OutputStationary } else { Dataflow::WeightStationary };
        let found = modelled(array_blocks(&array(&row, dataflow), MacStyle::Lut, family(&row), false));
        let name = format!("{} {} {:?}", row.family, row.part, row.size);
        assert_eq!(found[..2], counts(&row)[..2], "{name}");
        let ratio = real(found[2]) / real(row.lut);
        assert!((ratio - 1.0).abs() <= 0.02, "{name}: {ratio:.4} of LUTs");
    }
}

#[test]
fn elements_of_luts_and_lanes_take_the_blocks_that_are_counted() {
    let mut tried = 0;
    for row in block_rows() {
        let doubled = row.overlap == "double-buffered";
        match row.part.as_str() {
            "vector_lane" => assert_eq!(modelled(vector_lane(family(&row))), counts(&row), "{}", row.family),
            "lut_moving" => assert_eq!(lut_element(family(&row), false, doubled), row.lut),
            "lut_standing" => assert_eq!(lut_element(family(&row), true, doubled), row.lut),
            _ => continue,
        }
        tried += 1;
    }
    assert_eq!(tried, 15);
}

/// One multiplier makes the cuts. Flip-flops are within 2 % of a form in lanes and bits of a class number (compacting 3 %), and
/// families differ by a constant, what their DSP block takes in; LUTs are within 7 %, on ECP5 within 20 % (compacting within 12 %,
/// on ECP5 a factor of 1.7). Fitted to these rows. Blocks of RAM are those that yosys took.
#[test]
fn a_unit_takes_the_blocks_that_are_fitted() {
    let of = |rows: Vec<Row>, part: &str| rows.into_iter().filter(|row| row.part == part).collect::<Vec<_>>();
    let (plain, compacting) = (of(rows(), "unit"), of(block_rows(), "compacting"));
    assert_eq!((plain.len(), compacting.len()), (27, 12));
    for (row, compact) in plain.iter().map(|row| (row, false)).chain(compacting.iter().map(|row| (row, true)))
    {
        let family = family(row);
        let unit = UnitSize::of_default_bits(6, usize::try_from(row.size[0]).unwrap());
        let shape = unit.built(row.size[1], compact);
        let [dsp, flip_flops, lut] = modelled(unit_logic(shape, family));
        let name = format!("{} {:?} {compact}", row.family, row.size);
        assert_eq!(dsp, row.dsp, "{name}");
        let ratio = real(flip_flops) / real(row.flip_flops);
        assert!((ratio - 1.0).abs() <= if compact { 0.03 } else { 0.02 }, "{name}: {ratio:.3} of flip-flops");
        let [least, most] = match (family, compact) {
            (Family::Ecp5, true) => [1.0 / 1.7, 1.2],
            (Family::Ecp5, false) => [0.8, 1.2],
            (_, true) => [0.88, 1.12],
            (_, false) => [0.93, 1.07],
        };
        let band = unit_lut_band(shape, family);
        assert!(real(row.lut) <= band * real(lut), "{name}: {} LUTs, at most {band} x {lut}", row.lut);
        let ratio = real(lut) / real(row.lut);
        assert!((least..=most).contains(&ratio), "{name}: {ratio:.3} of LUTs");
        // Scores lie outside the unit that was synthesized; here they are few enough to lie in LUTs, or wide.
        let alone = Unit { lanes: 1, size: UnitSize { classes: 2, ..shape.size }, ..shape };
        assert_eq!(unit_memories(alone, family)[Resource::BlockRam], row.block_ram, "{name}");
    }
}

/// The unit of `distance` has no multiplier and no table; what else it takes is that of class exclusion, or less.
#[test]
fn a_unit_of_distances_takes_no_more_than_is_fitted() {
    let sources = [&distance_sources()[..], &["fpga.awk"]].concat();
    let lines = committed("synthesis_fpga_distance.csv", BLOCKS_HEADER, &sources);
    for line in &lines {
        let row = block_row(line);
        let family = family(&row);
        let size = UnitSize::of_default_bits(6, usize::try_from(row.size[0]).unwrap());
        let unit = UnitSize { rule: UnitRule::Distance, ..size }.built(row.size[1], false);
        let [dsp, flip_flops, lut] = modelled(unit_logic(unit, family));
        assert_eq!((dsp, row.dsp, row.block_ram), (0, 0, 0), "{line}");
        let ratio = real(flip_flops) / real(row.flip_flops);
        assert!((0.98..1.02).contains(&ratio), "{line}: {ratio:.3} of flip-flops");
        assert!(real(row.lut) <= unit_lut_band(unit, family) * real(lut), "{line}: {lut} LUTs");
    }
    assert_eq!(lines.len(), 9);
}
