//! A head's product on the lanes of the vector unit, register by register: right after n edges, and not whole after n - 1.
//!
//! Written from the design (`docs/model.md`, "On the vector lanes"): a step takes a word of features and weights into the lanes'
//! registers; behind them multipliers and a tree of adders, a level per edge; an accumulator; a requantization.

use std::collections::BTreeSet;

use exclusim::shape::Gemm;
use exclusim::time::time_step;
use proptest::prelude::*;

use crate::common::{self, arch_with};

/// What a register holds: a part of a sum, whose sum it is, and whether nothing of it is to come.
type Part = Option<(i32, usize, bool)>;

/// The registers of the lanes, from those behind the ports on.
struct Lanes {
    operands: Vec<Option<(i32, i32, usize, bool)>>,
    levels: Vec<Vec<Part>>,
    accumulator: Part,
    code: Option<(i32, usize)>,
}

impl Lanes {
    fn new(lanes: usize) -> Self {
        let (mut levels, mut width) = (Vec::new(), lanes);
        while width > 1 {
            width = width.div_ceil(2);
            levels.push(vec![None; width]);
        }
        Self { operands: vec![None; lanes], levels, accumulator: None, code: None }
    }

    /// One edge: every register takes what stood before it.
    fn edge(&mut self, word: Option<Vec<(i32, i32, usize, bool)>>) {
        let product = |operand: &Option<(i32, i32, usize, bool)>| -> Part {
            operand.map(|(feature, weight, sum, last)| (feature.wrapping_mul(weight), sum, last))
        };
        let mut below: Vec<Part> = self.operands.iter().map(product).collect();
        for level in &mut self.levels {
            let taken = below.chunks(2).map(|pair| match *pair {
                [one, other] => add(one, other),
                [one] => one,
                _ => None,
            });
            below = std::mem::replace(level, taken.collect());
        }
        let gathered = match (below[0], self.accumulator) {
            (Some((part, sum, last)), Some((before, of, false))) if of == sum => {
                Some((before.wrapping_add(part), sum, last))
            }
            (part, None | Some((.., true))) => part,
            (None, gathering) => gathering,
            (Some((_, sum, _)), Some((_, of, false))) => panic!("sum {sum} began before {of} was whole"),
        };
        let whole = |(total, sum, last): (i32, usize, bool)| last.then_some((total, sum));
        self.code = self.accumulator.and_then(whole);
        self.accumulator = gathered;
        let lanes = self.operands.len();
        self.operands = match word {
            None => vec![None; lanes],
            Some(word) => {
                let (.., sum, last) = word[0];
                let zeros = std::iter::repeat((0, 0, sum, last));
                word.into_iter().chain(zeros).take(lanes).map(Some).collect()
            }
        };
    }
}

/// Two parts of one sum that meet in an adder.
fn add(one: Part, other: Part) -> Part {
    match (one, other) {
        (Some((a, sum, last)), Some((b, of, ends))) => {
            assert_eq!((sum, last), (of, ends), "parts of two steps met");
            Some((a.wrapping_add(b), sum, last))
        }
        (None, None) => None,
        _ => panic!("half of a step"),
    }
}

/// Sums of a product of M vectors, in the order in which they are there, and the edge of the last.
fn run(operands: &Operands, lanes: usize, fed: usize) -> (Vec<i32>, usize) {
    let Operands { features, weights } = operands;
    let (mut machine, mut found, mut edges) = (Lanes::new(lanes), Vec::new(), 0);
    let mut words = Vec::new();
    for weights in weights {
        for features in features {
            let sum =
                words.iter().map(|word: &Vec<(i32, i32, usize, bool)>| word[0].2 + 1).max().unwrap_or(0);
            let chunks = features.chunks(fed).zip(weights.chunks(fed));
            let last = features.len().div_ceil(fed) - 1;
            words.extend(chunks.enumerate().map(|(i, (features, weights))| {
                features.iter().zip(weights).map(|(&x, &w)| (x, w, sum, i == last)).collect::<Vec<_>>()
            }));
        }
    }
    let mut words = words.into_iter();
    while found.len() < features.len() * weights.len() {
        machine.edge(words.next());
        edges += 1;
        if let Some((total, sum)) = machine.code {
            assert_eq!(sum, found.len(), "sums come in order");
            found.push(total);
        }
    }
    (found, edges)
}

