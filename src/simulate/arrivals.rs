//! Inputs that arrive over time: one machine, one queue, first come first served.
//!
//! Time is counted in clock cycles, so that the queue is exact: an arrival is rounded to the nearest clock edge. The queue is Lindley's recursion (D. V. Lindley, "The theory of queues with a single server",
//! 1952): an inference starts when it has arrived and the one before has left, and takes the cycles that it takes
//! alone. The energy of an inference has the leakage of its own time in it; in between the machine rests as `power.idle` says,
//! from the moment an answer is there until the next input, which then waits until the machine is awake.

use super::{Distribution, Outcome};
use crate::arch::Arrivals;
use crate::cost::{PerGroup, power_by_group};
use crate::count::Tally;
use crate::random::SplitMix64;
use crate::units::{Cycles, Hertz, Milliwatts, Picojoules, Seconds, count, real, whole_cycles};

/// The same arrivals served by three systems on identical hardware.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// Arrivals a second: the rate that was asked for, or the mean of what was recorded; `None` for a single instant.
    pub rate: Option<f64>,
    /// Inferences.
    pub inferences: u64,
    /// The plain network.
    pub no_heads: System,
    /// Every head runs, nobody leaves.
    pub never: System,
    /// Samples leave where the policy decides.
    pub exits: System,
}

/// What one system makes of the arrivals.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// From arrival to answer, s.
    pub response: Distribution,
    /// From arrival to start, mean in s.
    pub mean_wait: f64,
    /// From start to answer, mean in s.
    pub mean_service: f64,
    /// Answers a second, from the first arrival to the last answer.
    pub throughput: f64,
    /// Fraction of that time in which the machine works.
    pub utilization: f64,
    /// Mean service time x arrival rate: below 1 the queue settles, from 1 on it grows as long as inputs come. `None`
    /// without a rate.
    pub offered_load: Option<f64>,
    /// Mean power, idle time included.
    pub power: Milliwatts,
    /// Energy of an inference, with its share of the idle time.
    pub energy: Picojoules,
    /// The same by group of prices. With recorded arrivals, which may repeat some samples, work is split as that of all
    /// samples together is.
    pub by_group: PerGroup<Picojoules>,
}

/// Serves arrivals: each sample once, in order; with recorded times one inference per time, samples repeated or left out.
///
/// `recorded` are the times of [`Arrivals::Recorded`]. `None` without arrivals or samples.
#[must_use]
pub fn serve(arrivals: &Arrivals, recorded: &[Seconds], outcome: &Outcome) -> Option<Served> {
    let samples = outcome.cycles.len();
    let clock = outcome.prices.clock;
    let times = arrival_cycles(arrivals, recorded, clock, samples);
    let rate = match arrivals {
        Arrivals::Poisson { rate, .. } | Arrivals::Periodic { rate } => Some(rate.0),
        Arrivals::Recorded { .. } => recorded_rate(recorded),
    };
    let rest = Rest {
        power: power_by_group(&outcome.prices.resting.power),
        waking: outcome.waking.cycles.total(),
        waking_energy: outcome.prices.energy_by_group(&outcome.waking),
    };
    let system = |cycles: &[u64], energy: &[Picojoules], all: &Tally| {
        let split = outcome.prices.energy_by_group(all);
        system(&queue(&times, cycles, rest.waking), Work { energy, split }, clock, rest, rate)
    };
    let all = count(samples);
    let constant = |parts: &crate::time::Parts| {
        let total = parts.total();
        // Every sample costs the same here, so the mean is what each of them takes.
        let energy = outcome.prices.energy(&total).total() * (1.0 / real(all));
        system(&[total.cycles.total() / all], &[energy], &total)
    };
    if samples == 0 {
        return None;
    }
    Some(Served {
        rate,
        inferences: count(times.len()),
        no_heads: constant(&outcome.ablation.no_heads)?,
        never: constant(&outcome.ablation.never)?,
        exits: system(&outcome.cycles, &outcome.energy, &outcome.ablation.speculation.total())?,
    })
}

/// The clock edge nearest to each arrival; never falling.
#[must_use]
pub fn arrival_cycles(
    arrivals: &Arrivals,
    recorded: &[Seconds],
    clock: Hertz,
    inferences: usize,
) -> Vec<u64> {
    let edge = |cycles: f64| whole_cycles(cycles.round()).0;
    match arrivals {
        Arrivals::Poisson { rate, seed } => {
            let (mut generator, mut now) = (SplitMix64(*seed), 0.0);
            let next = |_| {
                now += exponential(&mut generator) * clock.0 / rate.0;
                edge(now)
            };
            (0..inferences).map(next).collect()
        }
        // Multiplied, not added up: the thousandth gap is as exact as the first.
        Arrivals::Periodic { rate } => {
            (0..inferences).map(|n| edge(real(count(n)) * clock.0 / rate.0)).collect()
        }
        Arrivals::Recorded { .. } => recorded.iter().map(|time| edge(time.0 * clock.0)).collect(),
    }
}

