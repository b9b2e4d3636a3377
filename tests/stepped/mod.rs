//! Is the closed form right? A register-by-register array computes the real product: enough at n edges, wrong at
//! n - 1. Everything here is written from the designs (`docs/model/array.md`), nothing from `src/time`.

mod feed;
pub(crate) mod lanes;
mod moving;
mod product;
mod schedule;
mod standing;

use exclusim::machine::FoldOverlap;
use exclusim::map::{Dataflow, EdgeFolds, FoldPlan};
use exclusim::shape::Gemm;
use exclusim::time::array_cycles;
use feed::Fault;
use product::{Fold, Product, folds};
use proptest::prelude::*;

const DATAFLOWS: [Dataflow; 3] =
    [Dataflow::OutputStationary, Dataflow::WeightStationary, Dataflow::InputStationary];
const OVERLAPS: [FoldOverlap; 3] = [FoldOverlap::None, FoldOverlap::GlobalSwap, FoldOverlap::DoubleBuffered];

fn run(
    product: &Product,
    sides: (usize, usize),
    overlap: FoldOverlap,
    folds: &[Fold],
    starts: &[usize],
) -> Result<(Vec<i32>, usize), Fault> {
    let run = if product.sums_stay() { standing::run } else { moving::run };
    run(product, sides, overlap, folds, starts)
}

/// A product whose axes lie on the array as (rows, cols, time).
fn laid(dataflow: Dataflow, groups: usize, (rows, cols, time): (usize, usize, usize)) -> Gemm {
    let [groups, rows, cols, time] = [groups, rows, cols, time].map(|size| u64::try_from(size).unwrap());
    match dataflow {
        Dataflow::OutputStationary => Gemm { groups, m: rows, n: cols, k: time },
        Dataflow::WeightStationary => Gemm { groups, k: rows, n: cols, m: time },
        Dataflow::InputStationary => Gemm { groups, k: rows, m: cols, n: time },
    }
}

/// The closed form under test; time is cut into pieces of at most `longest`.
fn closed_form(
    gemm: &Gemm,
    dataflow: Dataflow,
    (a, b): (usize, usize),
    overlap: FoldOverlap,
    (edges, longest): (EdgeFolds, usize),
) -> usize {
    let count = |count: usize| u64::try_from(count).unwrap();
    let plan = FoldPlan::new(gemm, dataflow, count(a), count(b)).split_time(count(longest));
    usize::try_from(array_cycles(&plan, overlap, edges).total()).unwrap()
}

