//! A whole network: random images through convolutions, poolings, heads and decisions on one array and one unit.
//!
//! A row of `network.csv` is an image as the hardware ran it: its own count of cycles, its exit, the survivors of every
//! head it reached, and a checksum of all scores on the way. Replay, decisions and the model's cycles must be the same.

mod program;
mod random;

use std::sync::Arc;

use exclusim::arch::Arch;
use exclusim::exclude::{Memory, Policy, beta_code, decide, probability_table};
use exclusim::network::Network;
use exclusim::network::segment::{Segments, segments};
use exclusim::replay::{Preprocess, ScoreTable, Scores, replay};
use exclusim::simulate::{agree, simulate};
use program::Program;
use random::CLASSES;

use crate::{Bench, Mode, checksum, common, differences, judge, witness};

const FILE: &str = "network.csv";
const HEADER: &str = "dataflow,fold_overlap,edge_folds,array_rows,array_cols,vector_lanes,unit_lanes,layer_setup,decision,\
    memory,image,exit,survivors_1,survivors_2,cycles,scores,checksum";
const SOURCES: [&str; 17] = [
    "network/network_bench.sv",
    "network/network.sv",
    "array/systolic.sv",
    "array/sequencer.sv",
    "array/moving.sv",
    "array/standing.sv",
    "array/pe_moving.sv",
    "array/pe_standing.sv",
    "array/skew.sv",
    "unit/exclusion_unit.sv",
    "unit/maximum_tree.sv",
    "unit/running_maximum.sv",
    "unit/cut_table.sv",
    "unit/population_count.sv",
    "unit/survivor_mask.sv",
    "unit/survivor_list.sv",
    "unit/pack.sv",
];
const SEED: u64 = 2309;
const HEADS: usize = 2;

/// Bits of probabilities and thresholds.
const BITS: u32 = 12;
/// Numbers that the hardware's host port has for a head's table and its threshold.
const PROBABILITIES: i64 = 5;
const THRESHOLD: i64 = 6;

/// A machine: keys of the architecture and parameters of the hardware.
struct Machine {
    dataflow: &'static str,
    overlap: &'static str,
    edges: &'static str,
    rows: u64,
    cols: u64,
    lanes: u64,
    unit_lanes: u64,
    setup: u64,
    decision: u64,
    memory: Memory,
    /// Thresholds of the heads, found by trying: some images leave at each.
    beta: [f64; HEADS],
}

/// The first is the sample.
const MACHINES: [Machine; 3] = [
    Machine {
        dataflow: "weight-stationary",
        overlap: "double-buffered",
        edges: "full",
        rows: 4,
        cols: 4,
        lanes: 4,
        unit_lanes: 4,
        setup: 8,
        decision: 4,
        memory: Memory::ReadmitTop,
        beta: [0.85, 0.85],
    },
    Machine {
        dataflow: "output-stationary",
        overlap: "none",
        edges: "full",
        rows: 6,
        cols: 5,
        lanes: 3,
        unit_lanes: 8,
        setup: 1,
        decision: 1,
        memory: Memory::Monotone,
        beta: [0.85, 0.95],
    },
    Machine {
        dataflow: "input-stationary",
        overlap: "global-swap",
        edges: "trimmed",
        rows: 5,
        cols: 3,
        lanes: 8,
        unit_lanes: 3,
        setup: 32,
        decision: 16,
        memory: Memory::Memoryless,
        beta: [0.85, 0.9],
    },
];

/// The network with what replay says of its images.
struct Workload {
    network: Network,
    segments: Segments,
    codes: Vec<Vec<i8>>,
    scores: Scores,
}

impl Workload {
    fn new() -> Self {
        let network = random::network(SEED);
        let (images, codes) = random::images(&network, SEED + 1);
        let scores = replay(&network, &images, &Preprocess::default(), &|_| {}).unwrap();
        let mut segments = segments(&network);
        // The image lies in the scratchpad when the inference begins.
        for segment in &mut segments.segments {
            Arc::make_mut(&mut segment.backbone).iter_mut().for_each(|step| step.reads_image = false);
        }
        Self { network, segments, codes, scores }
    }

    /// Scores of one image at head `head`, or of the classifier behind the last head.
    fn row(&self, head: usize, image: usize) -> &[i16] {
        let tables = self.scores.heads.iter().chain([&self.scores.classifier]);
        match tables.into_iter().nth(head) {
            Some(ScoreTable::Codes { codes, .. }) => &codes[image * CLASSES..(image + 1) * CLASSES],
            _ => panic!("scores are codes"),
        }
    }
}

