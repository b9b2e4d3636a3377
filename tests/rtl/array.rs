//! The array: random products on every design, dataflow and kind of edge fold, at several sizes of array.
//!
//! A row of `array.csv` is a product that the hardware computed, with the edges and folds that it counted itself. The
//! products' sizes and operands follow from seeds, here and there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use exclusim::machine::FoldOverlap;
use exclusim::map::{Dataflow, EdgeFolds, FoldPlan};
use exclusim::shape::Gemm;
use exclusim::time::array_cycles;

use super::{Bench, Mode, Random, checksum, differences, witness};

const FILE: &str = "array.csv";
const HEADER: &str = "dataflow,fold_overlap,edge_folds,array_rows,array_cols,groups,m,n,k,piece,folds,cycles,products,checksum";
const SOURCES: [&str; 9] = [
    "array/array_bench.sv",
    "array/gemm.sv",
    "array/systolic.sv",
    "array/sequencer.sv",
    "array/moving.sv",
    "array/standing.sv",
    "array/pe_moving.sv",
    "array/pe_standing.sv",
    "array/skew.sv",
];

/// Sizes of array; the first is the sample.
const SIZES: [(u64, u64); 6] = [(3, 2), (1, 1), (4, 4), (2, 7), (8, 5), (12, 12)];
const DATAFLOWS: [(Dataflow, &str); 3] = [
    (Dataflow::OutputStationary, "output-stationary"),
    (Dataflow::WeightStationary, "weight-stationary"),
    (Dataflow::InputStationary, "input-stationary"),
];
const OVERLAPS: [(FoldOverlap, &str); 3] = [
    (FoldOverlap::None, "none"),
    (FoldOverlap::GlobalSwap, "global-swap"),
    (FoldOverlap::DoubleBuffered, "double-buffered"),
];
const EDGES: [(EdgeFolds, &str); 2] = [(EdgeFolds::Full, "full"), (EdgeFolds::Trimmed, "trimmed")];
/// Products for each size, dataflow, overlap and kind of edge folds.
const EACH: u64 = 5;

/// A product on a design.
#[derive(Clone, Copy)]
struct Case {
    seed: u64,
    dataflow: usize,
    overlap: usize,
    edges: usize,
    gemm: Gemm,
    plan: FoldPlan,
}

/// What is to be known of a case after it ran.
struct Outcome {
    folds: u64,
    cycles: u64,
    sums: Vec<i32>,
}

fn cases((rows, cols): (u64, u64)) -> impl Iterator<Item = Case> {
    let designs = (0..3).flat_map(|dataflow| (0..3).map(move |overlap| (dataflow, overlap)));
    let kinds = designs.flat_map(|(dataflow, overlap)| (0..2).map(move |edges| (dataflow, overlap, edges)));
    kinds.enumerate().flat_map(move |(kind, (dataflow, overlap, edges))| {
        (0..EACH).map(move |i| {
            let kind = u64::try_from(kind).unwrap();
            Case::new(
                ((rows * 1000 + cols) * 1000 + kind) * 1000 + i,
                (rows, cols),
                [dataflow, overlap, edges],
            )
        })
    })
}

impl Case {
    fn new(seed: u64, (rows, cols): (u64, u64), [dataflow, overlap, edges]: [usize; 3]) -> Self {
        let mut random = Random::new(seed);
        let mut size = |most: u64| 1 + random.below(most);
        // Axes on rows, columns and time, up to three folds along each side.
        let (on_rows, on_cols, time, groups) = (size(3 * rows), size(3 * cols), size(30), 1 + size(4) / 4);
        let gemm = match DATAFLOWS[dataflow].0 {
            Dataflow::OutputStationary => Gemm { groups, m: on_rows, n: on_cols, k: time },
            Dataflow::WeightStationary => Gemm { groups, m: time, n: on_cols, k: on_rows },
            Dataflow::InputStationary => Gemm { groups, m: on_cols, n: time, k: on_rows },
        };
        let longest = if size(3) == 1 { size(time) } else { time };
        let plan = FoldPlan::new(&gemm, DATAFLOWS[dataflow].0, rows, cols).split_time(longest);
        Self { seed, dataflow, overlap, edges, gemm, plan }
    }

    /// ifmap `[groups][M][K]`, filter `[groups][K][N]`.
    fn operands(&self) -> (Vec<i8>, Vec<i8>) {
        let Gemm { groups, m, n, k } = self.gemm;
        let mut random = Random::new(!self.seed);
        let mut bytes = |many: u64| (0..many).map(|_| random.byte()).collect();
        (bytes(groups * m * k), bytes(groups * k * n))
    }

