//! What every path through the network takes: one table by segment and classes alive, whatever the number of samples.

use super::exit_unit::unit_tally;
use super::step::{StepTiming, time_segment};
use crate::arch::Arch;
use crate::count::Tally;
use crate::network::segment::{Segment, Segments, Step};

/// Times of all segments of a network on an architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct PathTable {
    /// One entry a segment, in order.
    pub segments: Vec<SegmentTime>,
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
    by_alive: Vec<Tally>,
}

impl SegmentTime {
    /// The backbone's part, all classes alive.
    #[must_use]
    pub fn backbone_total(&self) -> Tally {
        self.backbone.iter().map(|(_, timing)| timing.tally).sum()
    }

    /// What the head adds, all classes alive: its steps and the decision.
    #[must_use]
    pub fn head_total(&self) -> Tally {
        self.head.iter().map(|(_, timing)| timing.tally).sum::<Tally>() + self.unit
    }

    /// The whole segment when `alive` classes enter it.
    #[must_use]
    pub fn total(&self, alive: usize) -> Tally {
        self.by_alive[alive.clamp(1, self.by_alive.len()) - 1]
    }

    /// Multiply-accumulates of the whole segment, all classes alive.
    #[must_use]
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
        let head = if on(s) { segment.head.clone() } else { Vec::new() };
        let segment = Segment { backbone: segment.backbone.clone(), head };
        segment_time(&segment, arch, if compact { classes } else { 1 }, classes, on(s))
    };
    PathTable { segments: network.segments.iter().enumerate().map(time).collect() }
}

fn segment_time(
    segment: &Segment,
    arch: &Arch,
    entries: usize,
    classes: usize,
    decides: bool,
) -> SegmentTime {
    let full = time_segment(segment, arch, None);
    let decide = |alive: usize| if decides { unit_tally(arch, count(alive)) } else { Tally::default() };
    let by_alive = (1..=entries).map(|alive| {
        // Without compaction the unit looks at every class: one that was excluded may be put back.
        let (steps, alive) = if entries == 1 {
            (full.clone(), classes)
        } else {
            (time_segment(segment, arch, Some(count(alive))), alive)
        };
        steps.iter().map(|timing| timing.tally).sum::<Tally>() + decide(alive)
    });
    let by_alive = by_alive.collect();
    let mut timed = segment.backbone.iter().chain(&segment.head).cloned().zip(full);
    let backbone = timed.by_ref().take(segment.backbone.len()).collect();
    SegmentTime { backbone, head: timed.collect(), unit: decide(classes), by_alive }
}

/// A number of classes as a count.
fn count(classes: usize) -> u64 {
    u64::try_from(classes).unwrap_or(u64::MAX)
}