/// An image as it ran.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    exit: usize,
    cycles: u64,
    /// Survivors of every head reached, as a mask.
    survivors: Vec<u64>,
    /// Codes of every head reached, and of the classifier.
    scores: Vec<i32>,
}

impl Machine {
    fn policy(&self) -> Policy {
        Policy { memory: self.memory, ..Policy::relative_to_max(self.beta.to_vec()) }
    }

    /// An architecture that never waits for memory and does one thing after the other.
    fn arch(&self) -> Arch {
        let settings = [
            format!("array.rows={}", self.rows),
            format!("array.cols={}", self.cols),
            format!("array.dataflow=\"{}\"", self.dataflow),
            format!("array.fold_overlap=\"{}\"", self.overlap),
            format!("array.edge_folds=\"{}\"", self.edges),
            "memory.weights=\"resident\"".into(),
            "memory.head_weights=\"resident\"".into(),
            format!("vector.lanes={}", self.lanes),
            "vector.fused=false".into(),
            format!("control.layer_setup={}", self.setup),
            format!("control.decision={}", self.decision),
            format!("exclusion.lanes={}", self.unit_lanes),
        ];
        common::arch_with(&settings).unwrap()
    }

    /// What the model says of every image.
    fn model(&self, workload: &Workload) -> Vec<Ran> {
        let (arch, policy) = (self.arch(), self.policy());
        agree(&arch, &workload.segments, Some(&policy)).unwrap();
        let decisions = decide(&workload.scores, &policy).unwrap();
        let outcome = simulate(&arch, &workload.segments, &policy, &decisions, None);
        let image = |image: usize| {
            let exit = usize::from(decisions.exits[image]);
            let reached = 0..=exit;
            let scores =
                reached.flat_map(|head| workload.row(head, image).iter().map(|&code| i32::from(code)));
            let survivors = self.survivors(workload, image, (exit + 1).min(HEADS));
            let counts = &decisions.survivors[image * HEADS..(image + 1) * HEADS];
            for (mask, count) in survivors.iter().zip(counts) {
                assert_eq!(mask.count_ones(), u32::from(count.unwrap().get()));
            }
            Ran { exit, cycles: outcome.cycles[image], survivors, scores: scores.collect() }
        };
        (0..decisions.samples).map(image).collect()
    }

    /// Survivors of the first `heads` heads as masks, by the rule in whole numbers: decisions keep their number only.
    fn survivors(&self, workload: &Workload, image: usize, heads: usize) -> Vec<u64> {
        let mut alive = [true; CLASSES];
        let after = |head: usize| {
            let ScoreTable::Codes { scale, zero_point, signed, .. } = &workload.scores.heads[head] else {
                panic!("scores are codes")
            };
            let table = probability_table(*scale, *zero_point, *signed, BITS);
            let entry = |code: i16| table[usize::try_from(code + 128).unwrap()];
            let beta = beta_code(self.beta[head], BITS);
            judge(workload.row(head, image), entry, (beta, BITS), self.memory, &mut alive);
            alive.iter().rev().fold(0, |mask, &alive| (mask << 1) | u64::from(alive))
        };
        (0..heads).map(after).collect()
    }

    fn rows(&self, ran: &[Ran]) -> Vec<String> {
        let Self { dataflow, overlap, edges, rows, cols, lanes, unit_lanes, setup, decision, memory, .. } =
            self;
        let row = |(image, ran): (usize, &Ran)| {
            let mask =
                |head: usize| ran.survivors.get(head).map_or_else(String::new, |mask| format!("{mask:010b}"));
            format!(
                "{dataflow},{overlap},{edges},{rows},{cols},{lanes},{unit_lanes},{setup},{decision},{memory},{image},{},{},\
                 {},{},{},{:016x}",
                ran.exit,
                mask(0),
                mask(1),
                ran.cycles,
                ran.scores.len(),
                checksum(&ran.scores)
            )
        };
        ran.iter().enumerate().map(row).collect()
    }

    /// Runs all images on the hardware.
    fn simulate(&self, workload: &Workload) -> Vec<Ran> {
        let number = |names: &[&str], name: &str| {
            u64::try_from(names.iter().position(|other| *other == name).unwrap()).unwrap()
        };
        let parameters = [
            ("SUMS_STAY", u64::from(self.dataflow == "output-stationary")),
            ("EXCHANGED", u64::from(self.dataflow == "input-stationary")),
            ("OVERLAP", number(&["none", "global-swap", "double-buffered"], self.overlap)),
            ("TRIMMED", number(&["full", "trimmed"], self.edges)),
            ("ROWS", self.rows),
            ("COLS", self.cols),
            ("LANES", self.lanes),
            ("UNIT_LANES", self.unit_lanes),
            ("LAYER_SETUP", self.setup),
            ("DECISION", self.decision),
        ];
        let bench = Bench { top: "network_bench", sources: &SOURCES, parameters: &parameters };
        let results = bench.run(&self.stimuli(workload));
        let ran: Vec<Ran> = results.lines().map(read).collect();
        assert_eq!(ran.len(), workload.codes.len(), "the bench left images out");
        ran
    }

