//! A head's product on the lanes of the vector unit: `lanes/` simulated against the model and replay, and synthesized against what
//! is priced.
//!
//! A row of `lanes.csv` is a product that the hardware computed: the edges that it took, its sums and its codes. Sizes and
//! operands follow from seeds, here and there.

use std::collections::BTreeSet;
use std::fmt::Write;

use exclusim::arch::MacStyle;
use exclusim::cost::fpga::lane_multipliers;
use exclusim::cost::prices;
use exclusim::count::Component;
use exclusim::machine::LaneTree;
use exclusim::replay::Requant;
use exclusim::tech::fpga::{Family, Resource};
use exclusim::unit::UnitSize;
use exclusim::units::real;

use super::fpga_blocks::replayed;
use super::network::multiplier;
use super::{Bench, Mode, Random, checksum, committed, differences, witness};
use crate::common::{self, arch_with};
use crate::stepped::lanes::modelled;

const FILE: &str = "lanes.csv";
const HEADER: &str = "lanes,fed,sums,terms,cycles,totals,codes";
const SOURCES: [&str; 4] =
    ["lanes/lanes_bench.sv", "lanes/lane_product.sv", "lanes/lane_sum.sv", "lanes/lane_tree.sv"];
/// Lanes, and bytes that the ports give; the first is the sample.
const SIZES: [(usize, usize); 7] = [(5, 3), (1, 1), (8, 8), (16, 16), (12, 5), (64, 64), (128, 96)];
/// Products on each.
const EACH: u64 = 30;

struct Case {
    lanes: usize,
    fed: usize,
    zero_point: i32,
    features: Vec<i8>,
    /// A row per sum.
    weights: Vec<Vec<i8>>,
    bias: Vec<i32>,
    scales: Vec<f32>,
}

fn cases((lanes, fed): (usize, usize)) -> impl Iterator<Item = Case> {
    (0..EACH).map(move |i| {
        let mut random = Random::new(u64::try_from(lanes * 1000 + fed).unwrap() * 1000 + i);
        let mut size = |most: usize| 1 + usize::try_from(random.below(u64::try_from(most).unwrap())).unwrap();
        let (sums, terms) = (size(24), size(3 * lanes + 2).min(4096 / 24));
        let zero_point = [0, -128, 93][size(3) - 1];
        let features = (0..terms).map(|_| random.byte()).collect();
        let weights = (0..sums).map(|_| (0..terms).map(|_| random.byte()).collect()).collect();
        let bias = (0..sums).map(|_| i32::try_from(random.below(20_000)).unwrap() - 10_000).collect();
        let scale =
            |random: &mut Random| f32::exp2(-6.0 - f32::from(u16::try_from(random.below(4)).unwrap()));
        let scales = (0..sums)
            .map(|_| {
                let more = f32::from(u16::try_from(random.below(1 << 16)).unwrap());
                scale(&mut random) * (1.0 + more / 65536.0)
            })
            .collect();
        Case { lanes, fed, zero_point, features, weights, bias, scales }
    })
}

impl Case {
    fn stimulus(&self, text: &mut String) {
        write!(text, "{} {} {}", self.weights.len(), self.features.len(), self.zero_point).unwrap();
        self.features.iter().for_each(|feature| write!(text, " {feature}").unwrap());
        for ((weights, bias), &scale) in self.weights.iter().zip(&self.bias).zip(&self.scales) {
            weights.iter().for_each(|weight| write!(text, " {weight}").unwrap());
            let (multiplier, shift) = multiplier(f64::from(scale));
            write!(text, " {bias} {multiplier} {shift}").unwrap();
        }
        text.push('\n');
    }

    fn row(&self, cycles: u64, totals: &[i32], codes: &[i32]) -> String {
        let (lanes, fed, sums, terms) = (self.lanes, self.fed, self.weights.len(), self.features.len());
        format!("{lanes},{fed},{sums},{terms},{cycles},{:016x},{:016x}", checksum(totals), checksum(codes))
    }

    /// Cycles of the model, sums by their definition, codes of replay.
    fn expected(&self) -> String {
        let total = |(weights, bias): (&Vec<i8>, &i32)| {
            let products = self.features.iter().zip(weights).map(|(x, w)| i32::from(*x) * i32::from(*w));
            bias + products.sum::<i32>()
        };
        let totals: Vec<i32> = self.weights.iter().zip(&self.bias).map(total).collect();
        let codes = replayed(Requant::FixedPoint, self.zero_point, &self.scales, &totals);
        let shape = [1, self.weights.len(), self.features.len()];
        self.row(modelled(shape, self.lanes, self.fed), &totals, &codes)
    }
}

