//! Where heads' products run: what changes with the place, and what must not.

use crate::common::{self, arch_with, fixed_network, network};
use exclusim::cost::{Component, prices};
use exclusim::count::Action;
use exclusim::network::segment::{Segments, Work};
use exclusim::shape::Gemm;
use exclusim::simulate::{Misfit, agree};
use exclusim::time::{Parts, path_table, time_step};
use exclusim::unit::UnitSize;
use proptest::prelude::*;

const PLACES: [&[&str]; 3] = [
    &["exclusion.placement=array"],
    &["exclusion.placement=vector"],
    &["exclusion.placement=dedicated", "exclusion.macs=8"],
];

fn settings(place: &[&str], more: &[&str]) -> Vec<String> {
    place.iter().chain(more).map(|setting| (*setting).to_owned()).collect()
}

/// All segments, every head running.
fn all_heads(network: &Segments, place: &[&str], more: &[&str]) -> Parts {
    let arch = arch_with(&settings(place, more)).unwrap();
    let table = path_table(network, &arch.machine, &vec![true; network.heads()], false);
    table.segments.iter().fold(Parts::default(), |sum, segment| {
        let more = segment.full();
        Parts {
            body: sum.body + more.body,
            tail: sum.tail + more.tail,
            heads: sum.heads + more.heads,
            wasted: sum.wasted + more.wasted,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Wherever heads run they compute the same products and requantize the same sums, and the backbone does not notice.
    #[test]
    fn a_place_changes_nothing_but_heads(network in network()) {
        let [array, vector, dedicated] = PLACES.map(|place| all_heads(&network, place, &["memory.prefetch=none"]));
        for other in [&vector, &dedicated] {
            prop_assert_eq!((&array.body, &array.tail), (&other.body, &other.tail));
            prop_assert_eq!(array.heads.actions.macs(), other.heads.actions.macs());
            prop_assert_eq!(array.heads.actions[Action::Requantize], other.heads.actions[Action::Requantize]);
        }
    }

    /// No number of lanes takes fewer cycles than its multipliers allow, or than a sum per cycle; more lanes take no more steps; and
    /// with as many as there are features a step per class is left, and the way through the tree.
    #[test]
    fn lanes_meet_their_bounds(n in 1u64..60, k in 1u64..300, lanes in 1u64..400) {
        let gemm = Gemm { groups: 1, m: 1, n, k };
        let cycles = |lanes: u64| {
            let lanes = format!("vector.lanes={lanes}");
            let more = [lanes.as_str(), "memory.head_weights=resident", "control.layer_setup=0"];
            let arch = arch_with(&settings(PLACES[1], &more)).unwrap();
            time_step(&common::head_product(gemm), &arch.machine).tally.cycles.total()
        };
        let levels = |lanes: u64| u64::from(lanes.next_power_of_two().trailing_zeros());
        let steps = |lanes: u64| cycles(lanes) - levels(lanes) - 2;
        prop_assert!(steps(lanes) * lanes >= gemm.macs() && steps(lanes) >= n);
        prop_assert!(steps(lanes + 1) <= steps(lanes));
        prop_assert_eq!(steps(k), n);
        prop_assert_eq!(steps(1), gemm.macs());
    }
}

/// Lanes have multipliers only where a network has heads, and only the vector unit grows by them.
#[test]
fn multipliers_of_lanes_are_the_vector_unit_s() {
    let area = |place: &[&str], heads: usize| {
        let arch = arch_with(&settings(place, &["memory.width=128 bit"])).unwrap();
        prices(&arch, UnitSize::of_default_bits(heads, 10)).area
    };
    let (array, vector) = (area(PLACES[0], 6), area(PLACES[1], 6));
    for component in Component::on_chip() {
        let grows = component == Component::Vector;
        assert_eq!(vector[component].0 > array[component].0, grows, "{component:?}");
    }
    assert_eq!(area(PLACES[0], 0)[Component::Vector], area(PLACES[1], 0)[Component::Vector]);
}

/// A head that leaves a map has more vectors than lanes multiply.
#[test]
fn heads_of_many_vectors_are_refused_on_lanes() {
    let mut network = fixed_network();
    let mut head = network.segments[0].head.to_vec();
    for step in &mut head {
        if let Work::Gemm { gemm, .. } = &mut step.work {
            gemm.m = 4;
        }
    }
    network.segments[0].head = head.into();
    let misfits = |place: &[&str]| agree(&arch_with(&settings(place, &[])).unwrap(), &network, None).err();
    let found = misfits(PLACES[1]).unwrap();
    let [misfit @ Misfit::ManyVectors { vectors: 4, .. }] = found.as_slice() else { panic!("{found:?}") };
    insta::assert_snapshot!(format!("{misfit}\n{}", misfit.remedy()));
    assert_eq!(misfits(PLACES[0]), None);
}
