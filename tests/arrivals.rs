//! Is the queue a queue? Laws of queueing theory, held by computations of their own, and the simulator's numbers on
//! random machines.

use crate::common::{arch_with, decisions, decisions_of, fixed_network, network};
use exclusim::arch::{Arch, Arrivals};
use exclusim::cost::PerComponent;
use exclusim::decide::Policy;
use exclusim::simulate::{Outcome, Served, System, Visit, arrival_cycles, queue, serve, simulate};
use exclusim::units::{Hertz, Milliwatts, PerSecond, Seconds, real};
use proptest::prelude::*;

const CLOCK: Hertz = Hertz(5e8);

fn outcome(arch: &Arch, network: &exclusim::network::segment::Segments, seed: u64) -> Outcome {
    let (policy, decisions) = decisions(network, seed);
    simulate(arch, network, &policy, &decisions, None)
}

fn mean(values: impl Iterator<Item = u64>) -> f64 {
    let values: Vec<f64> = values.map(real).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn mean_wait(visits: &[Visit]) -> f64 {
    mean(visits.iter().map(|visit| visit.start - visit.arrival))
}

fn systems(served: &Served) -> [&System; 3] {
    [&served.no_heads, &served.never, &served.exits]
}

/// Arrivals at a rate that makes `load` of a mean service time in cycles.
fn poisson(load: f64, mean_service: f64, seed: u64) -> Arrivals {
    Arrivals::Poisson { rate: PerSecond(load * CLOCK.0 / mean_service), seed }
}

fn process() -> impl Strategy<Value = (Arrivals, Vec<Seconds>)> {
    let rate = (1.0f64..7.0).prop_map(|power| PerSecond(10f64.powf(power)));
    let recorded = prop::collection::vec(0.0f64..0.1, 1..200).prop_map(|mut times| {
        times.sort_by(f64::total_cmp);
        let file = "times.csv".to_owned();
        (Arrivals::Recorded { file }, times.into_iter().map(Seconds).collect())
    });
    prop_oneof![
        (rate.clone(), any::<u64>()).prop_map(|(rate, seed)| (Arrivals::Poisson { rate, seed }, Vec::new())),
        rate.prop_map(|rate| (Arrivals::Periodic { rate }, Vec::new())),
        recorded,
    ]
}

#[test]
fn five_customers_by_hand() {
    // Arrive at 0, 2, 3, 20, 20 and take 5, 4, 1, 2, 5 (the first again after the fourth).
    let visits = queue(&[0, 2, 3, 20, 20], &[5, 4, 1, 2], 0);
    let visit = |arrival, start, end| Visit { arrival, start, end };
    assert_eq!(
        visits,
        [visit(0, 0, 5), visit(2, 5, 9), visit(3, 9, 10), visit(20, 20, 22), visit(20, 22, 27)]
    );
    // Waits 0, 3, 6, 0, 2; busy 17 of 27 cycles.
    assert_eq!(mean_wait(&visits), 11.0 / 5.0);
}

#[test]
fn five_customers_through_the_simulator() {
    // The plain network alone, five inputs a service time apart but the second, which comes early by half of it.
    let arch = arch_with(&[]).unwrap();
    let outcome = outcome(&arch, &fixed_network(), 3);
    let samples = u64::try_from(outcome.cycles.len()).unwrap();
    let total = outcome.ablation.no_heads.total();
    let service = total.cycles.total() / samples;
    let second = |services: f64| Seconds(services * real(service) / CLOCK.0);
    let times = [0.0, 0.5, 2.0, 3.0, 14.0].map(second);
    let served = serve(&Arrivals::Recorded { file: String::new() }, &times, &outcome).unwrap();
    let plain = &served.no_heads;
    // Responses 1, 1.5, 1, 1, 1 services in 15, of which 5 work.
    // Arrivals are rounded to clock edges, some thousands of which make a service time.
    let close = |a: f64, b: f64| (a - b).abs() < 2e-3 * b;
    assert!(close(plain.response.mean, 5.5 / 5.0 * second(1.0).0));
    assert!(close(plain.response.max, second(1.5).0));
    assert!(close(plain.mean_wait, 0.1 * second(1.0).0));
    assert!(close(plain.utilization, 1.0 / 3.0));
    assert!(close(plain.throughput, 5.0 / second(15.0).0));
    assert!(close(served.rate.unwrap(), 4.0 / second(14.0).0));
    assert!(close(plain.offered_load.unwrap(), 4.0 / 14.0));
    let idle: Milliwatts = outcome.prices.idle.values().copied().sum();
    let inference = outcome.prices.energy(&total).total().0 / real(samples);
    let energy = 5.0 * inference + idle.over(second(10.0)).0;
    assert!(close(plain.energy.0, energy / 5.0));
    // pJ over s are 1e-9 mW.
    assert!(close(plain.power.0, energy / second(15.0).0 * 1e-9));
}

/// Integral of the number in the system over time, event by event.
fn customer_cycles(visits: &[Visit]) -> u64 {
    let mut events: Vec<(u64, i64)> =
        visits.iter().flat_map(|visit| [(visit.arrival, 1), (visit.end, -1)]).collect();
    events.sort_unstable();
    let (mut inside, mut before, mut sum) = (0i64, 0, 0);
    for (time, change) in events {
        sum += u64::try_from(inside).unwrap() * (time - before);
        inside += change;
        before = time;
    }
    assert_eq!(inside, 0, "everyone who came has left");
    sum
}

proptest! {
    #[test]
    fn the_queue_is_first_come_first_served_and_never_idles_with_work(
        mut arrivals in prop::collection::vec(0u64..5_000, 1..80), services in prop::collection::vec(1u64..300, 1..20),
    ) {
        arrivals.sort_unstable();
        let visits = queue(&arrivals, &services, 0);
        prop_assert_eq!(visits.len(), arrivals.len());
        let mut free = 0;
        for (n, visit) in visits.iter().enumerate() {
            prop_assert_eq!(visit.end - visit.start, services[n % services.len()]);
            prop_assert!(visit.start == visit.arrival.max(free));
            prop_assert!(visit.end - visit.arrival >= visit.end - visit.start);
            free = visit.end;
        }
        // Little's law over the whole run: L * span = sum of responses = lambda * W * span.
        let responses: u64 = visits.iter().map(|visit| visit.end - visit.arrival).sum();
        prop_assert_eq!(customer_cycles(&visits), responses);
    }

    #[test]
    fn every_system_obeys_on_any_machine((arrivals, times) in process(), network in network(), seed in any::<u64>()) {
        let arch = arch_with(&[]).unwrap();
        let outcome = outcome(&arch, &network, seed);
        let served = serve(&arrivals, &times, &outcome).unwrap();
        let idle: Milliwatts = outcome.prices.idle.values().copied().sum();
        for system in systems(&served) {
            prop_assert!(system.response.mean >= system.mean_service * (1.0 - 1e-12));
            let parts = system.mean_wait + system.mean_service;
            prop_assert!((system.response.mean - parts).abs() <= 1e-9 * parts);
            prop_assert!(system.utilization > 0.0 && system.utilization <= 1.0);
            // Utilisation law: busy fraction = throughput x service.
            let law = system.throughput * system.mean_service;
            prop_assert!((system.utilization - law).abs() <= 1e-9 * law);
            // A machine that is on draws at least its idle power.
            prop_assert!(system.power.0 >= idle.0 * (1.0 - 1e-12));
            let energy = system.power.0 / system.throughput * 1e9;
            prop_assert!((system.energy.0 - energy).abs() <= 1e-9 * energy);
        }
        // Heads without exits can only take longer, input by input.
        prop_assert!(served.never.response.max >= served.no_heads.response.max);
        prop_assert!(served.exits.response.max <= served.never.response.max);
        prop_assert_eq!(serve(&arrivals, &times, &outcome), Some(served));
    }

    #[test]
    fn slow_periodic_arrivals_never_wait(network in network(), seed in any::<u64>()) {
        let outcome = outcome(&arch_with(&[]).unwrap(), &network, seed);
        let samples = u64::try_from(outcome.cycles.len()).unwrap();
        let longest = outcome.ablation.never.total().cycles.total() / samples;
        let rate = PerSecond(CLOCK.0 / real(longest + 1));
        let served = serve(&Arrivals::Periodic { rate }, &[], &outcome).unwrap();
        for system in systems(&served) {
            prop_assert_eq!(system.mean_wait, 0.0);
            prop_assert!((system.response.mean - system.mean_service).abs() <= 1e-12 * system.mean_service);
            prop_assert!(system.offered_load.unwrap() < 1.0);
        }
    }
}

/// Mean wait over a long run against Pollaczek and Khinchine: lambda E[S^2] / (2 (1 - rho)).
fn against_theory(services: &[u64], load: f64, seed: u64) -> (f64, f64) {
    let customers = 2_000_000;
    let mean_service = mean(services.iter().copied());
    let times = arrival_cycles(&poisson(load, mean_service, seed), &[], CLOCK, customers);
    // In an order of their own: the theory wants services that do not depend on the ones before.
    let mut state = seed;
    let mut any = || {
        // The 64-bit linear congruential generator of Knuth's MMIX.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        services[usize::try_from(state >> 33).unwrap() % services.len()]
    };
    let drawn: Vec<u64> = (0..customers).map(|_| any()).collect();
    let square = services.iter().map(|&service| real(service).powi(2)).sum::<f64>() / services.len() as f64;
    let theory = load / mean_service * square / (2.0 * (1.0 - load));
    (mean_wait(&queue(&times, &drawn, 0)), theory)
}

#[test]
fn the_plain_network_waits_as_in_m_d_1() {
    let outcome = outcome(&arch_with(&[]).unwrap(), &fixed_network(), 1);
    let samples = u64::try_from(outcome.cycles.len()).unwrap();
    let service = outcome.ablation.no_heads.total().cycles.total() / samples;
    for (load, seed) in [(0.3, 1), (0.5, 2), (0.8, 3)] {
        let (found, theory) = against_theory(&[service], load, seed);
        let closed = load * real(service) / (2.0 * (1.0 - load));
        assert!((theory - closed).abs() < 1e-9 * closed);
        assert!((found / theory - 1.0).abs() < 0.02, "load {load}: {found} cycles, theory {theory}");
    }
}

#[test]
fn exits_wait_as_in_m_g_1() {
    let arch = arch_with(&[]).unwrap();
    let network = fixed_network();
    // Random scores are close to each other: thresholds that let some samples leave must be high.
    let policy = Policy::relative_to_max(vec![0.998; network.heads()]);
    let outcome = simulate(&arch, &network, &policy, &decisions_of(&network, &policy, 1), None);
    assert!(outcome.cycles.iter().any(|&cycles| cycles != outcome.cycles[0]), "inferences must differ");
    for (load, seed) in [(0.3, 4), (0.6, 5), (0.8, 6)] {
        let (found, theory) = against_theory(&outcome.cycles, load, seed);
        assert!((found / theory - 1.0).abs() < 0.02, "load {load}: {found} cycles, theory {theory}");
    }
}

#[test]
fn gaps_are_exponential() {
    let arrivals = arrival_cycles(&poisson(1.0, 1e6, 9), &[], CLOCK, 1_000_000);
    let gaps: Vec<f64> = arrivals.windows(2).map(|pair| real(pair[1] - pair[0]) / 1e6).collect();
    let moment = |power: i32| gaps.iter().map(|gap| gap.powi(power)).sum::<f64>() / gaps.len() as f64;
    // Moments of the exponential distribution: 1, 2, 6; and as many gaps beyond 3 as e^-3.
    assert!((moment(1) - 1.0).abs() < 0.005, "{}", moment(1));
    assert!((moment(2) - 2.0).abs() < 0.03, "{}", moment(2));
    assert!((moment(3) - 6.0).abs() < 0.2, "{}", moment(3));
    let tail = gaps.iter().filter(|gap| **gap > 3.0).count() as f64 / gaps.len() as f64;
    assert!((tail / (-3.0f64).exp() - 1.0).abs() < 0.02, "{tail}");
    // Gaps do not remember: neighbours are uncorrelated.
    let product = gaps.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / gaps.len() as f64;
    assert!((product - 1.0).abs() < 0.01, "{product}");
    let other = arrival_cycles(&poisson(1.0, 1e6, 10), &[], CLOCK, 10);
    assert_ne!(other[..], arrivals[..10], "another seed, another run");
}

#[test]
fn throughput_is_the_lesser_of_rate_and_service() {
    let outcome = outcome(&arch_with(&[]).unwrap(), &fixed_network(), 1);
    let services = &outcome.cycles;
    let mean_service = mean(services.iter().copied());
    for load in [0.2, 0.7, 1.5, 4.0] {
        let customers = 1_000_000;
        let visits =
            queue(&arrival_cycles(&poisson(load, mean_service, 8), &[], CLOCK, customers), services, 0);
        let span = real(visits[customers - 1].end - visits[0].arrival);
        let (found, expected) = (customers as f64 / span, load.min(1.0) / mean_service);
        assert!((found / expected - 1.0).abs() < 0.01, "load {load}: {found}, expected {expected}");
    }
}

#[test]
fn idle_power_and_waking_by_hand() {
    // The plain network, five inputs ten services apart, on a machine with resident head weights to forget.
    let energy = |idle: &str| {
        let settings =
            [format!("power.idle={idle}"), "memory.head_weights=resident".into(), "power.device=hp".into()];
        let arch = arch_with(&settings).unwrap();
        let outcome = outcome(&arch, &fixed_network(), 3);
        let samples = u64::try_from(outcome.cycles.len()).unwrap();
        let total = outcome.ablation.no_heads.total();
        let service = total.cycles.total() / samples;
        let times: Vec<Seconds> = (0..5).map(|n| Seconds(real(10 * n * service) / CLOCK.0)).collect();
        let found = serve(&Arrivals::Recorded { file: String::new() }, &times, &outcome).unwrap().no_heads;
        let prices = &outcome.prices;
        let waking = outcome.waking.cycles.total();
        let sum = |power: &PerComponent<Milliwatts>| power.values().copied().sum::<Milliwatts>();
        let seconds = |cycles: u64| exclusim::units::Cycles(cycles).at(CLOCK);
        // Four gaps of ten services less one service and its waking, which comes five times.
        let resting = seconds(4 * (9 * service - waking));
        let wake = sum(&prices.idle).over(seconds(waking))
            + prices.energy(&outcome.waking).dynamic.values().copied().sum();
        let by_hand = prices.energy(&total).total().0 / real(samples) * 5.0
            + sum(&prices.resting.power).over(resting).0
            + 5.0 * wake.0;
        assert!(
            (found.energy.0 * 5.0 / by_hand - 1.0).abs() < 1e-9,
            "{idle}: {} {by_hand}",
            found.energy.0 * 5.0
        );
        (found, waking, prices.resting.forgets, outcome.waking.actions[exclusim::count::Action::DramRead])
    };
    let [leak, gated, race] = ["leak", "power-gated", "race-to-sleep"].map(energy);
    assert_eq!((leak.1, leak.2, leak.3), (0, false, 0));
    // 100 ns at 500 MHz.
    assert_eq!((gated.1, gated.2, gated.3), (50, false, 0));
    // 335.4 ns until LPDDR4 leaves self-refresh, then the weights of two heads of 10 classes on 16 and 32 channels, and 256 cuts of
    // 9 bits for each.
    assert_eq!((race.2, race.3), (true, 480 + 2 * 256 * 9 / 8));
    assert!(race.1 > 168);
    assert!(leak.0.energy > gated.0.energy && gated.0.energy > race.0.energy);
    assert!(race.0.mean_wait > gated.0.mean_wait && leak.0.mean_wait == 0.0);
}
