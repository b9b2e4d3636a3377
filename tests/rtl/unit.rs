//! The exclusion unit: its time and its decisions, for random heads under every memory and, where it compacts, for every
//! number of classes alive.
//!
//! The unit of `distance` is the same Verilog with another source of cuts, and is held to the same.
//!
//! Stimuli and what must come of them are made together, from a seed. The simulated unit must say the same line by line;
//! what it said is kept as one row a design, with a digest over all lines, which `cargo test` compares with the model's.

use exclusim::count::Action;
use exclusim::decide::{Arithmetic, Memory, Policy, Rule, decide};
use exclusim::replay::{ScoreTable, Scores};
use exclusim::unit::{UnitRule, beta_code, distance_code, probability_table, survives};

use super::{Bench, Mode, Random, judge, witness};

const FILE: &str = "unit.csv";
const DISTANCE_FILE: &str = "unit_distance.csv";
const HEADER: &str = "classes,lanes,heads,code_bits,code_signed,probability_bits,threshold_bits,compact,\
    tables,edges_to_build,decisions,leave,survivors,fewest_edges,most_edges,edges,digest";
const SOURCES: [&str; 9] = [
    "unit/exclusion_unit.sv",
    "unit/maximum_tree.sv",
    "unit/running_maximum.sv",
    "unit/cut_table.sv",
    "unit/population_count.sv",
    "unit/survivor_mask.sv",
    "unit/survivor_list.sv",
    "unit/pack.sv",
    "unit/unit_bench.sv",
];
const DISTANCE_SOURCES: [&str; 9] = {
    let mut sources = SOURCES;
    sources[3] = "unit/cut_distance.sv";
    sources
};

/// Sets of tables a design is loaded with, and samples decided with each.
const LOADS: u64 = 12;
const SAMPLES_A_LOAD: usize = 8;

/// Parameters of the Verilog module.
#[derive(Clone, Copy, Debug)]
struct Design {
    classes: usize,
    lanes: usize,
    heads: usize,
    code_bits: u32,
    signed: bool,
    probability_bits: u32,
    threshold_bits: u32,
    compact: bool,
    rule: UnitRule,
}

const fn plain(classes: usize, lanes: usize) -> Design {
    let (probability_bits, threshold_bits) = (12, 12);
    Design {
        classes,
        lanes,
        heads: 3,
        code_bits: 8,
        signed: true,
        probability_bits,
        threshold_bits,
        compact: false,
        rule: UnitRule::Exclusion,
    }
}

/// The same design, deciding by a distance, which has as many bits as a code and needs no probability.
const fn distance(design: Design) -> Design {
    let (probability_bits, threshold_bits) = (1, design.code_bits - 1);
    Design { rule: UnitRule::Distance, probability_bits, threshold_bits, ..design }
}

const fn compacting(classes: usize, lanes: usize) -> Design {
    Design { signed: false, compact: true, ..plain(classes, lanes) }
}

const DESIGNS: [Design; 28] = [
    // The first three are the sample that the gate simulates.
    Design { heads: 6, ..plain(10, 8) },
    compacting(10, 4),
    Design { code_bits: 4, probability_bits: 5, threshold_bits: 7, ..plain(7, 3) },
    Design { signed: false, ..plain(10, 8) },
    plain(2, 1),
    plain(2, 64),
    plain(3, 2),
    plain(3, 4),
    plain(10, 1),
    plain(10, 5),
    Design { signed: false, ..plain(10, 16) },
    plain(94, 8),
    Design { signed: false, ..plain(94, 12) },
    plain(100, 4),
    plain(100, 7),
    plain(100, 32),
    plain(1000, 8),
    Design { signed: false, heads: 1, ..plain(1000, 64) },
    Design { probability_bits: 1, threshold_bits: 1, ..plain(10, 8) },
    Design { probability_bits: 16, threshold_bits: 16, ..plain(10, 4) },
    compacting(3, 1),
    compacting(10, 8),
    compacting(10, 3),
    compacting(94, 8),
    Design { signed: true, ..compacting(94, 16) },
    compacting(100, 5),
    compacting(1000, 16),
    Design { signed: true, ..compacting(1000, 64) },
];

