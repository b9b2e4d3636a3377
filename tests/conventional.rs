//! Rules that exclude nothing, on hardware: what must hold of their time, and of the costs a search pays.

use crate::common::{arch_with, decisions, decisions_of, fixed_network, network, preset, zeros};
use exclusim::calibrate::Zeros;
use exclusim::decide::{Decisions, Measure, Memory, Policy, Rule};
use exclusim::network::segment::Segments;
use exclusim::simulate::{Objective, Outcome, ZeroFractions, batched, mean_costs, simulate, violations};
use exclusim::time::Deciders;
use exclusim::units::real;
use proptest::prelude::*;

fn strictest(measure: Measure) -> f64 {
    if measure == Measure::Entropy { 0.0 } else { 1.0 }
}

fn ran(settings: &[String], network: &Segments, policy: &Policy, seed: u64) -> (Decisions, Outcome) {
    let arch = arch_with(settings).unwrap();
    let decisions = decisions_of(network, policy, seed);
    let outcome = simulate(&arch, network, policy, &decisions, None);
    assert_eq!(violations(&arch.machine, &outcome), Vec::<String>::new());
    (decisions, outcome)
}

proptest! {
    #[test]
    fn what_never_leaves_takes_the_time_of_never(network in network(), seed in any::<u64>()) {
        let heads = network.heads();
        let rules = Measure::ALL.map(|measure| Rule::Softmax { measure, threshold: vec![strictest(measure); heads] });
        let patient = Rule::Patience { threshold: vec![u16::try_from(heads.max(1)).unwrap(); heads] };
        let (never, watched) = ran(&[], &network, &Policy::never(heads), seed);
        for rule in rules.into_iter().chain([patient]) {
            let (found, outcome) = ran(&[], &network, &Policy { rule, ..Policy::never(heads) }, seed);
            prop_assert_eq!(&found, &never);
            prop_assert_eq!(outcome.ablation.exit, outcome.ablation.never);
            prop_assert_eq!(outcome.ablation.no_heads, watched.ablation.no_heads);
            // Heads are the same whatever decides: only the unit differs.
            let others = |outcome: &Outcome| {
                let heads = outcome.ablation.never.heads.cycles;
                // A longer decision leaves the bus more time to fetch ahead.
                heads.total() - heads[exclusim::count::Cause::Unit] - heads[exclusim::count::Cause::Stall]
            };
            prop_assert_eq!(others(&outcome), others(&watched));
        }
    }

    #[test]
    fn looser_thresholds_take_no_sample_longer(
        network in network(), seed in any::<u64>(), measure in prop::sample::select(&Measure::ALL[..]),
        one in 0.5f64..1.0, other in 0.5f64..1.0,
    ) {
        let (less, more) = (one.min(other), one.max(other));
        let (strict, loose) = if measure == Measure::Entropy { (less, more) } else { (more, less) };
        let cycles = |threshold| {
            ran(&[], &network, &Policy::softmax(measure, vec![threshold; network.heads()]), seed).1.cycles
        };
        prop_assert!(cycles(loose).iter().zip(cycles(strict)).all(|(loose, strict)| *loose <= strict));
    }

    /// A free unit whose exits change no answer: what leaves there and answers as the plain network cannot be sooner.
    #[test]
    fn the_oracle_has_a_free_unit_and_loses_nothing(network in network(), seed in any::<u64>()) {
        let oracle = Policy { rule: Rule::Oracle, ..Policy::never(network.heads()) };
        let (found, outcome) = ran(&[], &network, &oracle, seed);
        let plain = decisions_of(&network, &Policy::no_heads(network.heads()), seed);
        prop_assert_eq!(&found.answers, &plain.answers);
        prop_assert_eq!(outcome.ablation.never.heads.cycles[exclusim::count::Cause::Unit], 0);
    }

    /// The table that a search pays by is what a simulation charges, on any hardware, in any objective.
    #[test]
    fn a_search_pays_what_a_simulation_charges(
        network in network(), seed in any::<u64>(), compact in any::<bool>(), speculative in any::<bool>(),
        rule in 0usize..3, gating in any::<bool>(), placement in 0usize..3,
    ) {
        let mut settings =
            vec![format!("exclusion.compact={compact}"), format!("array.zero_gating={gating}")];
        if placement == 1 {
            settings.push("exclusion.placement=vector".into());
        } else if placement == 2 {
            settings.extend(["exclusion.placement=dedicated", "exclusion.macs=8"].map(str::to_owned));
            settings.push("memory.head_weights=resident".into());
        }
        if speculative {
            settings.push("exclusion.overlap=speculative".into());
        }
        let arch = arch_with(&settings).unwrap();
        let heads = network.heads();
        let (mut policy, _) = decisions(&network, seed);
        policy.memory = Memory::Monotone;
        match rule {
            0 => {}
            1 => policy.rule = Rule::Softmax { measure: Measure::Margin, threshold: vec![0.2; heads] },
            _ => policy.rule = Rule::Oracle,
        }
        let decisions = decisions_of(&network, &policy, seed);
        let fractions = zeros(&network, seed);
        let zeros = ZeroFractions::new(&fractions, decisions.samples);
        let outcome = simulate(&arch, &network, &policy, &decisions, Some(zeros));
        let given = Some(Zeros { fractions: &fractions, samples: decisions.samples });
        let mean = |objective| (mean_costs(&arch, &network, &policy, objective)(given).of)(&policy.heads, &decisions);
        let samples = real(u64::try_from(decisions.samples).unwrap());
        let close = |found: f64, sum: f64| (found * samples - sum).abs() <= 1e-9 * sum;
        prop_assert!(close(mean(Objective::Cycles), real(outcome.cycles.iter().sum())));
        prop_assert!(close(mean(Objective::Macs), real(outcome.macs.iter().sum())));
        prop_assert!(close(mean(Objective::Energy), outcome.energy.iter().map(|energy| energy.0).sum()));
    }
}

/// On a network whose heads cost something, exits by confidence save less cycles than an oracle with the same unit's
/// heads would, and compaction changes nothing but the gather addresses.
#[test]
fn compaction_leaves_nothing_out_where_nothing_is_excluded() {
    let network = fixed_network();
    let policy = Policy::softmax(Measure::Confidence, vec![0.5; network.heads()]);
    let (found, plain) = ran(&[], &network, &policy, 3);
    let (again, compact) = ran(&["exclusion.compact=true".into()], &network, &policy, 3);
    assert_eq!(found, again);
    assert!(found.exit_counts()[..2].iter().any(|left| *left > 0));
    assert_eq!(compact.cycles, plain.cycles);
    assert_eq!(compact.ablation.compaction.total().cycles, compact.ablation.exit.total().cycles);
}

#[test]
fn batches_pay_the_rule_that_decides() {
    let network = fixed_network();
    let policy = Policy::softmax(Measure::Entropy, vec![0.0; network.heads()]);
    let arch = preset("edge-16x16", &["batch.size=4".into()]).unwrap();
    let decisions = decisions_of(&network, &policy, 9);
    let outcome = simulate(&arch, &network, &policy, &decisions, None);
    let with = |heads| batched(&arch, &network, heads, &decisions, &outcome).unwrap().never.cycles;
    let entropy = with(Deciders { on: &policy.heads, rule: policy.rule.facts().unit });
    let exclusion = with((&policy.heads).into());
    // 5 cycles more a decision with 8 lanes: an adder tree of 3 levels and two stages.
    let decisions = u64::try_from(decisions.samples * network.heads()).unwrap();
    assert_eq!(entropy - exclusion, 5 * decisions);
}