    /// The case as the bench reads it.
    fn stimulus(&self) -> String {
        let Gemm { groups, m, n, k } = self.gemm;
        let stays = DATAFLOWS[self.dataflow].0 == Dataflow::OutputStationary;
        let design = self.overlap + if stays { 3 } else { 0 };
        let exchanged = u8::from(DATAFLOWS[self.dataflow].0 == Dataflow::InputStationary);
        let mut text =
            format!("{design} {exchanged} {} {m} {n} {k} {groups} {}", self.edges, self.plan.piece);
        let (ifmap, filter) = self.operands();
        ifmap.iter().chain(&filter).for_each(|byte| write!(text, " {byte}").unwrap());
        text
    }

    /// What the model says: `cycles` by the closed form, sums by their definition.
    fn model(&self) -> Outcome {
        let Gemm { groups, m, n, k } = self.gemm;
        let [m, n, k] = [m, n, k].map(|size| usize::try_from(size).unwrap());
        let (ifmap, filter) = self.operands();
        let mut sums = Vec::new();
        for group in 0..usize::try_from(groups).unwrap() {
            let at = |i: usize, j: usize, l: usize| {
                i32::from(ifmap[(group * m + i) * k + l]) * i32::from(filter[(group * k + l) * n + j])
            };
            sums.extend((0..m * n).map(|place| (0..k).map(|l| at(place / n, place % n, l)).sum::<i32>()));
        }
        let cycles = array_cycles(&self.plan, OVERLAPS[self.overlap].0, EDGES[self.edges].0).total();
        Outcome { folds: self.plan.folds(), cycles, sums }
    }

    fn row(&self, outcome: &Outcome) -> String {
        let Gemm { groups, m, n, k } = self.gemm;
        let FoldPlan { array_rows, array_cols, .. } = self.plan;
        let (dataflow, overlap, edges) =
            (DATAFLOWS[self.dataflow].1, OVERLAPS[self.overlap].1, EDGES[self.edges].1);
        let Outcome { folds, cycles, sums } = outcome;
        let (piece, products, checksum) = (self.plan.piece, sums.len(), checksum(sums));
        format!(
            "{dataflow},{overlap},{edges},{array_rows},{array_cols},{groups},{m},{n},{k},{piece},{folds},{cycles},\
             {products},{checksum:016x}"
        )
    }
}

/// Runs cases of one array size on the hardware.
fn simulate((rows, cols): (u64, u64), cases: &[Case], sources: &[&str]) -> Vec<Outcome> {
    let bench = Bench { top: "array_bench", sources, parameters: &[("ROWS", rows), ("COLS", cols)] };
    let stimuli: Vec<String> = cases.iter().map(Case::stimulus).collect();
    let results = bench.run(&(stimuli.join("\n") + "\n"));
    let outcome = |line: &str| {
        let mut numbers = line.split(' ').map(|number| number.parse::<i64>().unwrap());
        let [cycles, folds] = [(); 2].map(|()| u64::try_from(numbers.next().unwrap()).unwrap());
        Outcome { folds, cycles, sums: numbers.map(|sum| i32::try_from(sum).unwrap()).collect() }
    };
    let outcomes: Vec<Outcome> = results.lines().map(outcome).collect();
    assert_eq!(outcomes.len(), cases.len(), "the bench left products out");
    outcomes
}

fn rows(mode: Mode) -> Vec<String> {
    let sizes = if mode == Mode::Sample { &SIZES[..1] } else { &SIZES[..] };
    let of_size = |&size: &(u64, u64)| {
        let cases: Vec<Case> = cases(size).collect();
        let outcomes = simulate(size, &cases, &SOURCES);
        cases.iter().zip(&outcomes).map(|(case, outcome)| case.row(outcome)).collect::<Vec<_>>()
    };
    sizes.iter().flat_map(of_size).collect()
}

/// All rows by a model.
fn expected(model: impl Fn(&Case) -> Outcome) -> Vec<String> {
    SIZES.into_iter().flat_map(cases).map(|case| case.row(&model(&case))).collect()
}