/// Mean rate of recorded times: gaps over the time that they take.
fn recorded_rate(times: &[Seconds]) -> Option<f64> {
    let (first, last) = (times.first()?.0, times.last()?.0);
    (last > first).then(|| real(count(times.len() - 1)) / (last - first))
}

/// One inference in the queue, in clock cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// When it arrives.
    pub arrival: u64,
    /// When its service starts.
    pub start: u64,
    /// When its answer is there.
    pub end: u64,
}

/// The machine between inputs.
#[derive(Clone, Copy)]
struct Rest {
    power: PerGroup<Milliwatts>,
    /// Cycles from an input to the start of its service.
    waking: u64,
    /// Energy of waking once.
    waking_energy: PerGroup<Picojoules>,
}

/// Energy of inferences.
#[derive(Clone, Copy)]
struct Work<'a> {
    /// Of each sample.
    energy: &'a [Picojoules],
    /// Of all samples together, by group of prices.
    split: PerGroup<Picojoules>,
}

/// Serves inputs in the order of arrival, the n-th taking the n-th of `services`, from the first again after the last. One
/// that finds the machine at rest waits for `waking` cycles; it is at rest before the first.
#[must_use]
pub fn queue(arrivals: &[u64], services: &[u64], waking: u64) -> Vec<Visit> {
    let mut free = None;
    let visit = |(&arrival, &service): (&u64, &u64)| {
        let start = match free {
            // Still busy, or free at this very edge: no rest, so no waking.
            Some(free) if free >= arrival => free,
            _ => arrival + waking,
        };
        let end = start + service;
        free = Some(end);
        Visit { arrival, start, end }
    };
    arrivals.iter().zip(services.iter().cycle()).map(visit).collect()
}

/// Sums up visits whose energies are those of `work`, from the first again after the last. `None` without visits.
fn system(visits: &[Visit], work: Work<'_>, clock: Hertz, rest: Rest, rate: Option<f64>) -> Option<System> {
    let (first, last) = (visits.first()?, visits.last()?);
    let seconds = |cycles: u64| Cycles(cycles).at(clock).0;
    let span = last.end - first.arrival;
    let busy: u64 = visits.iter().map(|visit| visit.end - visit.start).sum();
    // A sum of real numbers: in an overloaded queue the waits together may outgrow 64 bits.
    let waits: f64 = visits.iter().map(|visit| seconds(visit.start - visit.arrival)).sum();
    let inferences = real(count(visits.len()));
    let mean_service = seconds(busy) / inferences;
    let spent: Picojoules = visits.iter().zip(work.energy.iter().cycle()).map(|(_, energy)| *energy).sum();
    // It is at rest before the first visit, and before each that comes after the end of the one before.
    let wakes = 1 + count(visits.windows(2).filter(|pair| pair[1].arrival > pair[0].end).count());
    let resting = span - busy - wakes * rest.waking;
    let time = Cycles(resting).at(clock);
    // What the visits spent, by group: split as all samples together are, since a sample keeps only its total.
    let of_all: Picojoules = work.split.values().copied().sum();
    let by_group = PerGroup::of(|group| {
        let part = if of_all.0 > 0.0 { work.split[group].0 / of_all.0 } else { 0.0 };
        let worked = spent * part;
        worked + rest.power[group].over(time) + rest.waking_energy[group] * real(wakes)
    });
    let all: Picojoules = by_group.values().copied().sum();
    Some(System {
        response: Distribution::of(visits.iter().map(|visit| seconds(visit.end - visit.arrival)))?,
        mean_wait: waits / inferences,
        mean_service,
        throughput: inferences / seconds(span),
        utilization: real(busy) / real(span),
        offered_load: rate.map(|rate| rate * mean_service),
        power: all.spread_over(Cycles(span).at(clock)),
        energy: all * (1.0 / inferences),
        by_group: by_group.map(|energy| energy * (1.0 / inferences)),
    })
}

/// A draw of mean 1 by inverse transform, -ln u for u from 2^-53 to 1.
fn exponential(generator: &mut SplitMix64) -> f64 {
    // 53 bits, the precision of a double; plus one, so that u is never 0 and the logarithm finite.
    let whole = (generator.bits() >> 11) + 1;
    -(real(whole) / real(1 << 53)).ln()
}
