//! Do the invariants hold? Random networks, architectures and decisions; nothing here knows a right number by heart.

use crate::common::{self, arch_with, decisions, network};
use exclusim::arch::{Arch, Batch, BatchExits};
use exclusim::cost::prices;
use exclusim::count::{Action, Cause, Tally};
use exclusim::decide::Policy;
use exclusim::machine::DecisionOverlap;
use exclusim::map::{Dataflow, EdgeFolds, FoldPlan};
use exclusim::network::segment::{Segments, Work};
use exclusim::report::layer_rows;
use exclusim::shape::{Gemm, Operand};
use exclusim::simulate::{agree, batched, simulate, violations};
use exclusim::time::{array_cycles, fold_period, path_table};
use exclusim::unit::UnitSize;
use proptest::prelude::*;

fn gemms() -> impl Strategy<Value = Gemm> {
    (1u64..4, 1u64..400, 1u64..400, 1u64..400).prop_map(|(groups, m, n, k)| Gemm { groups, m, n, k })
}

fn dataflow_choices() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["os", "ws", "is", "best"])
}

fn overlaps() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["none", "global-swap", "double-buffered"])
}

prop_compose! {
    /// Architectures of any dataflow and overlap, with memories from tiny to large and slow to fast.
    fn arches()(
        rows in 1u64..40, cols in 1u64..40, overlap in overlaps(),
        flows in (dataflow_choices(), dataflow_choices(), dataflow_choices()),
        edges in prop::sample::select(vec!["full", "trimmed"]),
        accumulator in prop::sample::select(vec!["spill", "split"]),
        kib in 8u64..512, gbps in 1u64..200, fused in any::<bool>(), residency in prop::sample::select(vec!["fit", "none"]),
        setup in 0u64..500, lanes in 1u64..64, compact in any::<bool>(), (placement, macs) in prop::sample::select(vec![("array", 0u64), ("vector", 0), ("dedicated", 1), ("dedicated", 16)]),
        overlap_decision in prop::sample::select(vec!["blocking", "speculative"]),
        squash in prop::sample::select(vec!["fold", "immediate"]),
        head_weights in prop::sample::select(vec!["stream", "resident"]),
    ) -> Vec<String> {
        vec![
            format!("array.rows={rows}"), format!("array.cols={cols}"),
            format!("array.dataflow={}", flows.0), format!("array.head_dataflow={}", flows.1),
            format!("array.fc_dataflow={}", flows.2), format!("array.fold_overlap={overlap}"),
            format!("array.edge_folds={edges}"), format!("memory.accumulator={accumulator}"),
            format!("memory.ifmap={kib} KiB"), format!("memory.filter={kib} KiB"), format!("memory.ofmap={kib} KiB"),
            format!("memory.residency={residency}"), format!("dram.bandwidth={gbps} GB/s"),
            format!("vector.fused={fused}"), format!("control.layer_setup={setup}"),
            format!("exclusion.lanes={lanes}"), format!("exclusion.compact={compact}"),
            format!("exclusion.placement={placement}"),
            format!("exclusion.macs={macs}"), format!("exclusion.overlap={overlap_decision}"),
            format!("exclusion.squash={squash}"), format!("memory.head_weights={head_weights}"),
        ]
    }
}

fn arch(settings: &[String]) -> Arch {
    arch_with(settings).unwrap_or_else(|faults| panic!("{faults}"))
}

fn changed(settings: &[String], more: &str) -> Arch {
    arch(&[settings, &[more.to_owned()]].concat())
}

/// Total time and actions of all segments, every head running.
fn everything(network: &Segments, arch: &Arch) -> Tally {
    let table = path_table(network, &arch.machine, &vec![true; network.heads()], false);
    table.segments.iter().map(|segment| segment.full().total()).sum()
}