const DISTANCE_DESIGNS: [Design; 14] = [
    // The first three are the sample that the gate simulates.
    distance(Design { heads: 6, ..plain(10, 8) }),
    distance(compacting(10, 4)),
    distance(Design { code_bits: 4, ..plain(7, 3) }),
    distance(Design { signed: false, ..plain(10, 8) }),
    distance(plain(2, 1)),
    distance(plain(2, 64)),
    distance(plain(3, 2)),
    distance(plain(10, 1)),
    distance(Design { signed: false, ..plain(94, 12) }),
    distance(plain(100, 7)),
    distance(Design { signed: false, heads: 1, ..plain(1000, 64) }),
    distance(compacting(10, 8)),
    distance(compacting(94, 8)),
    distance(Design { signed: true, ..compacting(100, 16) }),
];

/// What the unit is asked, and the lines it must answer.
#[derive(Default)]
struct Script {
    stimuli: Vec<String>,
    answers: Vec<String>,
    /// Scores that came, of every decision.
    arrivals: Vec<usize>,
}

/// A decision that the unit is asked for, and what must come of it.
struct Asked {
    /// Head, whether it is the inference's first, and the number of the memory rule.
    to: String,
    /// How many scores, and the scores.
    scores: String,
    answer: String,
    survivors: Vec<usize>,
}

impl Script {
    /// Asks for the decisions of one inference twice: the next as soon as one is made, and with the survivors of each
    /// read back before the next. The inference's first decision forgets all before it.
    fn ask(&mut self, decisions: &[Asked]) {
        for read in [false, true] {
            for Asked { to, scores, answer, survivors } in decisions {
                self.stimuli.push(format!("2 {to} {} {scores}", u8::from(read)));
                let read_back = survivors.iter().filter(|_| read).map(|class| format!(" {class}"));
                self.answers.push(answer.clone() + &read_back.collect::<String>());
            }
        }
    }
}

/// A head as it is loaded.
struct Head {
    scale: f32,
    zero_point: i32,
    beta: f64,
}

impl Head {
    /// The distance in units of the score: up to a quarter of the codes' range, as far as beta is up to 1.
    fn distance(&self, code_bits: u32) -> f64 {
        self.beta * f64::from(self.scale) * f64::from(1_u32 << (code_bits - 2))
    }
}

#[test]
fn the_unit_decides_as_the_model_does_in_as_many_cycles() {
    let rows = witness(FILE, HEADER, &SOURCES, |mode| {
        let designs = if mode == Mode::Sample { &DESIGNS[..3] } else { &DESIGNS[..] };
        designs.iter().map(Design::simulated).collect()
    });
    let expected: Vec<String> = DESIGNS.iter().map(|design| design.row(&design.script().answers)).collect();
    assert_eq!(rows, expected);
}

#[test]
fn the_unit_of_distances_decides_as_the_model_does_in_as_many_cycles() {
    let rows = witness(DISTANCE_FILE, HEADER, &DISTANCE_SOURCES, |mode| {
        let designs = if mode == Mode::Sample { &DISTANCE_DESIGNS[..3] } else { &DISTANCE_DESIGNS[..] };
        designs.iter().map(Design::simulated).collect()
    });
    let expected: Vec<String> =
        DISTANCE_DESIGNS.iter().map(|design| design.row(&design.script().answers)).collect();
    assert_eq!(rows, expected);
}

#[test]
fn the_script_is_what_it_says() {
    let total = |of: fn(&Script) -> usize| DESIGNS.iter().map(|design| of(&design.script())).sum::<usize>();
    let sweeps: usize = DESIGNS.iter().filter(|design| design.compact).map(|design| 2 * design.classes).sum();
    assert!(total(|script| script.arrivals.len()) >= 2000 + sweeps, "random decisions");
    for design in DESIGNS.iter().chain(&DISTANCE_DESIGNS) {
        let script = design.script();
        let decisions = || script.answers.iter().filter(|line| line.contains(' '));
        let read = decisions().filter(|line| line.split(' ').count() > 7).count();
        assert_eq!((read, decisions().count()), (script.arrivals.len(), 2 * read), "{design:?}");
        let (leave, stay): (Vec<&String>, Vec<&String>) =
            decisions().partition(|line| line.split(' ').nth(2) == Some("1"));
        // Of 1000 scores on 256 codes hardly ever one alone is within a distance.
        let many = design.is_distance() && design.classes == 1000;
        assert!(
            (leave.len() > 10 || many) && stay.len() > 10,
            "{design:?}: {} leave, {} stay",
            leave.len(),
            stay.len()
        );
        if design.compact {
            assert!((1..=design.classes).all(|alive| script.arrivals.contains(&alive)), "{design:?}");
        }
    }
}