fn simulated((lanes, fed): (usize, usize)) -> Vec<String> {
    let parameters =
        [("LANES", lanes), ("FED", fed)].map(|(name, size)| (name, u64::try_from(size).unwrap()));
    let bench = Bench { top: "lanes_bench", sources: &SOURCES, parameters: &parameters };
    let (mut text, cases) = (String::new(), cases((lanes, fed)).collect::<Vec<_>>());
    cases.iter().for_each(|case| case.stimulus(&mut text));
    let found = bench.run(&text);
    assert_eq!(found.lines().count(), cases.len());
    let row = |(case, line): (&Case, &str)| {
        let numbers: Vec<i32> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let (cycles, pairs) = numbers.split_last().unwrap();
        let totals: Vec<i32> = pairs.iter().step_by(2).copied().collect();
        let codes: Vec<i32> = pairs.iter().skip(1).step_by(2).copied().collect();
        case.row(u64::try_from(*cycles).unwrap(), &totals, &codes)
    };
    cases.iter().zip(found.lines()).map(row).collect()
}

#[test]
fn lanes_compute_heads_in_as_many_cycles() {
    let simulate = |mode| {
        let sizes = SIZES.iter().filter(|size| mode != Mode::Sample || **size == SIZES[0]);
        sizes.flat_map(|&size| simulated(size)).collect()
    };
    let committed = witness(FILE, HEADER, &SOURCES, simulate);
    let expected: Vec<String> =
        SIZES.iter().flat_map(|&size| cases(size)).map(|case| case.expected()).collect();
    let wrong = differences(&committed, &expected);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Sums of one step and of several, of whole and of ragged words.
    let kinds: BTreeSet<(bool, bool)> = SIZES
        .iter()
        .flat_map(|&size| cases(size))
        .map(|case| (case.features.len() > case.fed, case.features.len().is_multiple_of(case.fed)))
        .collect();
    assert_eq!(kinds.len(), 4);
    // A cycle more or less is another row.
    let (case, one) = (cases(SIZES[0]).next().unwrap(), &committed[0]);
    let cycles: u64 = one.split(',').nth(4).unwrap().parse().unwrap();
    let again = |cycles: u64| one.replacen(&format!(",{cycles},"), "", 1);
    assert!(again(cycles) != *one && case.expected() == *one);
}

const SYNTHESIZED: [&str; 2] = ["lanes/lane_sum.sv", "lanes/lane_tree.sv"];

fn synthesized(file: &str, header: &str, more: &[&str]) -> Vec<Vec<String>> {
    let rows = committed(file, header, &[&SYNTHESIZED[..], more].concat());
    rows.iter().map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

/// The registers that are priced are there; yosys drops a copy of the sign where an odd sum passes on. The price of the area lies
/// above what it makes of plain gates, as far as that of its multiplier does.
#[test]
fn lanes_have_what_is_priced() {
    let rows = synthesized(
        "synthesis_lanes.csv",
        "lanes,gate_equivalents,flip_flops,cells,longest_path",
        &["gates.ys", "gates.awk"],
    );
    assert_eq!(rows.len(), 6);
    let area = |settings: &[String]| {
        let arch = arch_with(settings).unwrap();
        let gate = common::technology(&arch).logic.gate.area.0;
        prices(&arch, UnitSize::of_default_bits(6, 10)).area[Component::Vector].0 / gate
    };
    for row in rows {
        let [lanes, gates, flip_flops]: [u64; 3] = std::array::from_fn(|i| row[i].parse().unwrap());
        let tree = LaneTree { lanes };
        let passed: u64 = tree
            .levels()
            .take_while(|level| level.bits < 32)
            .map(|level| level.registers - level.adders)
            .sum();
        let priced = tree.operand_bits() + tree.register_bits();
        assert!((priced - passed * 5..=priced).contains(&flip_flops), "{row:?}: {priced} bits are priced");
        assert!(passed > 0 || flip_flops == priced, "{row:?}");
        let with = |placement: &str| {
            area(&[format!("vector.lanes={lanes}"), format!("exclusion.placement={placement}")])
        };
        let ratio = (with("vector") - with("array")) / real(gates);
        assert!((1.0..1.5).contains(&ratio), "{row:?}: {ratio:.3} of its gates are priced");
    }
}

/// DSP blocks and flip-flops are exact, LUTs within 6 %.
#[test]
fn lanes_take_the_blocks_that_are_counted() {
    let header = "family,lanes,dsp,flip_flops,lut,carry,block_ram";
    let rows = synthesized("synthesis_fpga_lanes.csv", header, &["fpga.awk"]);
    assert_eq!(rows.len(), 9);
    for row in rows {
        let family = match row[0].as_str() {
            "xc7" => Family::Series7,
            "xcup" => Family::UltraScalePlus,
            _ => Family::Ecp5,
        };
        let [lanes, dsp, flip_flops, lut]: [u64; 4] = std::array::from_fn(|i| row[i + 1].parse().unwrap());
        let form = lane_multipliers(LaneTree { lanes }, MacStyle::Dsp, family, family == Family::Series7);
        assert_eq!((form[Resource::Dsp], form[Resource::FlipFlop]), (dsp, flip_flops), "{row:?}");
        let ratio = real(form[Resource::Lut]) / real(lut);
        assert!((0.94..1.06).contains(&ratio), "{row:?}: {ratio:.3} of the LUTs");
    }
}
