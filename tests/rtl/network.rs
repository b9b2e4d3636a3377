//! A whole network: random images through convolutions, poolings, heads and decisions on one array and one unit.
//!
//! A row of `network.csv` is an image as the hardware ran it: its own count of cycles, its exit and answer, the survivors
//! of every head that decided, and a checksum of all scores on the way. Replay, decisions and the model's cycles must be
//! the same.

mod machine;
mod program;
mod random;
mod workload;

use std::collections::BTreeSet;

use exclusim::decide::{Memory, decide};
use exclusim::replay::{Requant, ScoreTable};
use exclusim::simulate::{agree, simulate};
use exclusim::unit::{UnitRule, beta_code, probability_table};
use machine::{MACHINES, Machine};
use program::Program;
pub(crate) use program::multiplier;
use random::CLASSES;
use workload::{IMAGES, Workload};

use super::{Bench, Mode, checksum, differences, judge, witness};

const FILE: &str = "network.csv";
const HEADER: &str = "dataflow,fold_overlap,edge_folds,array_rows,array_cols,vector_lanes,unit_lanes,layer_setup,decision,\
    requant,beta_1,beta_2,memory,compact,image,exit,answer,survivors_1,survivors_2,cycles,answer_cycles,scores,checksum";
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
const HEADS: usize = 2;

/// Bits of probabilities and thresholds.
const BITS: u32 = 12;
/// Numbers that the hardware's host port has for a head's table and its threshold.
const PROBABILITIES: i64 = 5;
const THRESHOLD: i64 = 6;

/// An image as it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ran {
    exit: usize,
    answer: u64,
    cycles: u64,
    /// What the final answer takes behind that, of an image that no head answered: the model gives it away.
    answer_cycles: u64,
    /// Heads that decided, with their survivors as a mask.
    survivors: Vec<(usize, u64)>,
    /// Codes of every head that decided, and of the classifier.
    scores: Vec<i32>,
}

/// Classes of a mask, lowest first.
fn members(mask: u64) -> impl Iterator<Item = usize> {
    (0..CLASSES).filter(move |class| mask >> class & 1 == 1)
}

const EVERYBODY: u64 = (1 << CLASSES) - 1;

impl Machine {
    /// What the model says of every image.
    fn model(&self, workload: &Workload) -> Vec<Ran> {
        let (arch, policy) = (self.arch(), self.policy());
        agree(&arch, &workload.segments, Some(&policy)).unwrap();
        let decisions = decide(&workload.scores, &policy).unwrap();
        let outcome = simulate(&arch, &workload.segments, &policy, &decisions, None);
        let image = |image: usize| {
            let exit = decisions.exits[image].segment();
            let survivors = self.survivors(workload, image, exit);
            let mut counts = decisions.survivors[image * HEADS..(image + 1) * HEADS].iter().flatten();
            for (_, mask) in &survivors {
                assert_eq!(mask.count_ones(), u32::from(counts.next().unwrap().get()));
            }
            assert_eq!(counts.next(), None);
            // Without compaction every class is scored; with it those that were alive.
            let entered = |mask: u64| if self.compact { mask } else { EVERYBODY };
            let before = [EVERYBODY].into_iter().chain(survivors.iter().map(|(_, mask)| *mask));
            let end = (exit == HEADS).then_some(HEADS);
            let heads = survivors.iter().map(|(head, _)| *head).chain(end);
            let row = |(head, before)| {
                members(entered(before)).map(move |class| i32::from(workload.row(head, image)[class]))
            };
            let last = entered(survivors.last().map_or(EVERYBODY, |(_, mask)| *mask));
            let answer_cycles = end.map_or(0, |_| {
                UnitRule::Exclusion.circuit().cycles(last.count_ones().into(), self.unit_lanes)
            });
            Ran {
                exit,
                answer: decisions.answers[image].into(),
                cycles: outcome.cycles[image],
                answer_cycles,
                scores: heads.zip(before).flat_map(row).collect(),
                survivors,
            }
        };
        (0..decisions.samples).map(image).collect()
    }

