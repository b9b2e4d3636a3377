//! Is docs/energy.md right? One small network, its actions counted and priced by hand, beside the program.

use crate::common::{arch_with, built, text};
use exclusim::cost::{Component, prices};
use exclusim::count::{Action, Tally};
use exclusim::time::path_table;
use exclusim::unit::UnitSize;

/// Everything else is 0.
const COUNTS: [(Action, u64); 12] = [
    (Action::Mac, 4 * 2 * 3 + 2 * 2),
    // Products x (8 + 32), the unused row crossed by 2 columns x 4 sums of 32 bits, 4 and 3 hops x 2 columns x 8 bits.
    (Action::RegisterBit, 28 * 40 + 2 * 4 * 32 + (4 + 3) * 2 * 8),
    (Action::Accumulate, 8),
    (Action::IfmapRead, 12 + 2),
    (Action::IfmapWrite, 8 + 8 + 2 + 2),
    (Action::FilterRead, 6 + 4),
    (Action::FilterWrite, 6 + 4),
    (Action::OfmapRead, (8 + 8 + 2) * 4),
    (Action::OfmapWrite, (16 + 2) * 4),
    (Action::DramRead, 8 + 6 + 4),
    (Action::Requantize, 8 + 2),
    (Action::VectorAdd, 8),
];

/// Prices as the files have them, pJ: Horowitz's adder and multipliers, Aladdin's register; CACTI's accesses at 45 nm of 64 KiB
/// and 32 bits, which bring the 2 bytes that the array takes in a cycle, and of 32 KiB and 64 bits, which bring 8; LPDDR4's 7.443 pJ a bit and what an open row draws beyond a closed one at 0.9 of the peak.
fn price(action: Action) -> f64 {
    match action {
        Action::Mac => 0.2 + 0.1,
        Action::RegisterBit => 0.009,
        Action::Accumulate | Action::VectorAdd => 0.1,
        Action::IfmapRead | Action::FilterRead => 17.8039 / 2.0,
        Action::IfmapWrite | Action::FilterWrite => 13.4688 / 2.0,
        Action::OfmapRead => 17.0418 / 8.0,
        Action::OfmapWrite => 15.3975 / 8.0,
        Action::DramRead | Action::DramWrite => 7.443 * 8.0 + (3.937 - 3.844) / 0.9,
        Action::Requantize => 3.1 + 0.1,
        _ => 0.0,
    }
}

/// Standing power by hand, mW: leakage of cells that Aladdin measured, 18,610 times less for low-standby-power ones.
fn power(component: Component) -> f64 {
    let logic = 1e-3 / 18_610.0;
    match component {
        // 4 elements of 5 + 2.3 uW and 48 register bits of 70 nW, 2 adders below.
        Component::Array => (4.0 * (5.0 + 2.3 + 48.0 * 0.07) + 2.0 * 2.3) * logic,
        Component::IfmapSram | Component::FilterSram => 0.00171688,
        // CACTI's of 32 bits, a little more than its 0.000923907 of 64: a wider port is not cheaper.
        Component::OfmapSram => 0.000942371,
        // 2 lanes of a 32-bit multiplier and two adders.
        Component::Vector => 2.0 * (80.0 + 2.3 + 2.3) * logic,
        Component::ExclusionUnit => 0.0,
        Component::Dram => (3.844 + 0.521) * 3.2,
        Component::Infrastructure | Component::Device | Component::Board => panic!("an FPGA's"),
    }
}

#[test]
fn the_document_prices_what_the_program_prices() {
    let settings = [
        "array.rows=2",
        "array.cols=2",
        "array.zero_gating=false",
        "vector.lanes=2",
        "control.layer_setup=0",
        "memory.prefetch=none",
    ];
    let arch = arch_with(&settings.map(str::to_owned)).unwrap();
    let network = built(&[(4, 2, 3, false, false)], 2);
    let table = path_table(&network, &arch.machine, &[], false);
    let tally: Tally = table.segments.iter().map(|segment| segment.full().total()).sum();
    for action in Action::ALL {
        let by_hand = COUNTS.iter().find(|(known, _)| *known == action).map_or(0, |(_, count)| *count);
        assert_eq!(tally.actions[action], by_hand, "{}", action.name());
    }
    // Convolution: 50 of latency, 2 of a first load of 10 bytes, two folds of 2A + B + T - 2; pooling: 8 elements and 8 sums on
    // 2 lanes, of which the last fold hides 5 cycles; classifier: 50, 1 and one fold of 5.
    assert_eq!(tally.cycles.total(), (50 + 2 + 2 * 8) + (8 - 5) + (50 + 1 + 5));
    let unit = UnitSize { heads: 0, ..UnitSize::of_default_bits(0, 2) };
    let prices = prices(&arch, unit);
    let energy = prices.energy(&tally);
    let nanoseconds = 127.0 * 2.0;
    let (mut rows, mut sum) = (Vec::new(), 0.0);
    for (action, count) in COUNTS {
        let (each, counted) = (price(action), f64::from(u32::try_from(count).unwrap()));
        assert!(
            (prices.actions[action].0 / each - 1.0).abs() < 1e-3,
            "{}: {} {each}",
            action.name(),
            prices.actions[action].0
        );
        sum += each * counted;
        rows.push(format!("| {} | {count} | {each:.4} | {:.2} |", action.name(), each * counted));
    }
    for component in Component::OF_CHIP {
        // mW x ns are pJ.
        let (power, spent) = (power(component), energy.idle[component].0);
        assert!(
            (spent - power * nanoseconds).abs() <= 2e-3 * spent,
            "{}: {spent} {}",
            component.name(),
            power * nanoseconds
        );
        sum += power * nanoseconds;
        rows.push(format!("| {} | {:.6} | {:.4} |", component.name(), power, power * nanoseconds));
    }
    assert!((energy.total().0 / sum - 1.0).abs() < 1e-4, "{} {sum}", energy.total().0);
    rows.push(format!("Together {sum:.1} pJ"));
    let document = text("docs/energy.md");
    let missing: Vec<&String> = rows.iter().filter(|row| !document.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "docs/energy.md should have {missing:#?}");
}
