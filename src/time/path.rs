//! What every path through the network takes: one table by segment and classes alive, whatever the number of samples.

use super::engine::time_on_engine;
use super::exit_unit::unit_tally;
use super::speculate::Ahead;
use super::step::{StepTiming, free_memory, time_segment};
use crate::arch::{Arch, DecisionOverlap, Memory, Placement};
use crate::count::{Cause, PerCause, Tally};
use crate::network::segment::{Part, Segment, Segments, Step, Work};
use crate::shape::Gemm;

/// Times of all segments of a network on an architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct PathTable {
    /// One entry a segment, in order.
    pub segments: Vec<SegmentTime>,
}

/// Work told apart by the part of the network that asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Convolutions of the backbone.
    pub body: Tally,
    /// The classifier's tail.
    pub tail: Tally,
    /// Heads and decisions.
    pub heads: Tally,
    /// What was begun in vain while a head was undecided.
    pub wasted: Tally,
}

impl Parts {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.useful() + self.wasted
    }

    /// All that the answer rests on.
    #[must_use]
    pub fn useful(&self) -> Tally {
        self.body + self.tail + self.heads
    }

    /// The backbone alone.
    #[must_use]
    pub fn backbone(&self) -> Tally {
        self.body + self.tail
    }

    /// The same work `factor` times.
    #[must_use]
    pub fn times(&self, factor: u64) -> Self {
        Self {
            body: self.body.times(factor),
            tail: self.tail.times(factor),
            heads: self.heads.times(factor),
            wasted: self.wasted.times(factor),
        }
    }
}

impl std::ops::AddAssign for Parts {
    fn add_assign(&mut self, other: Self) {
        self.body += other.body;
        self.tail += other.tail;
        self.heads += other.heads;
        self.wasted += other.wasted;
    }
}

/// One segment's time and actions.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentTime {
    /// The backbone's steps, with all classes alive.
    pub backbone: Vec<(Step, StepTiming)>,
    /// The head's steps, with all classes alive; empty without a head or when it is off.
    pub head: Vec<(Step, StepTiming)>,
    /// The decision over all classes; nothing without a head or when it is off.
    pub unit: Tally,
    /// The whole segment by classes alive on entry, from 1; one entry when that makes no difference.
    by_alive: Vec<Entry>,
}

/// A segment for some number of classes alive on entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Entry {
    /// The array waits for every decision.
    blocking: Parts,
    /// As configured, for a sample that goes on.
    stays: Parts,
    /// As configured, for a sample that leaves at the segment's head, what was begun in vain included.
    leaves: Parts,
}

impl SegmentTime {
    /// The whole segment when all classes enter it and the array waits for the decision.
    #[must_use]
    pub fn full(&self) -> Parts {
        self.entry(usize::MAX).blocking
    }

    /// The whole segment when `alive` classes enter it and the array waits for the decision.
    #[must_use]
    pub fn entered_by(&self, alive: usize) -> Parts {
        self.entry(alive).blocking
    }

    /// The whole segment as configured, when `alive` classes enter it and the sample `leaves` at its head or goes on.
    #[must_use]
    pub fn taken_by(&self, alive: usize, leaves: bool) -> Parts {
        let entry = self.entry(alive);
        if leaves { entry.leaves } else { entry.stays }
    }

    fn entry(&self, alive: usize) -> &Entry {
        &self.by_alive[alive.clamp(1, self.by_alive.len()) - 1]
    }

    /// All its steps in order.
    pub fn steps(&self) -> impl Iterator<Item = &(Step, StepTiming)> {
        self.backbone.iter().chain(&self.head)
    }
}

