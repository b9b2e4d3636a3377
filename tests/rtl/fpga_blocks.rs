//! Do the blocks that only FPGAs have compute what they should? Arrays that pack two products into a DSP block, and a lane of
//! the vector unit, simulated edge by edge.
//!
//! What each bench is fed at an edge and when a result is there follow from the Verilog's registers: a result an edge earlier or
//! later is another number.

use std::fmt::Write;

use exclusim::network::{Layer, Network, Op, Parameters, Quantization, Value, ValueId};
use exclusim::replay::{Engine, Images, Pixels, Preprocess, Requant, ScoreTable, replay_with};
use exclusim::shape::MapShape;

use super::network::multiplier;
use super::{Bench, Mode, Random, checksum, differences, witness};

const PACKED_FILE: &str = "packed.csv";
const PACKED_HEADER: &str = "array_rows,array_cols,weights,loads,sums,checksum";
const PACKED_SOURCES: [&str; 2] = ["fpga/packed_bench.sv", "fpga/packed_array.sv"];
const LANE_FILE: &str = "lane.csv";
const LANE_HEADER: &str = "work,results,checksum";
const LANE_SOURCES: [&str; 2] = ["fpga/lane_bench.sv", "fpga/vector_lane.sv"];

/// Codes at which products of signed bytes are largest, change their sign or borrow.
const CORNERS: [i8; 9] = [-128, -127, -2, -1, 0, 1, 2, 126, 127];

/// Weights that stay and the activations that pass them.
struct Load {
    /// `[rows][cols]`.
    weights: Vec<Vec<i8>>,
    /// `[waves][rows]`.
    waves: Vec<Vec<i8>>,
}

/// Loads of one array.
struct Packed {
    rows: usize,
    cols: usize,
    weights: &'static str,
    loads: Vec<Load>,
}

/// Every product of two bytes beside each corner, on the lower and on the upper half of the factor, the other half a corner;
/// then random products, of which a third are corners, on other sizes.
fn packed() -> Vec<Packed> {
    let all: Vec<i8> = (i8::MIN..=i8::MAX).collect();
    let every: Vec<Vec<i8>> = all.iter().map(|&x| vec![x]).collect();
    let beside = |pair: fn(i8, i8) -> [i8; 2]| {
        let pairs = CORNERS.iter().flat_map(|&corner| all.iter().map(move |&weight| pair(weight, corner)));
        pairs.map(|pair| Load { weights: vec![pair.to_vec()], waves: every.clone() }).collect()
    };
    let swept = |weights, loads| Packed { rows: 1, cols: 2, weights, loads };
    let mut found = vec![
        swept("every lower", beside(|weight, corner| [weight, corner])),
        swept("every upper", beside(|weight, corner| [corner, weight])),
    ];
    for (seed, (rows, cols)) in (900..).zip([(2, 2), (4, 4), (3, 6), (8, 4), (6, 10)]) {
        let mut random = Random::new(seed);
        let mut byte = || {
            let corner = usize::try_from(random.below(27)).unwrap();
            CORNERS.get(corner).copied().unwrap_or_else(|| random.byte())
        };
        let mut table = |lines: usize, length: usize| -> Vec<Vec<i8>> {
            (0..lines).map(|_| (0..length).map(|_| byte()).collect()).collect()
        };
        let loads = (0..10).map(|_| Load { weights: table(rows, cols), waves: table(25, rows) }).collect();
        found.push(Packed { rows, cols, weights: "random", loads });
    }
    found
}