proptest! {
    /// Timelines hold every cycle of every path, tile by tile and by cause.
    #[test]
    fn a_timeline_holds_every_cycle_of_its_path(network in network(), settings in arches(), folds in any::<bool>(),
        share in 0.0f64..1.0) {
        let arch = arch(&settings);
        prop_assume!(agree(&arch, &network, None).is_ok());
        let alive = ((network.classes as f64 * share) as usize).max(1);
        let detail = exclusim::time::timeline::Detail { most_tiles: 4096, folds };
        let faults = crate::timeline::faults(&network, &arch.machine, alive, detail);
        prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn the_columns_of_a_layer_add_up(network in network(), settings in arches()) {
        let arch = arch(&settings);
        let table = path_table(&network, &arch.machine, &vec![true; network.heads()], false);
        let prices = prices(&arch, UnitSize::of_default_bits(1, 10));
        for row in layer_rows(&arch, &table, &prices, None) {
            let parts = row.compute_cycles + row.stall_cycles + row.vector_cycles + row.setup_cycles;
            prop_assert_eq!(parts, row.cycles, "{:?}", row);
            prop_assert!(row.utilization.is_none_or(|used| used > 0.0 && used <= 1.0), "{:?}", row);
        }
    }

    #[test]
    fn input_stationary_is_weight_stationary_of_the_transposed_product(gemm in gemms(), a in 1u64..50, b in 1u64..50) {
        let turned = Gemm { m: gemm.n, n: gemm.m, ..gemm };
        let is = FoldPlan::new(&gemm, Dataflow::InputStationary, a, b);
        let ws = FoldPlan::new(&turned, Dataflow::WeightStationary, a, b);
        let overlap = exclusim::machine::FoldOverlap::DoubleBuffered;
        prop_assert_eq!(array_cycles(&is, overlap, EdgeFolds::Full), array_cycles(&ws, overlap, EdgeFolds::Full));
    }

    #[test]
    fn every_fold_is_used_and_together_they_cover_the_product(gemm in gemms(), a in 1u64..50, b in 1u64..50) {
        for dataflow in [Dataflow::OutputStationary, Dataflow::WeightStationary, Dataflow::InputStationary] {
            let plan = FoldPlan::new(&gemm, dataflow, a, b);
            prop_assert_eq!(plan.rows * plan.cols * plan.time * plan.groups, gemm.macs());
            prop_assert!((plan.row_folds - 1) * a < plan.rows && plan.rows <= plan.row_folds * a);
            prop_assert!((plan.col_folds - 1) * b < plan.cols && plan.cols <= plan.col_folds * b);
            prop_assert!(plan.mapping_efficiency() > 0.0 && plan.mapping_efficiency() <= 1.0);
            let pairs = [plan.layout.stationary, plan.layout.row_stream, plan.layout.column_stream];
            for operand in [Operand::Ifmap, Operand::Filter, Operand::Ofmap] {
                prop_assert!(pairs.contains(&operand));
            }
        }
    }

    #[test]
    fn more_overlap_never_takes_longer(gemm in gemms(), a in 1u64..50, b in 1u64..50) {
        use exclusim::machine::FoldOverlap::{DoubleBuffered, GlobalSwap, None};
        for dataflow in [Dataflow::OutputStationary, Dataflow::WeightStationary, Dataflow::InputStationary] {
            let plan = FoldPlan::new(&gemm, dataflow, a, b);
            let total = |overlap| array_cycles(&plan, overlap, EdgeFolds::Full).total();
            prop_assert!(total(DoubleBuffered) <= total(GlobalSwap) && total(GlobalSwap) <= total(None));
            prop_assert!(total(DoubleBuffered) * a * b >= gemm.macs());
        }
    }

    #[test]
    fn trimmed_folds_never_take_longer(gemm in gemms(), a in 1u64..50, b in 1u64..50, longest in 1u64..400) {
        use exclusim::machine::FoldOverlap::{DoubleBuffered, GlobalSwap, None};
        for dataflow in Dataflow::ALL {
            let plan = FoldPlan::new(&gemm, dataflow, a, b).split_time(longest);
            for overlap in [None, GlobalSwap, DoubleBuffered] {
                let [full, trimmed] = [EdgeFolds::Full, EdgeFolds::Trimmed].map(|edges| array_cycles(&plan, overlap, edges));
                prop_assert!(trimmed.total() <= full.total(), "{dataflow:?} {overlap:?}");
                prop_assert!(trimmed[Cause::Skew] <= full[Cause::Skew] + b);
                prop_assert_eq!(trimmed[Cause::Stream], full[Cause::Stream]);
                prop_assert_eq!(full[Cause::Stream], gemm.groups * plan.row_folds * plan.col_folds * plan.time);
            }
        }
    }

    #[test]
    fn neighbours_and_their_periods_are_all_there(gemm in gemms(), a in 1u64..50, b in 1u64..50, longest in 1u64..400) {
        use exclusim::machine::FoldOverlap::{DoubleBuffered, GlobalSwap, None};
        for (dataflow, edges) in Dataflow::ALL.into_iter().zip([EdgeFolds::Trimmed, EdgeFolds::Trimmed, EdgeFolds::Full]) {
            let plan = FoldPlan::new(&gemm, dataflow, a, b).split_time(longest);
            let folds = plan.sequence(edges);
            let mut pairs = 0;
            folds.neighbours(|many, _, _| pairs += many);
            prop_assert_eq!(pairs, plan.folds() - 1);
            for overlap in [None, GlobalSwap, DoubleBuffered] {
                let mut last_start = 0;
                folds.neighbours(|many, one, next| {
                    last_start += many * fold_period(&plan, overlap, one, next);
                });
                // After the last start: its stream, the way out, and the shift before the first or after the last.
                prop_assert!(last_start + folds.last().time + a <= array_cycles(&plan, overlap, edges).total());
            }
        }
    }

    #[test]
    fn pieces_of_time_fit_and_cover_it(gemm in gemms(), a in 1u64..50, b in 1u64..50, longest in 1u64..400) {
        for dataflow in Dataflow::ALL {
            let whole = FoldPlan::new(&gemm, dataflow, a, b);
            let plan = whole.split_time(longest);
            if plan.time_folds == 1 {
                prop_assert_eq!(plan, whole);
                continue;
            }
            prop_assert!(plan.layout.stationary != Operand::Ofmap && plan.row_folds > 1);
            prop_assert!(plan.piece <= longest && (plan.time_folds - 1) * plan.piece < plan.time);
            prop_assert_eq!(plan.time_folds, plan.time.div_ceil(longest));
            prop_assert_eq!(plan.folds(), whole.folds() * plan.time_folds);
            // Only what stays is moved more often.
            for operand in [Operand::Ifmap, Operand::Filter, Operand::Ofmap] {
                let times = if operand == plan.layout.stationary { plan.time_folds } else { 1 };
                prop_assert_eq!(plan.passes(operand), times * whole.passes(operand));
            }
        }
    }

    #[test]
    fn sums_that_are_split_never_go_to_dram(settings in arches(), network in network()) {
        let settings = [settings, vec!["memory.schedule=fixed".to_owned()]].concat();
        let arch = changed(&settings, "memory.accumulator=split");
        let table = path_table(&network, &arch.machine, &vec![true; network.heads()], false);
        for (_, timing) in table.steps() {
            prop_assert_eq!(timing.traffic.dram_psum_reads + timing.traffic.dram_psum_writes, 0);
        }
    }

    #[test]
    fn an_array_of_several_dataflows_is_no_smaller_than_of_one(settings in arches()) {
        let unit = UnitSize::of_default_bits(2, 10);
        let area = |flows: [&str; 3]| {
            let keys = ["dataflow", "head_dataflow", "fc_dataflow"];
            let flows: Vec<String> = keys.iter().zip(flows).map(|(key, flow)| format!("array.{key}={flow}")).collect();
            prices(&arch(&[settings.clone(), flows].concat()), unit).total_area().0
        };
        let only = ["os", "ws", "is"].map(|flow| area([flow; 3]));
        let all = area(["best", "ws", "ws"]);
        prop_assert!(only.iter().all(|one| *one < all));
        prop_assert!(area(["ws", "os", "ws"]) > only[0].max(only[1]));
        prop_assert!(area(["ws", "is", "ws"]) >= only[1].max(only[2]));
    }

    #[test]
    fn whatever_is_simulated_is_sane(settings in arches(), network in network(), seed in any::<u64>()) {
        let arch = arch(&settings);
        let (mut policy, decisions) = decisions(&network, seed);
        if arch.machine.exclusion.compact { policy.memory = exclusim::decide::Memory::Monotone; }
        prop_assume!(agree(&arch, &network, Some(&policy)).is_ok());
        let outcome = simulate(&arch, &network, &policy, &decisions, None);
        prop_assert_eq!(violations(&arch.machine, &outcome), Vec::<String>::new());
        // The stages telescope, and each part is at least nothing.
        let ablation = &outcome.ablation;
        prop_assert_eq!(ablation.no_heads.heads, Tally::default());
        prop_assert_eq!(ablation.never.backbone(), ablation.no_heads.backbone());
        let cycles = |parts: &exclusim::time::Parts| parts.total().cycles.total();
        prop_assert!(cycles(&ablation.never) >= cycles(&ablation.exit));
        prop_assert!(cycles(&ablation.exit) >= cycles(&ablation.compaction));
        if arch.machine.exclusion.overlap == DecisionOverlap::Blocking {
            prop_assert_eq!(ablation.compaction, ablation.speculation);
        }
        // Speculation computes all that is computed without it, and what it begins in vain.
        for (action, &count) in ablation.compaction.total().actions.iter() {
            prop_assert!(ablation.speculation.total().actions[action] >= count);
        }
        if !arch.machine.exclusion.compact { prop_assert_eq!(ablation.exit, ablation.compaction); }
    }

    #[test]
    fn the_mean_follows_from_exit_ratios(settings in arches(), network in network(), seed in any::<u64>()) {
        let mut arch = changed(&settings, "exclusion.compact=false");
        arch.machine.exclusion.overlap = DecisionOverlap::Blocking;
        let (policy, decisions) = decisions(&network, seed);
        let outcome = simulate(&arch, &network, &policy, &decisions, None);
        // Independently: a path's cost is a sum of whole segments, its weight the samples that leave at its end.
        let mut path = 0;
        let mut sum = 0;
        for (segment, leave) in outcome.table.segments.iter().zip(decisions.exit_counts()) {
            sum += leave * (path + segment.entered_by(usize::MAX, true).total().cycles.total());
            path += segment.full().total().cycles.total();
        }
        prop_assert_eq!(outcome.cycles.iter().sum::<u64>(), sum);
    }

    #[test]
    fn never_is_the_plain_network_and_its_heads(settings in arches(), network in network()) {
        let arch = arch(&settings);
        let heads = network.heads();
        let never = path_table(&network, &arch.machine, &vec![true; heads], false);
        let plain = path_table(&network, &arch.machine, &vec![false; heads], false);
        for (s, (with, without)) in never.segments.iter().zip(&plain.segments).enumerate() {
            prop_assert_eq!(with.full().backbone(), without.full().total());
            let steps: Tally = never.head_of(s).map(|(_, timing)| timing.tally).sum();
            // Behind it the backbone may wait for weights that the plain network had fetched ahead.
            let mut heads = with.full().heads;
            let lost = heads.cycles[Cause::Stall] - steps.cycles[Cause::Stall];
            let behind = plain.steps().map(|(_, timing)| timing.ahead.hidden).max().unwrap_or(0);
            prop_assert!(lost <= behind, "{lost} {behind}");
            heads.cycles[Cause::Stall] -= lost;
            prop_assert_eq!(heads, steps + with.unit);
            prop_assert_eq!(without.full().heads, Tally::default());
        }
    }

    #[test]
    fn macs_are_those_of_the_network(settings in arches(), network in network()) {
        let macs: u64 = network.steps().map(exclusim::network::segment::Step::macs).sum();
        prop_assert_eq!(everything(&network, &arch(&settings)).actions.macs(), macs);
    }

    #[test]
    fn stalls_fall_with_bandwidth_and_traffic_with_capacity(settings in arches(), network in network()) {
        // With a faster bus another schedule may be the best, which trades stalls for other cycles: all of them fall.
        let choice = [settings.clone(), vec!["memory.prefetch=none".to_owned()]].concat();
        let cycles = |bandwidth| everything(&network, &changed(&choice, bandwidth)).cycles.total();
        prop_assert!(cycles("dram.bandwidth=3 GB/s") <= cycles("dram.bandwidth=1 GB/s"));
        // In one order of folds stalls fall, and traffic falls with capacity.
        let settings: Vec<String> = settings.iter().map(|setting| setting.replace("=best", "=ws")).collect();
        let settings = [settings, vec!["memory.schedule=fixed".to_owned()]].concat();
        let stall = |arch: &Arch| everything(&network, arch).cycles[Cause::Stall];
        let (slow, fast) = (changed(&settings, "dram.bandwidth=1 GB/s"), changed(&settings, "dram.bandwidth=3 GB/s"));
        prop_assert!(stall(&fast) <= stall(&slow));
        let traffic = |arch: &Arch| {
            let tally = everything(&network, arch);
            tally.actions[Action::DramRead] + tally.actions[Action::DramWrite]
        };
        let sizes = |kib: u64| ["ifmap", "filter", "ofmap"].map(|pad| format!("memory.{pad}={kib} KiB"));
        let sized = |kib| arch(&[settings.clone(), sizes(kib).to_vec()].concat());
        prop_assert!(traffic(&sized(4096)) <= traffic(&sized(64)));
    }

    #[test]
    fn narrow_ports_stall_and_wide_ones_do_not(settings in arches(), network in network(), bits in 8u64..400) {
        let cycles = |more: &[String]| {
            let tally = everything(&network, &arch(&[settings.as_slice(), more].concat()));
            (tally.cycles.total() - tally.cycles[Cause::Stall], tally.cycles[Cause::Stall])
        };
        let port = |bits: u64, banks: u64| [format!("memory.width={bits} bit"), format!("memory.banks={banks}")];
        let auto = cycles(&[]);
        let (narrow, wide) = (cycles(&port(bits, 1)), cycles(&port(40 * 32, 1)));
        // 40 columns of sums are the most a random array has: 1280 bits are enough.
        prop_assert_eq!(wide, auto);
        prop_assert!(narrow.1 >= auto.1);
        prop_assert_eq!(cycles(&port(bits, 4)), cycles(&port(4 * bits, 1)));
    }

    #[test]
    fn traffic_is_at_least_compulsory(settings in arches(), network in network()) {
        let mut arch = changed(&settings, "memory.head_weights=stream");
        // A dedicated engine keeps its sums to itself.
        arch.machine.exclusion.placement = exclusim::machine::Placement::Array;
        let table = path_table(&network, &arch.machine, &vec![true; network.heads()], false);
        for (step, timing) in table.steps() {
            if let Work::Gemm { gemm, .. } = step.work {
                prop_assert!(timing.traffic.dram_filter >= gemm.weights());
                prop_assert!(timing.traffic.ifmap_sram >= gemm.groups * gemm.m * gemm.k);
                prop_assert_eq!(timing.traffic.psum_sram_writes - timing.traffic.psum_sram_reads, 4 * gemm.outputs());
            }
            if step.reads_image {
                prop_assert!(timing.traffic.dram_ifmap >= step.ifmap_bytes);
            }
        }
    }

    #[test]
    fn without_latency_an_infinitely_fast_memory_does_not_stall(settings in arches(), network in network()) {
        let mut fast = arch(&settings);
        fast.machine.dram.latency = exclusim::units::Seconds(0.0);
        fast.machine.dram.bandwidth = exclusim::units::BytesPerSecond(f64::INFINITY);
        prop_assert_eq!(everything(&network, &fast).cycles[Cause::Stall], 0);
    }

    #[test]
    fn energy_is_linear_in_counts(settings in arches(), network in network(), factor in 1u64..1000) {
        let arch = arch(&settings);
        let unit = UnitSize::of_default_bits(2, 10);
        let prices = prices(&arch, unit);
        let tally = everything(&network, &arch);
        let (once, often) = (prices.energy(&tally).total().0, prices.energy(&tally.times(factor)).total().0);
        prop_assert!((often / once - exclusim::units::real(factor)).abs() < 1e-9 * exclusim::units::real(factor));
    }

    #[test]
    fn fewer_survivors_never_take_longer(settings in arches(), network in network()) {
        let arch = changed(&settings, "exclusion.compact=true");
        let table = path_table(&network, &arch.machine, &vec![true; network.heads()], true);
        for (s, segment) in table.segments.iter().enumerate() {
            for alive in 2..=network.classes {
                let (few, many) = (segment.entered_by(alive - 1, false).total(), segment.entered_by(alive, false).total());
                // A result is taken to leave when the next fold starts, though it is still crossing the array: a fold
                // more can hide a store, by less than a crossing a step.
                let overlapping = arch.machine.array.fold_overlap != exclusim::machine::FoldOverlap::None;
                let crossing = if overlapping { arch.machine.array.rows + arch.machine.array.cols } else { 0 };
                let slack = crossing * u64::try_from(table.steps_of(s).count()).unwrap();
                // Which weights survivors need is known after the decision: those of the classifier right behind a head are
                // not fetched ahead then.
                let behind: u64 = table.steps_of(s).map(|(_, timing)| timing.ahead.hidden).sum();
                prop_assert!(few.cycles.total() <= many.cycles.total() + slack + behind);
                prop_assert!(few.actions.macs() <= many.actions.macs());
            }
        }
    }
}

proptest! {
    #[test]
    fn a_sample_that_stays_never_waits_longer_for_speculation(settings in arches(), network in network()) {
        let speculative = changed(&settings, "exclusion.overlap=speculative");
        let blocking = changed(&settings, "exclusion.overlap=blocking");
        let on = vec![true; network.heads()];
        let table = |arch: &Arch| path_table(&network, &arch.machine, &on, arch.machine.exclusion.compact);
        let ahead = table(&speculative);
        for (now, before) in ahead.segments.iter().zip(table(&blocking).segments) {
            for alive in 1..=network.classes {
                let (stays, leaves) = (now.taken_by(alive, false), now.taken_by(alive, true));
                let (waits, quits) = (before.entered_by(alive, false), before.entered_by(alive, true));
                prop_assert!(stays.total().cycles.total() <= waits.total().cycles.total());
                prop_assert!(leaves.useful().cycles.total() >= quits.useful().cycles.total());
                prop_assert_eq!(stays.total().actions, waits.total().actions);
                // At worst the fold under way runs out, or the array is flushed.
                let longest = ahead.steps()
                    .map(|(_, timing)| timing.tally.cycles.total()).max().unwrap_or(0);
                prop_assert!(leaves.total().cycles[Cause::Squash] <= longest);
            }
        }
    }
}

proptest! {
    #[test]
    fn batches_do_the_work_of_their_samples(
        settings in arches(), network in network(), seed in any::<u64>(), size in 1u64..70,
    ) {
        let mut arch = changed(&settings, "exclusion.compact=false");
        arch.machine.exclusion.overlap = DecisionOverlap::Blocking;
        let (policy, decisions) = decisions(&network, seed);
        let outcome = simulate(&arch, &network, &policy, &decisions, None);
        let mut run = |size, exits| {
            arch.batch = Batch { size, exits };
            batched(&arch, &network, &policy.heads, &decisions, &outcome).unwrap()
        };
        // A batch of one is the single inference.
        for exits in [BatchExits::Wait, BatchExits::Pack] {
            let one = run(1, exits);
            let sum = |parts: &exclusim::time::Parts| parts.total().cycles.total();
            prop_assert_eq!(one.no_heads.cycles, sum(&outcome.ablation.no_heads));
            prop_assert_eq!(one.never.cycles, sum(&outcome.ablation.never));
            prop_assert_eq!(one.exits.cycles, sum(&outcome.ablation.exit));
        }
        let (wait, pack) = (run(size, BatchExits::Wait), run(size, BatchExits::Pack));
        prop_assert_eq!(&wait.never, &pack.never);
        prop_assert!(wait.exits.cycles <= wait.never.cycles);
        // Independently: each batch runs the segments up to its latest exit, with all its samples or with those that
        // need them.
        let on = &policy.heads;
        let table = |samples: u64| -> Vec<[u64; 2]> {
            let table = path_table(&network.batched(samples), &arch.machine, on, false);
            let ways = |segment: &exclusim::time::SegmentTime| [false, true].map(|ends| segment.entered_by(usize::MAX, ends).total().cycles.total());
            table.segments.iter().map(ways).collect()
        };
        // Together, or one after the other where that is faster.
        let cost = |samples: usize, s: usize| {
            let samples = u64::try_from(samples).unwrap();
            let (together, one) = (table(samples), table(1));
            let sum = |ways: &[[u64; 2]]| ways.iter().map(|[goes_on, _]| goes_on).sum::<u64>();
            if samples * sum(&one) < sum(&together) { one[s].map(|cycles| samples * cycles) } else { together[s] }
        };
        let (mut waits, mut packs) = (0, 0);
        for batch in decisions.exits.chunks(usize::try_from(size).unwrap()) {
            let last = batch.iter().max().unwrap().segment();
            for s in 0..=last {
                let ends = usize::from(s == last);
                waits += cost(batch.len(), s)[ends];
                packs += cost(batch.iter().filter(|exit| exit.segment() >= s).count(), s)[ends];
            }
        }
        prop_assert_eq!((wait.exits.cycles, pack.exits.cycles), (waits, packs));
    }

    #[test]
    fn a_batch_loads_weights_once(settings in arches(), network in network(), samples in 2u64..20) {
        let mut arch = changed(&settings, "memory.filter=4096 KiB");
        arch.machine.exclusion.placement = exclusim::machine::Placement::Array;
        let on = vec![true; network.heads()];
        let filter = |network: &Segments| -> u64 {
            let table = path_table(network, &arch.machine, &on, false);
            table.steps().map(|(_, timing)| timing.traffic.dram_filter).sum()
        };
        let batch = network.batched(samples);
        prop_assert_eq!(filter(&batch), filter(&network));
        prop_assert_eq!(everything(&batch, &arch).actions[Action::Mac], samples * everything(&network, &arch).actions[Action::Mac]);
        prop_assert_eq!(everything(&batch, &arch).actions[Action::LookUp], samples * everything(&network, &arch).actions[Action::LookUp]);
    }
}

#[test]
fn no_heads_and_never_are_baselines_of_themselves() {
    let network = common::fixed_network();
    let arch = arch_with(&[]).unwrap();
    let heads = network.heads();
    for policy in [Policy::no_heads(heads), Policy::never(heads)] {
        let decisions = common::decisions_of(&network, &policy, 7);
        let outcome = simulate(&arch, &network, &policy, &decisions, None);
        let stages = outcome.ablation.stages();
        assert_eq!(stages[2].1, stages[1].1, "{policy:?}: nobody leaves");
    }
}