impl Design {
    fn simulated(&self) -> String {
        let script = self.script();
        let number = |count: usize| u64::try_from(count).unwrap();
        let parameters = [
            ("CLASSES", number(self.classes)),
            ("LANES", number(self.lanes)),
            ("HEADS", number(self.heads)),
            ("CODE_BITS", u64::from(self.code_bits)),
            ("CODE_SIGNED", u64::from(self.signed)),
            ("PROBABILITY_BITS", u64::from(self.probability_bits)),
            ("THRESHOLD_BITS", u64::from(self.threshold_bits)),
            ("COMPACT", u64::from(self.compact)),
        ];
        let sources = if self.is_distance() { &DISTANCE_SOURCES } else { &SOURCES };
        let bench = Bench { top: "unit_bench", sources, parameters: &parameters };
        let said = bench.run(&(script.stimuli.join("\n") + "\n"));
        let lines: Vec<String> = said.lines().map(str::to_owned).collect();
        for (i, (line, answer)) in lines.iter().zip(&script.answers).enumerate() {
            assert_eq!(line, answer, "{self:?}, command {i}: {}", script.stimuli[i]);
        }
        assert_eq!(lines.len(), script.answers.len(), "{self:?}");
        self.row(&lines)
    }

    /// A row of the CSV from what the unit said. Counted are the decisions whose survivors were read; those asked for
    /// beforehand without it are in the digest.
    fn row(&self, lines: &[String]) -> String {
        let (mut tables, mut to_build) = (0_u64, 0);
        let mut decided: Vec<[u64; 3]> = Vec::new();
        let mut digest = Digest::default();
        for line in lines {
            digest.take(line);
            let numbers: Vec<u64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
            match numbers[..] {
                [edges] => (tables, to_build) = (tables + 1, to_build + edges),
                [edges, alive, leave, _, _, _, _, _, ..] => decided.push([edges, alive, leave]),
                [_, _, _, _, _, _, _] => {}
                _ => panic!("{line}"),
            }
        }
        let sum = |column: usize| decided.iter().map(|decision| decision[column]).sum::<u64>();
        let edges = || decided.iter().map(|decision| decision[0]);
        format!(
            "{},{},{},{},{},{},{},{},{tables},{to_build},{},{},{},{},{},{},{:016x}",
            self.classes,
            self.lanes,
            self.heads,
            self.code_bits,
            self.signed,
            self.probability_bits,
            self.threshold_bits,
            self.compact,
            decided.len(),
            sum(2),
            sum(1),
            edges().min().unwrap(),
            edges().max().unwrap(),
            sum(0),
            digest.0
        )
    }

    fn script(&self) -> Script {
        let mut random = Random::new((self.classes * 100 + self.lanes) as u64);
        let mut script = Script::default();
        for load in 0..LOADS {
            let heads: Vec<Head> = (0..self.heads).map(|_| self.head(&mut random)).collect();
            self.load(&heads, &mut script);
            let memory = if self.compact { Memory::Monotone } else { Memory::ALL[(load % 3) as usize] };
            for _ in 0..SAMPLES_A_LOAD {
                let codes = heads.iter().map(|head| self.codes(head, &mut random)).collect::<Vec<_>>();
                self.sample(&heads, &codes, memory, &mut script);
            }
        }
        if self.compact {
            self.sweep(&mut random, &mut script);
        }
        script
    }

    /// Every number of classes alive: a first head that leaves so many, and a second.
    fn sweep(&self, random: &mut Random, script: &mut Script) {
        let mut heads: Vec<Head> = (0..self.heads).map(|_| self.head(random)).collect();
        let (lowest, highest) = self.range();
        heads[0] = Head { scale: 0.05, zero_point: i32::from(highest), beta: 0.5 };
        self.load(&heads, script);
        for alive in 1..=self.classes {
            let mut order: Vec<(u64, usize)> =
                (0..self.classes).map(|class| (random.bits(), class)).collect();
            order.sort_unstable();
            let mut first = vec![lowest; self.classes];
            order[..alive].iter().for_each(|(_, class)| first[*class] = highest);
            let codes = [first, self.codes(&heads[1], random)];
            self.sample(&heads[..2], &codes, Memory::Monotone, script);
        }
    }

    /// The lowest and the highest code.
    fn range(&self) -> (i16, i16) {
        let lowest = if self.signed { -(1 << (self.code_bits - 1)) } else { 0 };
        (lowest, lowest + ((1 << self.code_bits) - 1))
    }