impl Packed {
    /// What stands at the inputs, an edge a line, and where the results of every load begin.
    fn stimuli(&self) -> (String, Vec<usize>) {
        let (mut text, mut edges, mut starts) = (String::new(), 0, Vec::new());
        let idle = self.rows + self.cols / 2 + 3;
        for load in &self.loads {
            // Weights go down a row an edge: the last row's first.
            for weights in load.weights.iter().rev() {
                write!(text, "1{}", " 0".repeat(self.rows)).unwrap();
                weights.iter().for_each(|weight| write!(text, " {weight}").unwrap());
                text.push('\n');
            }
            edges += self.rows;
            starts.push(edges);
            let steps = load.waves.len() + idle;
            for step in 0..steps {
                text.push('0');
                for row in 0..self.rows {
                    let wave = step.checked_sub(row).and_then(|wave| load.waves.get(wave));
                    write!(text, " {}", wave.map_or(0, |wave| wave[row])).unwrap();
                }
                writeln!(text, "{}", " 0".repeat(self.cols)).unwrap();
            }
            edges += steps;
        }
        (text, starts)
    }

    /// Sums as the array gives them: a wave is under way a row and a pair of columns an edge, and two edges in an element.
    fn simulated(&self) -> Vec<i32> {
        let size = [self.rows, self.cols].map(|side| u64::try_from(side).unwrap());
        let parameters = [("ROWS", size[0]), ("COLS", size[1])];
        let bench = Bench { top: "packed_bench", sources: &PACKED_SOURCES, parameters: &parameters };
        let (stimuli, starts) = self.stimuli();
        let text = bench.run(&stimuli);
        let line = |line: &str| line.split_whitespace().map(|sum| sum.parse().unwrap()).collect();
        let lines: Vec<Vec<i32>> = text.lines().map(line).collect();
        let mut sums = Vec::new();
        for (load, start) in self.loads.iter().zip(starts) {
            for wave in 0..load.waves.len() {
                let at = |col: usize| lines[start + wave + self.rows - 1 + col / 2 + 2][col];
                sums.extend((0..self.cols).map(at));
            }
        }
        sums
    }

    /// Sums by their definition.
    fn expected(&self) -> Vec<i32> {
        let sum = |load: &Load, wave: &[i8], col: usize| -> i32 {
            let products = wave.iter().zip(&load.weights);
            products.map(|(&x, weights)| i32::from(x) * i32::from(weights[col])).sum()
        };
        let of_load = |load: &Load| -> Vec<i32> {
            let waves = load.waves.iter();
            waves
                .flat_map(|wave| (0..self.cols).map(|col| sum(load, wave, col)).collect::<Vec<_>>())
                .collect()
        };
        self.loads.iter().flat_map(of_load).collect()
    }

    fn row(&self, sums: &[i32]) -> String {
        let Self { rows, cols, weights, loads } = self;
        format!("{rows},{cols},{weights},{},{},{:016x}", loads.len(), sums.len(), checksum(sums))
    }
}

#[test]
fn a_packed_array_computes_every_product() {
    let cases = packed();
    let simulate = |mode| {
        let cases = cases.iter().filter(|case| mode != Mode::Sample || case.rows == 1);
        cases.map(|case| case.row(&case.simulated())).collect()
    };
    let committed = witness(PACKED_FILE, PACKED_HEADER, &PACKED_SOURCES, simulate);
    let expected: Vec<String> = cases.iter().map(|case| case.row(&case.expected())).collect();
    let wrong = differences(&committed, &expected);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The largest product was there twice in one block, and what it borrows.
    let pairs: Vec<&[i8]> = cases[0].loads.iter().map(|load| &*load.weights[0]).collect();
    assert!(pairs.contains(&&[-128, -128][..]) && pairs.contains(&&[-1, 127][..]));
    // An upper product that does not get its borrow back is another sum.
    for case in &cases {
        let mut other = case.expected();
        other.iter_mut().skip(1).step_by(2).for_each(|sum| *sum -= 1);
        assert_ne!(case.row(&other), case.row(&case.expected()));
    }
}

/// Sums that are requantized, each with a multiplier and a shift of its own, or windows that are gathered.
enum Work {
    Requantize { zero_point: i32, scales: Vec<f32>, sums: Vec<i32> },
    Mean(Vec<Vec<i8>>),
    Maximum(Vec<Vec<i8>>),
}