/// Vectors of features and, for each class, one of weights.
struct Operands {
    features: Vec<Vec<i32>>,
    weights: Vec<Vec<i32>>,
}

impl Operands {
    fn new([vectors, classes, terms]: [usize; 3], seed: u64) -> Self {
        let mut state = seed | 1;
        let mut odd = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Odd operands of 32 bits: modulo 2^32 no wrong one gives a right product.
            i32::from_be_bytes((state >> 32).to_be_bytes()[4..].try_into().unwrap()) | 1
        };
        let mut table = |rows: usize| -> Vec<Vec<i32>> {
            (0..rows).map(|_| (0..terms).map(|_| odd()).collect()).collect()
        };
        Self { features: table(vectors), weights: table(classes) }
    }

    /// By the definition of a product, class by class.
    fn expected(&self) -> Vec<i32> {
        let sum = |features: &[i32], weights: &[i32]| {
            let products = features.iter().zip(weights).map(|(x, w)| x.wrapping_mul(*w));
            products.fold(0, i32::wrapping_add)
        };
        let of = |weights: &Vec<i32>| {
            self.features.iter().map(|features| sum(features, weights)).collect::<Vec<_>>()
        };
        self.weights.iter().flat_map(of).collect()
    }
}

/// What the model says that a head's product takes on lanes fed by ports of so many bytes; weights are resident.
pub(crate) fn modelled([vectors, classes, terms]: [usize; 3], lanes: usize, fed: usize) -> u64 {
    let [m, n, k] = [vectors, classes, terms].map(|size| u64::try_from(size).unwrap());
    let mut settings = vec![
        "exclusion.placement=vector".to_owned(),
        format!("vector.lanes={lanes}"),
        "memory.head_weights=resident".into(),
        "control.layer_setup=0".into(),
    ];
    if fed < lanes {
        settings.push(format!("memory.width={} bit", 8 * fed));
    }
    let arch = arch_with(&settings).unwrap();
    time_step(&common::head_product(Gemm { groups: 1, m, n, k }), &arch.machine).tally.cycles.total()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Every sum is right, the last one is there at edge n, and at no edge before.
    #[test]
    fn a_product_on_lanes_is_right_after_n_edges(
        lanes in 1usize..40, ports in 1usize..40, shape in (1usize..4, 1usize..12, 1usize..100), seed in any::<u64>(),
    ) {
        let (fed, shape) = (ports.min(lanes), [shape.0, shape.1, shape.2]);
        let operands = Operands::new(shape, seed);
        let (found, edges) = run(&operands, lanes, fed);
        prop_assert_eq!(found, operands.expected());
        prop_assert_eq!(u64::try_from(edges).unwrap(), modelled(shape, lanes, fed));
    }
}

/// A step per edge is what the ports give: no schedule has fewer steps, and the way behind the last one is a level per edge.
#[test]
fn the_ways_behind_the_last_step_by_hand() {
    let cases = [(1, 2), (2, 3), (3, 4), (4, 4), (5, 5), (8, 5), (9, 6), (16, 6), (128, 9)];
    let ways: BTreeSet<(usize, u64)> =
        cases.iter().map(|&(lanes, _)| (lanes, modelled([1, 1, 1], lanes, lanes) - 1)).collect();
    assert_eq!(ways, cases.iter().map(|&(lanes, way)| (lanes, way)).collect());
    // Ten classes of 256 features: two steps each on 128 lanes, 9 edges behind the last.
    assert_eq!(modelled([1, 10, 256], 128, 128), 29);
}