    fn head(&self, random: &mut Random) -> Head {
        let pick = |random: &mut Random, values: &[f64]| values[random.below(values.len() as u64) as usize];
        let (lowest, highest) = self.range();
        let scale = pick(random, &[0.01, 0.05, 0.1, 0.3, 4.0]) as f32;
        let zero_point = match random.below(4) {
            // With a coarse scale almost all of the table is 0.
            0 => highest,
            1 => lowest,
            _ => lowest + random.below(1 << self.code_bits) as i16,
        };
        let anywhere = random.below(1001) as f64 / 1000.0;
        let beta = pick(random, &[0.0, 1.0, 0.01, 0.5, 0.9, 0.99, anywhere, anywhere]);
        Head { scale, zero_point: i32::from(zero_point), beta }
    }

    /// Scores of one head for every class.
    fn codes(&self, head: &Head, random: &mut Random) -> Vec<i16> {
        let (lowest, highest) = self.range();
        let span = u64::from(highest.abs_diff(lowest)) + 1;
        // Anywhere; a few levels, so that the maximum is tied; close together; low, where entries are 0; around real
        // zero, where the sigmoid is steep.
        let (base, levels, step) = match random.below(5) {
            0 => (0, span, 1),
            1 => (random.below(span), 2 + random.below(3), 1 + random.below(span / 4)),
            2 => (random.below(span), 12, 1),
            3 => (0, 9.min(span), 1),
            _ => ((head.zero_point - i32::from(lowest)).max(8) as u64 - 8, 16, 1),
        };
        let level = |random: &mut Random| (base + step * random.below(levels)).min(span - 1);
        (0..self.classes).map(|_| lowest + level(random) as i16).collect()
    }

    /// A head's table as the unit holds it: the crate's, cut to the codes there are.
    fn table(&self, head: &Head) -> Vec<u32> {
        let table = probability_table(head.scale, head.zero_point, self.signed, self.probability_bits);
        let from = if self.signed { 128 - (1 << (self.code_bits - 1)) } else { 0 };
        table[from..from + (1 << self.code_bits)].to_vec()
    }

    fn is_distance(&self) -> bool {
        self.rule == UnitRule::Distance
    }

    /// A head's distance in codes, of which there may be fewer than 256.
    fn codes_apart(&self, head: &Head) -> u32 {
        distance_code(head.distance(self.code_bits), head.scale).min((1 << self.code_bits) - 1)
    }

    fn load(&self, heads: &[Head], script: &mut Script) {
        for (index, head) in heads.iter().enumerate() {
            if self.is_distance() {
                // Nothing looks at the table that the bench loads, and nothing is built.
                let entries = vec!["0"; 1 << self.code_bits].join(" ");
                script.stimuli.push(format!("1 {index} {} {entries}", self.codes_apart(head)));
                script.answers.push("0".to_owned());
                continue;
            }
            let (table, beta) = (self.table(head), beta_code(head.beta, self.threshold_bits));
            let entries: Vec<String> = table.iter().map(u32::to_string).collect();
            script.stimuli.push(format!("1 {index} {beta} {}", entries.join(" ")));
            let highest = *table.last().unwrap();
            let cut = table
                .iter()
                .take_while(|entry| !survives(**entry, highest, beta, self.threshold_bits))
                .count();
            script.answers.push((1 + 2 * table.len() + cut).to_string());
        }
    }

    /// One sample through the heads until it leaves; a sample of which one class is left after the first head is asked
    /// of the second all the same, as the unit must take as long as it says for one score too.
    fn sample(&self, heads: &[Head], codes: &[Vec<i16>], memory: Memory, script: &mut Script) {
        let decisions = self.decided(heads, codes, memory);
        let mut asked = Vec::new();
        let mut alive = vec![true; self.classes];
        for (index, (head, codes)) in heads.iter().zip(codes).enumerate() {
            let before = alive.clone();
            let top = self.judge(head, codes, memory, &mut alive);
            let survivors: Vec<usize> = (0..self.classes).filter(|class| alive[*class]).collect();
            // The model's own decision must be this rule's.
            let exit = decisions.exits[0].segment();
            if index <= exit {
                assert_eq!(decisions.survivors[index].unwrap().get(), survivors.len() as u16);
                assert_eq!(exit == index, survivors.len() == 1);
                let lost = (0..self.classes).map(|class| u64::from(before[class] && !alive[class]));
                assert!(decisions.excluded_at_head(index).iter().copied().eq(lost));
                assert!(exit != index || usize::from(decisions.answers[0]) == survivors[0]);
            }
            let arriving = (0..self.classes).filter(|class| !self.compact || before[*class]);
            let scores: Vec<u16> = arriving.map(|class| self.bits(codes[class])).collect();
            script.arrivals.push(scores.len());
            let leaves = survivors.len() == 1;
            let answer = if self.compact { survivors[0] } else { top };
            asked.push(self.asked(index, memory, &scores, survivors, answer));
            if leaves && index > 0 {
                break;
            }
        }
        script.ask(&asked);
    }