prop_compose! {
    /// A case: array, product as (groups, (rows, cols, time)), seed.
    fn cases()(a in 1usize..9, b in 1usize..9)(
        sides in Just((a, b)), groups in 1usize..3,
        shape in (1..=3 * a, 1..=3 * b, 1usize..13), seed in any::<u64>(),
    ) -> ((usize, usize), usize, (usize, usize, usize), u64) {
        (sides, groups, shape, seed)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The array delivers the product, the last result at edge n: n - 1 edges are one too few.
    #[test]
    fn every_product_is_right_after_n_edges((sides, groups, shape, seed) in cases()) {
        for dataflow in DATAFLOWS {
            let gemm = laid(dataflow, groups, shape);
            let product = Product::new(gemm, dataflow, seed, false);
            let folds = folds(&product, sides.0, sides.1, EdgeFolds::Full, usize::MAX);
            for overlap in OVERLAPS {
                let starts = schedule::starts(product.sums_stay(), overlap, sides.0, &folds);
                let (found, last) = run(&product, sides, overlap, &folds, &starts).unwrap();
                prop_assert_eq!(found, product.expected(), "{:?} {:?}", dataflow, overlap);
                prop_assert_eq!(last, closed_form(&gemm, dataflow, sides, overlap, (EdgeFolds::Full, usize::MAX)), "{:?} {:?}", dataflow, overlap);
            }
        }
    }

    /// A period one edge shorter, from any fold on, gives a wrong product or two values in one place.
    #[test]
    fn no_period_can_be_shorter((sides, groups, shape, seed) in cases(), late in any::<prop::sample::Index>()) {
        // Whole folds: the array cannot be early in what a ragged fold leaves idle.
        let (a, b) = sides;
        let whole = (shape.0.div_ceil(a) * a, shape.1.div_ceil(b) * b, shape.2);
        for dataflow in DATAFLOWS {
            let product = Product::new(laid(dataflow, groups, whole), dataflow, seed, true);
            let folds = folds(&product, a, b, EdgeFolds::Full, usize::MAX);
            for overlap in [FoldOverlap::GlobalSwap, FoldOverlap::DoubleBuffered] {
                assert_tight(&product, sides, overlap, &folds, late)?;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Trimmed folds of any raggedness, time cut into pieces or not: as early as can be, and never wrong.
    #[test]
    fn trimmed_folds_are_right_and_none_can_start_earlier(
        (sides, groups, shape, seed) in cases(), longest in 1usize..13, late in any::<prop::sample::Index>(),
    ) {
        for dataflow in DATAFLOWS {
            let gemm = laid(dataflow, groups, shape);
            let product = Product::new(gemm, dataflow, seed, true);
            // Time is cut only where sums pass through the memory more than once.
            let longest = if product.sums_stay() || product.rows <= sides.0 { usize::MAX } else { longest };
            let folds = folds(&product, sides.0, sides.1, EdgeFolds::Trimmed, longest);
            for overlap in OVERLAPS {
                let starts = schedule::starts(product.sums_stay(), overlap, sides.0, &folds);
                let (found, last) = run(&product, sides, overlap, &folds, &starts).unwrap();
                prop_assert_eq!(found, product.expected(), "{:?} {:?}", dataflow, overlap);
                prop_assert_eq!(last, schedule::end(product.sums_stay(), sides.0, &folds, &starts));
                let closed = closed_form(&gemm, dataflow, sides, overlap, (EdgeFolds::Trimmed, longest));
                prop_assert_eq!(last, closed, "{:?} {:?}", dataflow, overlap);
                if overlap != FoldOverlap::None {
                    assert_tight(&product, sides, overlap, &folds, late)?;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// The closed form is the loop over folds, also where the array is too large to step.
    #[test]
    fn the_closed_form_is_the_loop_over_folds(
        sides in (1usize..40, 1usize..40), groups in 1usize..4, shape in (1usize..200, 1usize..200, 1usize..300),
        longest in prop_oneof![1usize..300, Just(usize::MAX)], trimmed in any::<bool>(),
    ) {
        let edges = if trimmed { EdgeFolds::Trimmed } else { EdgeFolds::Full };
        for dataflow in DATAFLOWS {
            let gemm = laid(dataflow, groups, shape);
            let product = Product::sized(gemm, dataflow);
            let longest = if product.sums_stay() || product.rows <= sides.0 { usize::MAX } else { longest };
            let folds = folds(&product, sides.0, sides.1, edges, longest);
            for overlap in OVERLAPS {
                let starts = schedule::starts(product.sums_stay(), overlap, sides.0, &folds);
                let end = schedule::end(product.sums_stay(), sides.0, &folds, &starts);
                let closed = closed_form(&gemm, dataflow, sides, overlap, (edges, longest));
                prop_assert_eq!(end, closed, "{:?} {:?}", dataflow, overlap);
            }
        }
    }
}

/// A narrow last fold can be out before the wide one that started earlier: the total is not the last fold's end.
#[test]
fn an_earlier_fold_can_end_last() {
    let (sides, gemm) = ((4, 8), laid(Dataflow::WeightStationary, 1, (4, 9, 5)));
    let product = Product::new(gemm, Dataflow::WeightStationary, 1, false);
    let folds = folds(&product, 4, 8, EdgeFolds::Trimmed, usize::MAX);
    let starts = schedule::starts(false, FoldOverlap::DoubleBuffered, 4, &folds);
    assert_eq!(starts, [4, 9]);
    let (found, last) = run(&product, sides, FoldOverlap::DoubleBuffered, &folds, &starts).unwrap();
    assert_eq!((found, last), (product.expected(), 4 + 5 + 4 + 8 - 2));
    assert!(9 + 5 + 4 + 1 - 2 < last);
    let how = (EdgeFolds::Trimmed, usize::MAX);
    assert_eq!(closed_form(&gemm, Dataflow::WeightStationary, sides, FoldOverlap::DoubleBuffered, how), last);
}

/// The schedule works, and fails when a fold and all after it start one edge earlier.
fn assert_tight(
    product: &Product,
    sides: (usize, usize),
    overlap: FoldOverlap,
    folds: &[Fold],
    late: prop::sample::Index,
) -> Result<(), TestCaseError> {
    let mut starts = schedule::starts(product.sums_stay(), overlap, sides.0, folds);
    let (found, _) = run(product, sides, overlap, folds, &starts).unwrap();
    prop_assert_eq!(&found, &product.expected(), "{:?} {:?}", product.dataflow, overlap);
    let from = late.index(folds.len());
    if product.sums_stay() && from == 0 {
        // Nothing is before the first edge.
        return Ok(());
    }
    starts[from..].iter_mut().for_each(|start| *start -= 1);
    if let Ok((found, _)) = run(product, sides, overlap, folds, &starts) {
        let seen = found != product.expected();
        prop_assert!(
            seen,
            "{:?} {:?} also works a cycle earlier from fold {}",
            product.dataflow,
            overlap,
            from
        );
    }
    Ok(())
}