#[test]
fn every_product_and_every_cycle_is_the_models() {
    let committed = witness(FILE, HEADER, &SOURCES, rows);
    let wrong = differences(&committed, &expected(Case::model));
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), committed.len(), wrong.join("\n"));
    // Every design was there, with more than one fold, and with a fold that does not fill the array.
    let designs: BTreeSet<_> = SIZES
        .into_iter()
        .flat_map(cases)
        .filter(|case| case.plan.folds() > 1 && case.plan.mapping_efficiency() < 1.0)
        .map(|case| (case.dataflow, case.overlap, case.edges))
        .collect();
    assert_eq!(designs.len(), 18);
    assert!(committed.len() >= 200);
}

/// The comparison sees a cycle more, a cycle less, a fold more, and one sum that is off by one, in every row.
#[test]
fn another_model_is_told_apart() {
    let right = expected(Case::model);
    let changed: [fn(&mut Outcome); 4] = [
        |outcome| outcome.cycles += 1,
        |outcome| outcome.cycles -= 1,
        |outcome| outcome.folds += 1,
        |outcome| *outcome.sums.last_mut().unwrap() ^= 1,
    ];
    for change in changed {
        let other = expected(|case| {
            let mut outcome = case.model();
            change(&mut outcome);
            outcome
        });
        assert_eq!(differences(&right, &other).len(), right.len());
    }
}

const HASTE_FILE: &str = "array_haste.csv";
const HASTE_HEADER: &str = "dataflow,fold_overlap,array_rows,array_cols,products,wrong,products_with_the_corner,wrong_with_the_corner";
const HASTE_SIZES: [(u64, u64); 2] = [(3, 2), (5, 9)];
/// Conditions of the sequencer for the next fold, and the same an edge earlier.
const HASTE: [(&str, &str); 3] = [
    ("passed + W'(2) >= length + run_rows + run_cols", "passed + W'(3) >= length + run_rows + run_cols"),
    ("passed + W'(2) >= length + run_cols + least", "passed + W'(3) >= length + run_cols + least"),
    ("passed >= most(length, ", "passed + ONE >= most(length, "),
];

/// Products of a sequencer that starts every fold an edge early, and how many of them come out wrong, by design and array:
/// of all, and of those whose first fold uses the last row and column.
fn haste(_: Mode) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = |source: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rtl").join(source);
    let mut text = std::fs::read_to_string(path(SOURCES[3])).unwrap();
    for (condition, early) in HASTE {
        assert_eq!(text.matches(condition).count(), 1, "the sequencer's conditions changed");
        text = text.replace(condition, early);
    }
    let changed = folder.join("sequencer.sv");
    std::fs::write(&changed, text).unwrap();
    let mut sources = SOURCES;
    sources[3] = changed.to_str().unwrap();
    HASTE_SIZES.iter().flat_map(|size| haste_on(*size, &sources)).collect()
}

fn haste_on(size: (u64, u64), sources: &[&str]) -> Vec<String> {
    let cases: Vec<Case> = cases(size)
        .filter(|case| {
            OVERLAPS[case.overlap].0 != FoldOverlap::None && case.edges == 0 && case.plan.folds() > 1
        })
        .collect();
    let outcomes = simulate(size, &cases, sources);
    let mut found: BTreeMap<_, [u32; 4]> = BTreeMap::new();
    for (case, outcome) in cases.iter().zip(&outcomes) {
        let wrong = u32::from(outcome.sums != case.model().sums);
        let corner = u32::from(case.plan.rows >= size.0 && case.plan.cols >= size.1);
        let counts = found.entry((case.dataflow, case.overlap)).or_default();
        for (count, more) in counts.iter_mut().zip([1, wrong, corner, corner * wrong]) {
            *count += more;
        }
    }
    let row = |((dataflow, overlap), counts): (&(usize, usize), &[u32; 4])| {
        let [products, wrong, corner, corner_wrong] = counts;
        let (dataflow, overlap, (rows, cols)) = (DATAFLOWS[*dataflow].1, OVERLAPS[*overlap].1, size);
        format!("{dataflow},{overlap},{rows},{cols},{products},{wrong},{corner},{corner_wrong}")
    };
    found.iter().map(row).collect()
}

/// Where folds overlap and use the array's last row and column, no fold can start an edge earlier: the hardware then
/// computes wrong products. The first fold does whenever the product fills the array.
#[test]
fn a_fold_an_edge_earlier_is_wrong() {
    let committed = witness(HASTE_FILE, HASTE_HEADER, &SOURCES, haste);
    assert_eq!(committed.len(), 12, "three dataflows, two designs, two arrays");
    for row in committed {
        let counts: Vec<u32> = row.split(',').skip(4).map(|count| count.parse().unwrap()).collect();
        assert!(counts[2] > 0 && counts[2] == counts[3], "{row}");
    }
}
