//! What every path through the network takes: one table by segment and classes alive, whatever the number of samples.

use super::exit_unit::unit_tally;
use super::step::{StepTiming, time_segment};
use crate::arch::Arch;
use crate::count::Tally;
use crate::network::segment::{Part, Segment, Segments, Step};

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
}

impl Parts {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Tally {
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
        Self { body: self.body.times(factor), tail: self.tail.times(factor), heads: self.heads.times(factor) }
    }
}

impl std::ops::AddAssign for Parts {
    fn add_assign(&mut self, other: Self) {
        self.body += other.body;
        self.tail += other.tail;
        self.heads += other.heads;
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
    by_alive: Vec<Parts>,
}

impl SegmentTime {
    /// The whole segment when all classes enter it.
    #[must_use]
    pub fn full(&self) -> Parts {
        self.by_alive[self.by_alive.len() - 1]
    }

    /// The whole segment when `alive` classes enter it.
    #[must_use]
    pub fn entered_by(&self, alive: usize) -> Parts {
        self.by_alive[alive.clamp(1, self.by_alive.len()) - 1]
    }

    /// All its steps in order.
    pub fn steps(&self) -> impl Iterator<Item = &(Step, StepTiming)> {
        self.backbone.iter().chain(&self.head)
    }
}

/// Times a network's segments with the given heads on; `compact` leaves excluded classes out.
#[must_use]
pub fn path_table(network: &Segments, arch: &Arch, heads: &[bool], compact: bool) -> PathTable {
    let on = |s: usize| heads.get(s).copied().unwrap_or(false);
    let classes = network.classes;
    let time = |(s, segment): (usize, &Segment)| {
        let head = if on(s) { segment.head.as_slice() } else { &[] };
        segment_time((&segment.backbone, head), arch, if compact { classes } else { 1 }, classes, on(s))
    };
    PathTable { segments: network.segments.iter().enumerate().map(time).collect() }
}

fn segment_time(
    (backbone, head): (&[Step], &[Step]),
    arch: &Arch,
    entries: usize,
    classes: usize,
    decides: bool,
) -> SegmentTime {
    let full = time_segment(backbone, head, arch, None);
    let decide = |alive: usize| if decides { unit_tally(arch, count(alive)) } else { Tally::default() };
    let parts = |timings: &[StepTiming], alive: usize| {
        let mut parts = Parts { heads: decide(alive), ..Parts::default() };
        for (step, timing) in backbone.iter().chain(head).zip(timings) {
            match step.part {
                Part::Body => parts.body += timing.tally,
                Part::Tail => parts.tail += timing.tally,
                Part::Head(_) => parts.heads += timing.tally,
            }
        }
        parts
    };
    let by_alive = if entries == 1 {
        // Without compaction the unit looks at every class: one that was excluded may be put back.
        vec![parts(&full, classes)]
    } else {
        let compacted = |alive| parts(&time_segment(backbone, head, arch, Some(count(alive))), alive);
        (1..=entries).map(compacted).collect()
    };
    let mut full = full.into_iter();
    let backbone = backbone.iter().cloned().zip(full.by_ref()).collect();
    SegmentTime { backbone, head: head.iter().cloned().zip(full).collect(), unit: decide(classes), by_alive }
}

/// A number of classes as a count.
fn count(classes: usize) -> u64 {
    u64::try_from(classes).unwrap_or(u64::MAX)
}