/// Times a network's segments with the given heads on; `compact` leaves excluded classes out, as an architecture asks
/// for with `exclusion.compact`.
#[must_use]
pub fn path_table(network: &Segments, arch: &Arch, heads: &[bool], compact: bool) -> PathTable {
    let on = |s: usize| heads.get(s).copied().unwrap_or(false);
    let (classes, memory) = (network.classes, free_memory(network, arch));
    // What a segment takes depends on the classes alive when excluded ones are left out or masked.
    let entries = if compact || arch.exclusion.mask { classes } else { 1 };
    let time = |(s, segment): (usize, &Segment)| {
        let head = if on(s) { segment.head.as_slice() } else { &[] };
        let steps = (segment.backbone.as_slice(), head);
        segment_time(steps, arch, &memory, entries, (classes, network.batch), on(s))
    };
    let mut segments: Vec<SegmentTime> = network.segments.iter().enumerate().map(time).collect();
    if arch.exclusion.overlap == DecisionOverlap::Speculative {
        for s in (0..network.heads()).filter(|&s| on(s)) {
            let (now, later) = segments.split_at_mut(s + 1);
            speculate(&mut now[s], later, arch, entries, classes);
        }
    }
    PathTable { segments }
}

fn segment_time(
    (backbone, head): (&[Step], &[Step]),
    arch: &Arch,
    memory: &Memory,
    entries: usize,
    (classes, batch): (usize, u64),
    decides: bool,
) -> SegmentTime {
    let full = time_segment(backbone, head, arch, memory, None);
    let decide =
        |alive: usize| if decides { unit_tally(arch, count(alive)).times(batch) } else { Tally::default() };
    let parts = |timings: &[StepTiming], alive: usize| {
        let mut parts = Parts { heads: decide(alive), ..Parts::default() };
        for (step, timing) in backbone.iter().chain(head).zip(timings) {
            match step.part {
                Part::Body => parts.body += timing.tally,
                Part::Tail => parts.tail += timing.tally,
                Part::Head(_) => parts.heads += timing.tally,
            }
        }
        Entry { blocking: parts, stays: parts, leaves: parts }
    };
    let by_alive = if entries == 1 {
        // Without compaction the unit looks at every class: one that was excluded may be put back.
        vec![parts(&full, classes)]
    } else {
        let entry = |alive| {
            // A unit that masks still looks at every class's score.
            let looked_at = if arch.exclusion.compact { alive } else { classes };
            parts(&time_segment(backbone, head, arch, memory, Some(count(alive))), looked_at)
        };
        (1..=entries).map(entry).collect()
    };
    let mut full = full.into_iter();
    let backbone = backbone.iter().cloned().zip(full.by_ref()).collect();
    SegmentTime { backbone, head: head.iter().cloned().zip(full).collect(), unit: decide(classes), by_alive }
}

/// Lets the segments `later` begin while the head of `now` is undecided.
///
/// Hidden are the decision and, on a dedicated engine, the head's GEMMs; head pooling stays where it was.
fn speculate(now: &mut SegmentTime, later: &[SegmentTime], arch: &Arch, entries: usize, classes: usize) {
    let ahead = Ahead::new(later.iter().flat_map(SegmentTime::steps));
    let runs_ahead = ahead.cycles();
    let dedicated = arch.exclusion.placement == Placement::Dedicated;
    for (entry, alive) in now.by_alive.iter_mut().zip(1..=entries) {
        let alive = count(if arch.exclusion.compact && entries > 1 { alive } else { classes });
        let mut hidden = unit_tally(arch, alive).cycles;
        for (step, _) in now.head.iter().filter(|_| dedicated) {
            if let Work::Gemm { gemm, class_wise } = step.work {
                let gemm = if class_wise { Gemm { n: alive, ..gemm } } else { gemm };
                hidden += time_on_engine(&gemm, arch).tally.cycles;
            }
        }
        let open = hidden.total();
        let waste = ahead.wasted(open, arch);
        entry.stays.heads.cycles = PerCause::of(|cause| entry.blocking.heads.cycles[cause] - hidden[cause]);
        // The sequencer waits before the next operation that needs the survivors.
        entry.stays.heads.cycles[Cause::Unit] += open.saturating_sub(runs_ahead);
        entry.leaves.wasted.cycles[Cause::Squash] += waste.cycles;
        entry.leaves.wasted.actions += waste.actions;
    }
}

/// A number of classes as a count.
fn count(classes: usize) -> u64 {
    u64::try_from(classes).unwrap_or(u64::MAX)
}