    /// A decision and what the model says of its time and actions.
    fn asked(
        &self,
        head: usize,
        memory: Memory,
        scores: &[u16],
        survivors: Vec<usize>,
        answer: usize,
    ) -> Asked {
        let n = scores.len() as u64;
        let rule = Memory::ALL.iter().position(|rule| *rule == memory).unwrap();
        let circuit = self.rule.circuit();
        let (cycles, actions) = (circuit.cycles(n, self.lanes as u64), circuit.actions(n, 1));
        // The model charges every entry of a compacting unit's list as if all stayed.
        let written = if self.compact { survivors.len() as u64 } else { actions[Action::MaskUpdate] };
        // At the edge of the look-up a distance is subtracted, which is charged as a compare.
        let look_ups = actions[Action::LookUp] + circuit.compares_once;
        let compares = actions[Action::Compare] - circuit.compares_once;
        let leaves = u8::from(survivors.len() == 1);
        Asked {
            to: format!("{head} {} {rule}", u8::from(head == 0)),
            scores: scores.iter().fold(n.to_string(), |text, score| text + &format!(" {score}")),
            answer: format!("{cycles} {} {leaves} {answer} {look_ups} {compares} {written}", survivors.len()),
            survivors,
        }
    }

    /// One decision by the rule's words; gives the top class.
    fn judge(&self, head: &Head, codes: &[i16], memory: Memory, alive: &mut [bool]) -> usize {
        if self.is_distance() {
            return self.judge_by_distance(head, codes, memory, alive);
        }
        let (table, beta) = (self.table(head), beta_code(head.beta, self.threshold_bits));
        let entry = |code: i16| table[usize::from(code.abs_diff(self.range().0))];
        judge(codes, entry, (beta, self.threshold_bits), memory, alive)
    }

    /// The same of a distance, in real scores.
    fn judge_by_distance(&self, head: &Head, codes: &[i16], memory: Memory, alive: &mut [bool]) -> usize {
        let candidates = (0..alive.len()).filter(|class| memory != Memory::Monotone || alive[*class]);
        let top = candidates.min_by_key(|class| (-codes[*class], *class)).unwrap();
        let real =
            |class: usize| f64::from(head.scale) * f64::from(i32::from(codes[class]) - head.zero_point);
        for (class, alive) in alive.iter_mut().enumerate() {
            let eligible = memory == Memory::Memoryless || *alive;
            let passes = real(top) - real(class) <= head.distance(self.code_bits);
            *alive = class == top || eligible && passes;
        }
        top
    }

    /// What the crate decides about one sample.
    fn decided(&self, heads: &[Head], codes: &[Vec<i16>], memory: Memory) -> exclusim::decide::Decisions {
        let table = |(head, codes): (&Head, &Vec<i16>)| ScoreTable::Codes {
            codes: codes.clone(),
            scale: head.scale,
            zero_point: head.zero_point,
            signed: self.signed,
        };
        let tables: Vec<ScoreTable> = heads.iter().zip(codes).map(table).collect();
        let (probability_bits, threshold_bits) = (self.probability_bits, self.threshold_bits);
        let rule = if self.is_distance() {
            Rule::Distance { threshold: heads.iter().map(|head| head.distance(self.code_bits)).collect() }
        } else {
            Rule::RelativeToMax { beta: heads.iter().map(|head| head.beta).collect() }
        };
        let arithmetic = Arithmetic::Integer { probability_bits, threshold_bits };
        let policy = Policy { rule, memory, arithmetic, ..Policy::never(heads.len()) };
        let scores = Scores {
            samples: 1,
            classes: self.classes,
            labels: vec![0],
            classifier: tables[0].clone(),
            heads: tables,
            zero_fractions: None,
        };
        decide(&scores, &policy).unwrap()
    }

    /// A code's bits as a whole number.
    fn bits(&self, code: i16) -> u16 {
        code.cast_unsigned() & ((1 << self.code_bits) - 1)
    }
}

/// FNV-1a in 64 bits (Fowler, Noll, Vo).
struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Digest {
    fn take(&mut self, line: &str) {
        for byte in line.bytes().chain([b'\n']) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}