    /// Survivors of the heads up to an exit, by the rule in whole numbers: decisions keep their number only.
    fn survivors(&self, workload: &Workload, image: usize, exit: usize) -> Vec<(usize, u64)> {
        let mut alive = [true; CLASSES];
        let on = (0..HEADS.min(exit + 1)).filter_map(|head| Some((head, self.beta[head]?)));
        let after = |(head, beta)| {
            let table = probabilities(workload.table(head));
            let entry = |code: i16| table[usize::try_from(code + 128).unwrap()];
            judge(workload.row(head, image), entry, (beta_code(beta, BITS), BITS), self.memory, &mut alive);
            (head, alive.iter().rev().fold(0, |mask, &alive| (mask << 1) | u64::from(alive)))
        };
        on.map(after).collect()
    }

    /// Images whose exits are spread evenly and whose survivors and answers vary.
    fn choose(&self, candidates: &Workload) -> Workload {
        let kind = |ran: Ran| (ran.exit, ran.cycles, (ran.survivors, ran.answer));
        candidates.varied(&self.model(candidates).into_iter().map(kind).collect::<Vec<_>>())
    }

    fn rows(&self, ran: &[Ran]) -> Vec<String> {
        let columns = self.columns();
        let row = |(image, ran): (usize, &Ran)| {
            let mask = |head: usize| {
                let decided = ran.survivors.iter().find(|(other, _)| *other == head);
                decided.map_or_else(String::new, |(_, mask)| format!("{mask:010b}"))
            };
            let Ran { exit, answer, cycles, answer_cycles, scores, .. } = ran;
            let (first, second, many, checksum) = (mask(0), mask(1), scores.len(), checksum(scores));
            format!(
                "{columns},{image},{exit},{answer},{first},{second},{cycles},{answer_cycles},{many},{checksum:016x}"
            )
        };
        ran.iter().enumerate().map(row).collect()
    }

    /// Runs all images on the hardware.
    fn simulate(&self, workload: &Workload) -> Vec<Ran> {
        let bench = Bench { top: "network_bench", sources: &SOURCES, parameters: &self.parameters() };
        let results = bench.run(&self.stimuli(workload));
        let ran: Vec<Ran> = results.lines().map(read).collect();
        assert_eq!(ran.len(), workload.codes.len(), "the bench left images out");
        ran
    }

    /// Everything the bench writes, then the images.
    fn stimuli(&self, workload: &Workload) -> String {
        let Workload { network, segments, codes, requant, .. } = workload;
        let program = Program::new(network, segments, &self.on(), *requant);
        let mut writes = program.writes.clone();
        // Beside the threshold 1 of the answer only its maximum remains, whatever the table.
        let thresholds = self.beta.map(|beta| beta.unwrap_or(1.0)).into_iter().chain([1.0]);
        for (head, beta) in thresholds.enumerate() {
            let table = probabilities(workload.table(head));
            writes.extend((0..).zip(table).map(|(code, entry)| (PROBABILITIES, code, i64::from(entry))));
            writes.push((THRESHOLD, i64::try_from(head).unwrap(), i64::from(beta_code(beta, BITS))));
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

fn probabilities(table: &ScoreTable) -> [u32; 256] {
    let ScoreTable::Codes { scale, zero_point, signed, .. } = table else { panic!("scores are codes") };
    probability_table(*scale, *zero_point, *signed, BITS)
}

/// A line of the bench: exit, answer, cycles, cycles of the answer; then head, mask, number of scores and scores of every
/// head that decided and of the classifier.
fn read(line: &str) -> Ran {
    let mut numbers = line.split(' ').map(|number| number.parse::<i64>().unwrap());
    let mut next = || u64::try_from(numbers.next().unwrap()).unwrap();
    let [exit, answer, cycles, answer_cycles] = [next(), next(), next(), next()];
    let (mut survivors, mut scores) = (Vec::new(), Vec::new());
    while let Some(head) = numbers.next() {
        let head = usize::try_from(head).unwrap();
        let [mask, many] = [(); 2].map(|()| u64::try_from(numbers.next().unwrap()).unwrap());
        scores.extend((0..many).map(|_| i32::try_from(numbers.next().unwrap()).unwrap()));
        if head < HEADS {
            survivors.push((head, mask));
        }
    }
    Ran { exit: usize::try_from(exit).unwrap(), answer, cycles, answer_cycles, survivors, scores }
}

/// Every machine with its images.
fn workloads() -> Vec<(&'static Machine, Workload)> {
    let candidates = [Requant::Float, Requant::FixedPoint].map(Workload::candidates);
    let of = |machine: &'static Machine| {
        let candidates = candidates.iter().find(|workload| workload.requant == machine.requant).unwrap();
        (machine, machine.choose(candidates))
    };
    MACHINES.iter().map(of).collect()
}

#[test]
fn every_image_runs_as_the_model_says() {
    let workloads = workloads();
    let committed = witness(FILE, HEADER, &SOURCES, |mode| {
        let part = if mode == Mode::Sample { &workloads[..1] } else { &workloads[..] };
        part.iter().flat_map(|(machine, images)| machine.rows(&machine.simulate(images))).collect()
    });
    let expected = rows(&workloads, |_| {});
    let wrong = differences(&committed, &expected);
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), expected.len(), wrong.join("\n"));
}