/// Scales of 2^-31 to 1/2, sums of all sizes; what lies at the ends of the codes and at ties is among them.
fn requantize(seed: u64, zero_point: i32) -> Work {
    let mut random = Random::new(seed);
    let (mut scales, mut sums) = (Vec::new(), Vec::new());
    for i in 0..1000 {
        let exponent = 1 + i16::try_from(random.below(30)).unwrap();
        let more = if i % 3 == 0 { 0 } else { u16::try_from(random.below(1 << 16)).unwrap() };
        scales.push(f32::exp2(f32::from(-exponent)) * (1.0 + f32::from(more) / 65536.0));
        // About as large as what the codes span, or any.
        let bits = u32::try_from(exponent).unwrap().min(22) + 9;
        let any = random.bits() as i32;
        sums.push(match i % 7 {
            // Half a step exactly.
            _ if i % 6 == 0 => (2 * (any >> 24) + 1) << (exponent - 1).min(22),
            0 => any,
            1 => [i32::MIN, i32::MAX, 0, -1, 1][i / 7 % 5],
            _ => any >> (32 - bits.min(32)),
        });
    }
    Work::Requantize { zero_point, scales, sums }
}

fn lane() -> Vec<(&'static str, Work)> {
    let windows = |seed: u64| {
        let mut random = Random::new(seed);
        let mut window = |codes: u64| (0..codes).map(|_| random.byte()).collect::<Vec<i8>>();
        (0..300).map(|i| window(1 + i % 12)).collect::<Vec<_>>()
    };
    vec![
        ("requantize to zero point -128", requantize(910, -128)),
        ("requantize to zero point 0", requantize(911, 0)),
        ("requantize to zero point 93", requantize(912, 93)),
        ("mean of a window", Work::Mean(windows(913))),
        ("maximum of a window", Work::Maximum(windows(914))),
    ]
}

impl Work {
    /// Inputs of the lane, an edge a line, the edges behind which results stand.
    fn stimuli(&self) -> (String, Vec<usize>) {
        let (mut text, mut results, mut edge) = (String::new(), Vec::new(), 0);
        let mut line = |[operation, first, value, multiplier, shift, zero_point]: [i64; 6]| {
            writeln!(text, "{operation} {first} {value} {multiplier} {shift} {zero_point}").unwrap();
            edge += 1;
            edge - 1
        };
        match self {
            Self::Requantize { zero_point, scales, sums } => {
                for (&scale, &sum) in scales.iter().zip(sums) {
                    let (multiplier, shift) = multiplier(f64::from(scale));
                    let inputs = [0, 0, i64::from(sum), multiplier, shift, i64::from(*zero_point)];
                    results.push(line(inputs) + 4);
                }
            }
            Self::Mean(windows) | Self::Maximum(windows) => {
                let operation = if matches!(self, Self::Mean(_)) { 1 } else { 2 };
                for window in windows {
                    let factor = if operation == 1 { part(window) } else { 1.0 };
                    let (multiplier, shift) = multiplier(f64::from(factor));
                    let mut last = 0;
                    for (i, &code) in window.iter().enumerate() {
                        last = line([operation, i64::from(i == 0), i64::from(code), multiplier, shift, 0]);
                    }
                    // The factor is taken in with what was gathered, an edge later.
                    line([3, 0, 0, multiplier, shift, 0]);
                    results.push(last + 5);
                }
            }
        }
        (0..6).for_each(|_| {
            let idle =
                if let Self::Requantize { zero_point, .. } = self { i64::from(*zero_point) } else { 0 };
            line([3, 0, 0, 0, 1, idle]);
        });
        (text, results)
    }

    fn simulated(&self) -> Vec<i32> {
        let bench = Bench { top: "lane_bench", sources: &LANE_SOURCES, parameters: &[] };
        let (stimuli, results) = self.stimuli();
        let text = bench.run(&stimuli);
        let found: Vec<i32> = text.lines().map(|line| line.parse().unwrap()).collect();
        results.into_iter().map(|edge| found[edge]).collect()
    }