    /// Everything the bench writes, then the images.
    fn stimuli(&self, workload: &Workload) -> String {
        let Workload { network, segments, codes, scores } = workload;
        let program = Program::new(network, segments);
        let mut writes = program.writes.clone();
        for (head, table) in (0..).zip(&scores.heads) {
            let ScoreTable::Codes { scale, zero_point, signed, .. } = table else {
                panic!("scores are codes")
            };
            let table = probability_table(*scale, *zero_point, *signed, BITS);
            writes.extend(
                (0..).zip(table).map(|(code, probability)| (PROBABILITIES, code, i64::from(probability))),
            );
            let beta = beta_code(self.beta[usize::try_from(head).unwrap()], BITS);
            writes.push((THRESHOLD, head, i64::from(beta)));
        }
        let mut lines = vec![writes.len().to_string()];
        lines.extend(writes.iter().map(|(memory, at, word)| format!("{memory} {at} {word}")));
        let rule = match self.memory {
            Memory::ReadmitTop => 0,
            Memory::Monotone => 1,
            Memory::Memoryless => 2,
        };
        let outputs =
            network.heads.iter().chain([&network.classifier]).map(|&value| program.place(value).to_string());
        lines.push(format!(
            "{rule} {} {}",
            program.place(network.input),
            outputs.collect::<Vec<_>>().join(" ")
        ));
        lines.push(codes[0].len().to_string());
        for image in codes {
            let image: Vec<String> = image.iter().map(ToString::to_string).collect();
            lines.push(format!("0 {}", image.join(" ")));
        }
        lines.push("-1\n".into());
        lines.join("\n")
    }
}

/// A line of the bench: exit, cycles, then a mask and scores for every head and the classifier.
fn read(line: &str) -> Ran {
    let numbers: Vec<i64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
    let (exit, cycles) = (usize::try_from(numbers[0]).unwrap(), u64::try_from(numbers[1]).unwrap());
    let reached: Vec<&[i64]> = numbers[2..].chunks(CLASSES + 1).collect();
    let survivors = reached.iter().take(HEADS).map(|head| u64::try_from(head[0]).unwrap()).collect();
    let scores =
        reached.iter().flat_map(|head| &head[1..]).map(|&code| i32::try_from(code).unwrap()).collect();
    Ran { exit, cycles, survivors, scores }
}

#[test]
fn every_image_runs_as_the_model_says() {
    let workload = Workload::new();
    let committed = witness(FILE, HEADER, &SOURCES, |mode| {
        let machines = if mode == Mode::Sample { &MACHINES[..1] } else { &MACHINES[..] };
        machines.iter().flat_map(|machine| machine.rows(&machine.simulate(&workload))).collect()
    });
    let expected = rows(&workload, |_| {});
    let wrong = differences(&committed, &expected);
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), expected.len(), wrong.join("\n"));
    for machine in &MACHINES {
        let ran = machine.model(&workload);
        assert_eq!(ran.len(), 50);
        for exit in 0..=HEADS {
            let leave = ran.iter().filter(|ran| ran.exit == exit).count();
            assert!(leave > 2, "{leave} of {} leave at exit {exit}", ran.len());
        }
    }
}

/// All rows by the model, changed.
fn rows(workload: &Workload, change: impl Fn(&mut Ran)) -> Vec<String> {
    let of = |machine: &Machine| {
        let mut ran = machine.model(workload);
        ran.iter_mut().for_each(&change);
        machine.rows(&ran)
    };
    MACHINES.iter().flat_map(of).collect()
}

/// The comparison sees a cycle more, another exit, another survivor, and one score that is off by one, in every row.
#[test]
fn another_model_is_told_apart() {
    let workload = Workload::new();
    let right = rows(&workload, |_| {});
    let changes: [fn(&mut Ran); 4] = [
        |ran| ran.cycles += 1,
        |ran| ran.exit += 1,
        |ran| ran.survivors[0] ^= 1,
        |ran| *ran.scores.last_mut().unwrap() ^= 1,
    ];
    for change in changes {
        assert_eq!(differences(&right, &rows(&workload, change)).len(), right.len());
    }
}