/// Of every machine the images take every exit often and are of many kinds, and together they take many paths.
#[test]
fn images_vary() {
    let mut paths = 0;
    for (machine, images) in workloads() {
        let (ran, name) = (machine.model(&images), machine.columns());
        assert_eq!(ran.len(), IMAGES);
        let excludes = |head: &usize| machine.beta[*head].is_some_and(|beta| beta > 0.0);
        let exits: Vec<_> = (0..HEADS).filter(excludes).chain([HEADS]).collect();
        for exit in &exits {
            let answers: Vec<_> = ran.iter().filter(|ran| ran.exit == *exit).map(|ran| ran.answer).collect();
            assert!(answers.len() >= 16, "{name}: {} leave at exit {exit}", answers.len());
            let different = answers.iter().collect::<BTreeSet<_>>().len();
            assert!(different >= 5, "{name}: at exit {exit} there are {different} answers");
        }
        let kinds = ran.iter().map(|ran| (&ran.survivors, ran.answer)).collect::<BTreeSet<_>>().len();
        assert!(exits.len() == 1 || kinds >= 30, "{name}: {kinds} kinds of images");
        let counts = ran.iter().map(|ran| ran.cycles).collect::<BTreeSet<_>>().len();
        assert!(
            counts >= if machine.compact { 20 } else { exits.len() },
            "{name}: {counts} counts of cycles"
        );
        paths += counts;
        // A class that one head excluded and the next did not.
        let back = ran.iter().filter(|ran| ran.survivors.windows(2).any(|two| two[1].1 & !two[0].1 != 0));
        let may = machine.memory != Memory::Monotone && exits.len() == HEADS + 1;
        assert_eq!(back.count() > 0, may, "{name}");
    }
    assert!(paths >= 55, "{paths} paths");
}

/// All rows by the model, changed.
fn rows(workloads: &[(&Machine, Workload)], change: impl Fn(&mut Ran)) -> Vec<String> {
    let of = |(machine, images): &(&Machine, Workload)| {
        let mut ran = machine.model(images);
        ran.iter_mut().for_each(&change);
        machine.rows(&ran)
    };
    workloads.iter().flat_map(of).collect()
}

/// The comparison sees a cycle more, another exit or answer, another survivor, and one score that is off by one, in every
/// row that has them.
#[test]
fn another_model_is_told_apart() {
    let workloads = workloads();
    let right = rows(&workloads, |_| {});
    let changes: [fn(&mut Ran); 5] = [
        |ran| ran.cycles += 1,
        |ran| ran.answer_cycles += 1,
        |ran| ran.exit += 1,
        |ran| ran.answer ^= 1,
        |ran| *ran.scores.last_mut().unwrap() ^= 1,
    ];
    for change in changes {
        assert_eq!(differences(&right, &rows(&workloads, change)).len(), right.len());
    }
    let survivor = rows(&workloads, |ran| ran.survivors.iter_mut().for_each(|(_, mask)| *mask ^= 1));
    let decided = right.iter().filter(|row| row.split(',').skip(17).take(2).any(|mask| !mask.is_empty()));
    assert_eq!(differences(&right, &survivor).len(), decided.count());
}