    /// Replay's codes of the same sums, of windows' sums, too; a maximum by its definition.
    fn expected(&self, requant: Requant) -> Vec<i32> {
        match self {
            Self::Requantize { zero_point, scales, sums } => replayed(requant, *zero_point, scales, sums),
            Self::Mean(windows) => {
                let parts: Vec<f32> = windows.iter().map(|window| part(window)).collect();
                let sum = |window: &Vec<i8>| window.iter().map(|&code| i32::from(code)).sum();
                replayed(requant, 0, &parts, &windows.iter().map(sum).collect::<Vec<i32>>())
            }
            Self::Maximum(windows) => {
                windows.iter().map(|window| i32::from(*window.iter().max().unwrap())).collect()
            }
        }
    }
}

/// What each code of a window counts in its mean.
fn part(window: &[i8]) -> f32 {
    1.0 / f32::from(u8::try_from(window.len()).unwrap())
}

/// Codes that replay makes of sums: a fully connected layer of biases alone.
pub(super) fn replayed(requant: Requant, zero_point: i32, scales: &[f32], sums: &[i32]) -> Vec<i32> {
    let value = |name: &str, channels: usize, zero_point: i32| Value {
        name: name.into(),
        shape: MapShape::vector(channels),
        quantization: Quantization { scale: 1.0, zero_point, signed: true },
    };
    let parameters =
        Parameters { weights: vec![0; sums.len()], scales: scales.to_vec(), bias: sums.to_vec() };
    let layer = Layer {
        name: "sums".into(),
        op: Op::FullyConnected { inputs: 1, outputs: sums.len() },
        inputs: vec![ValueId(0)],
        output: ValueId(1),
        parameters: Some(parameters),
    };
    let network = Network {
        name: "sums".into(),
        values: vec![value("image", 1, 0), value("codes", sums.len(), zero_point)],
        input: ValueId(0),
        layers: vec![layer],
        heads: Vec::new(),
        classifier: ValueId(1),
    };
    let images = Images { shape: MapShape::vector(1), pixels: Pixels::F32(vec![0.0]), labels: vec![0] };
    let engine = Engine { requant, ..Engine::default() };
    let scores = replay_with(engine, &network, &images, &Preprocess::default(), &|_| {}).unwrap();
    match scores.classifier {
        ScoreTable::Codes { codes, .. } => codes.into_iter().map(i32::from).collect(),
        ScoreTable::Reals(_) => panic!("scores are codes"),
    }
}

#[test]
fn a_lane_computes_what_replay_does() {
    let cases = lane();
    let row = |what: &str, results: &[i32]| format!("{what},{},{:016x}", results.len(), checksum(results));
    let simulate = |_| cases.iter().map(|(what, work)| row(what, &work.simulated())).collect();
    let committed = witness(LANE_FILE, LANE_HEADER, &LANE_SOURCES, simulate);
    let expected = |requant| -> Vec<String> {
        cases.iter().map(|(what, work)| row(what, &work.expected(requant))).collect()
    };
    let wrong = differences(&committed, &expected(Requant::FixedPoint));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Other roundings are told apart by every set of sums; a maximum is not rounded.
    for other in [Requant::Float, Requant::Gemmlowp, Requant::FixedPoint8] {
        assert_eq!(differences(&committed, &expected(other)).len(), 4, "{other:?}");
    }
    for (what, work) in cases.iter().filter(|(_, work)| matches!(work, Work::Requantize { .. })) {
        let codes = work.expected(Requant::FixedPoint);
        let ends = codes.iter().filter(|code| matches!(**code, -128 | 127)).count();
        assert!(ends > 0 && ends < codes.len() * 3 / 4, "{what}: {ends} of {} at the ends", codes.len());
    }
}
