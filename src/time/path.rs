//! What every path through the network takes: one table by segment and classes alive, whatever the number of samples.

use super::crossing::{Crossing, awaited, crossing};
use super::decision::decision;
use super::engine::time_on_engine;
use super::homes;
use super::memory::pace;
use super::parts::Parts;
use super::prefetch::Spare;
use super::speculate::Ahead;
use super::step::{Flow, StepTiming, free_room, resident_bytes};
use super::steps::Steps;
use crate::count::{Action, Cause, PerCause, Tally};
use crate::machine::{DecisionOverlap, Machine, Placement};
use crate::network::segment::{Segment, Segments, Step, Work};
use crate::shape::Gemm;
use crate::unit::UnitRule;
use crate::units::count;

/// Times of all segments of a network on an architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct PathTable {
    /// One entry a segment, in order.
    pub segments: Vec<SegmentTime>,
    /// Of all segments' steps, with all classes alive. In one list: a sweep makes a table a point.
    timings: Vec<StepTiming>,
    /// Bytes of weights that stay on chip for good.
    pub resident: u64,
}

impl PathTable {
    /// All steps in order, heads that are off left out.
    pub fn steps(&self) -> impl Iterator<Item = (&Step, &StepTiming)> {
        self.segments.iter().flat_map(SegmentTime::running).zip(&self.timings)
    }

    /// The steps of a segment in order.
    pub fn steps_of(&self, segment: usize) -> impl Iterator<Item = (&Step, &StepTiming)> {
        let segment = &self.segments[segment];
        segment.running().zip(&self.timings[segment.first_step..])
    }

    /// The steps of a segment's backbone.
    pub(super) fn backbone_of(&self, segment: usize) -> impl Iterator<Item = (&Step, &StepTiming)> {
        self.steps_of(segment).take(self.segments[segment].segment.backbone.len())
    }

    /// The steps of a segment's head; none when that is off.
    pub fn head_of(&self, segment: usize) -> impl Iterator<Item = (&Step, &StepTiming)> {
        self.steps_of(segment).skip(self.segments[segment].segment.backbone.len())
    }
}

/// One segment's time and actions.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentTime {
    segment: Segment,
    /// Whether its head is on.
    head: bool,
    /// Steps of the segments before it.
    first_step: usize,
    /// The decision over all classes; nothing without a head or when it is off.
    pub unit: Tally,
    /// The whole segment by classes alive on entry, from 1, when the array waits for every decision; one entry when the
    /// number makes no difference.
    blocking: Vec<Parts>,
    /// What is spare for the next segment's first weights when the head's layers end, for as many entries.
    spare: Vec<Option<Spare>>,
    /// What fetching ahead across the head costs, for as many entries; empty where nothing is fetched across it.
    crossing: Vec<Crossing>,
    /// What speculation makes of the heads' share, for as many entries; empty when the array waits.
    speculative: Vec<Speculated>,
}

/// Head and decision when the array goes on before it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Speculated {
    /// For a sample that goes on.
    stays: Tally,
    /// For a sample that leaves at this head.
    leaves: Tally,
    /// What was begun in vain for one that leaves.
    wasted: Tally,
}

impl SegmentTime {
    /// The whole segment when all classes enter it, the array waits for the decision and the sample goes on.
    #[must_use]
    pub fn full(&self) -> Parts {
        self.entered_by(usize::MAX, false)
    }

    /// The whole segment when `alive` classes enter it and the array waits for the decision, by which the sample `leaves` or
    /// goes on.
    #[must_use]
    pub fn entered_by(&self, alive: usize, leaves: bool) -> Parts {
        let entry = self.entry(alive);
        let mut parts = self.blocking[entry];
        match self.crossing.get(entry) {
            Some(crossing) if leaves => parts.wasted += crossing.wasted,
            Some(crossing) => parts.heads.cycles[Cause::Stall] += crossing.lost,
            None => {}
        }
        parts
    }

    /// The whole segment as configured, when `alive` classes enter it and the sample `leaves` at its head or goes on.
    #[must_use]
    pub fn taken_by(&self, alive: usize, leaves: bool) -> Parts {
        let entry = self.entry(alive);
        let parts = self.blocking[entry];
        match self.speculative.get(entry) {
            Some(heads) if leaves => Parts { heads: heads.leaves, wasted: heads.wasted, ..parts },
            Some(heads) => Parts { heads: heads.stays, ..parts },
            None => self.entered_by(alive, leaves),
        }
    }

    /// What fetching ahead across the head adds when all classes enter: for a sample that goes on, and in vain for one that
    /// leaves; `None` where nothing is fetched across it.
    #[must_use]
    pub fn crossed(&self) -> Option<[Tally; 2]> {
        let Crossing { lost, wasted } = *self.crossing.last()?;
        let mut waits = Tally::default();
        waits.cycles[Cause::Stall] = lost;
        Some([waits, wasted])
    }

    /// How many numbers of classes alive make a difference: all, or one.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.blocking.len()
    }

    fn entry(&self, alive: usize) -> usize {
        alive.clamp(1, self.blocking.len()) - 1
    }

    /// The backbone's steps, then the head's where it is on.
    fn running(&self) -> impl Iterator<Item = &Step> {
        Steps::new(&self.segment, self.head, 0).iter()
    }
}

/// Which heads run, and by what their unit decides. Heads alone decide by class exclusion.
#[derive(Clone, Copy, Debug)]
pub struct Deciders<'a> {
    /// Which heads are on, shallow to deep; those beyond the list are off.
    pub on: &'a [bool],
    /// The rule of the unit.
    pub rule: UnitRule,
}

impl<'a> From<&'a [bool]> for Deciders<'a> {
    fn from(on: &'a [bool]) -> Self {
        Self { on, rule: UnitRule::default() }
    }
}

impl<'a> From<&'a Vec<bool>> for Deciders<'a> {
    fn from(on: &'a Vec<bool>) -> Self {
        on.as_slice().into()
    }
}

impl<'a, const HEADS: usize> From<&'a [bool; HEADS]> for Deciders<'a> {
    fn from(on: &'a [bool; HEADS]) -> Self {
        on.as_slice().into()
    }
}

/// Times a network's segments with the given heads on; `compact` leaves excluded classes out, as an architecture asks for
/// with `exclusion.compact`.
#[must_use]
pub fn path_table<'a>(
    network: &Segments,
    machine: &Machine,
    heads: impl Into<Deciders<'a>>,
    compact: bool,
) -> PathTable {
    timed(network, &super::resident::kept(network, machine), heads.into(), compact)
}

/// The table of a machine whose resident weights are so for good.
pub(super) fn timed(network: &Segments, machine: &Machine, heads: Deciders<'_>, compact: bool) -> PathTable {
    let on = |s: usize| heads.on.get(s).copied().unwrap_or(false);
    let room = free_room(network, machine);
    let plan = homes::planned(network, machine, room);
    let flow = Flow::new(machine, room, plan.as_ref());
    // Without compaction the unit looks at every class: one that was excluded may be put back, or is masked.
    let decide = |alive: usize| {
        let looked_at = if compact { alive } else { network.classes };
        decision(machine, heads.rule, count(looked_at), count(network.classes)).times(network.batch)
    };
    // What a segment takes depends on the classes alive when excluded ones are left out or masked.
    let fewest = if compact || machine.exclusion.mask { 1 } else { network.classes };
    let decisions: Vec<Tally> = (fewest..=network.classes).map(decide).collect();
    let on_of = |(s, segment)| (segment, on(s));
    let running = network.segments.iter().enumerate().map(on_of);
    let steps = running.clone().map(|(segment, head)| Steps::new(segment, head, 0).len()).sum();
    let mut timings = vec![StepTiming::default(); steps];
    let (mut rest, mut first_step, mut before) = (&mut timings[..], 0, 0);
    // What the backbone leaves spare, and what the head behind it does, where one runs.
    let (mut spare, mut at_head) = (None, None);
    let mut segments = Vec::with_capacity(network.segments.len());
    for (segment, head) in running {
        let steps = Steps::new(segment, head, before);
        let (these, others) = rest.split_at_mut(steps.len());
        let (time, left) = segment_time(steps, head, (flow.behind(spare), at_head), &decisions, these);
        at_head =
            if head { time.spare.last().copied().flatten() } else { at_head.filter(|_| !steps.multiplies()) };
        segments.push(SegmentTime { segment: segment.clone(), first_step, ..time });
        spare = left;
        (first_step, rest) = (first_step + these.len(), others);
        before += segment.backbone.len();
    }
    let resident = resident_bytes(network, &machine.memory);
    let mut table = PathTable { segments, timings, resident };
    for s in (0..network.heads()).filter(|&s| on(s)) {
        let open = |entry: usize| decisions[entry].cycles.total();
        table.segments[s].crossing = crossings(&table, s, machine, compact, open);
        if machine.exclusion.overlap == DecisionOverlap::Speculative {
            table.segments[s].speculative =
                speculate(&table, s, machine, (heads.rule, compact), network.classes);
        }
    }
    table
}

/// What head `s` costs for breaking the stream of weights, for every number of classes that may enter, when its decision is
/// `open` for so many cycles before the array goes on.
fn crossings(
    table: &PathTable,
    s: usize,
    machine: &Machine,
    compact: bool,
    open: impl Fn(usize) -> u64,
) -> Vec<Crossing> {
    let Some(awaited) = awaited(table, s, compact) else { return Vec::new() };
    let pace = pace(machine);
    let spare = table.segments[s].spare.iter().enumerate();
    spare.map(|(entry, spare)| crossing(&awaited, *spare, open(entry), machine, &pace)).collect()
}

/// A segment with its head on or off, its steps' `timings` to be filled, and what its backbone leaves spare; `decisions` are
/// its unit's, one for each count of classes that may enter.
fn segment_time(
    steps: Steps<'_>,
    head: bool,
    (flow, at_head): (Flow<'_>, Option<Spare>),
    decisions: &[Tally],
    timings: &mut [StepTiming],
) -> (SegmentTime, Option<Spare>) {
    // Up to its first class-wise step a segment is the same whoever enters it.
    let class_wise = |step: &Step| matches!(step.work, Work::Gemm { class_wise: true, .. });
    let differs = decisions.len() > 1;
    let fork = steps.iter().position(class_wise).filter(|_| differs).unwrap_or(steps.len());
    let mut blocking = Vec::with_capacity(decisions.len());
    blocking.push(Parts::default());
    // Between two heads without a product only what the first one left is spare for the second.
    let spare_of_head = |spare: Option<Spare>| at_head.filter(|_| !steps.multiplies()).or(spare);
    let (mut before, mut left) = (flow, flow.spare());
    if steps.backbone() == 0 {
        before = before.behind(spare_of_head(flow.spare()));
    }
    for (i, (step, timing)) in steps.iter().zip(timings.iter_mut()).enumerate().take(fork) {
        before.step(steps, i, None, timing);
        if i < steps.backbone() {
            left = before.spare();
        }
        if i + 1 == steps.backbone() {
            before = before.behind(spare_of_head(before.spare()));
        }
        blocking[0].add(step.part, &timing.tally);
    }
    for _ in 1..decisions.len() {
        blocking.push(blocking[0]);
    }
    let mut after = before;
    for (i, timing) in timings.iter_mut().enumerate().skip(fork) {
        after.step(steps, i, None, timing);
    }
    let mut spare = Vec::with_capacity(decisions.len());
    for ((alive, decision), parts) in (1..).zip(decisions).zip(&mut blocking) {
        let mut flow = before;
        for (i, step) in steps.iter().enumerate().skip(fork) {
            let mut timing = StepTiming::default();
            flow.step(steps, i, Some(count(alive)), &mut timing);
            parts.add(step.part, &timing.tally);
        }
        if head {
            parts.heads += decision;
        }
        spare.push(flow.spare());
    }
    let unit = if head { decisions[decisions.len() - 1] } else { Tally::default() };
    let time = SegmentTime {
        segment: Segment::default(),
        head,
        first_step: 0,
        unit,
        blocking,
        spare,
        crossing: Vec::new(),
        speculative: Vec::new(),
    };
    (time, left)
}

/// The head of segment `now` when those after it begin while it is undecided.
///
/// Hidden are the decision and, on a dedicated engine, the head's GEMMs; head pooling stays where it was.
fn speculate(
    table: &PathTable,
    now: usize,
    machine: &Machine,
    (rule, compact): (UnitRule, bool),
    classes: usize,
) -> Vec<Speculated> {
    let ahead = Ahead::new((now + 1..table.segments.len()).flat_map(|later| table.steps_of(later)));
    let runs_ahead = ahead.cycles();
    let dedicated = machine.exclusion.placement == Placement::Dedicated;
    // The array does not wait, so weights must have come when the head's layers end. What is in vain comes until the decision.
    let crossings = crossings(table, now, machine, compact, |_| 0);
    let waiting = &table.segments[now].crossing;
    let speculated = |(entry, (parts, alive)): (usize, (&Parts, usize))| {
        let alive = count(if machine.exclusion.mask { classes } else { alive });
        let mut hidden = decision(machine, rule, alive, count(classes)).cycles;
        for (step, _) in table.head_of(now).filter(|_| dedicated) {
            if let Work::Gemm { gemm, class_wise } = step.work {
                let gemm = if class_wise { Gemm { n: alive, ..gemm } } else { gemm };
                hidden += time_on_engine(&gemm, machine).tally.cycles;
            }
        }
        let open = hidden.total();
        let waste = ahead.wasted(open, machine);
        let mut stays = parts.heads;
        stays.cycles = PerCause::of(|cause| parts.heads.cycles[cause] - hidden[cause]);
        // The sequencer waits before the next operation that needs the survivors.
        stays.cycles[Cause::Unit] += open.saturating_sub(runs_ahead);
        let mut wasted = Tally { actions: waste.actions, ..Tally::default() };
        wasted.cycles[Cause::Squash] = waste.cycles;
        if let (Some(crossing), Some(Crossing { wasted: fetched, .. })) =
            (crossings.get(entry), waiting.get(entry))
        {
            stays.cycles[Cause::Stall] += crossing.lost;
            // Weights of a fold begun in vain are among its actions.
            for action in [Action::DramRead, Action::FilterWrite] {
                wasted.actions[action] = waste.actions[action].max(fetched.actions[action]);
            }
        }
        Speculated { stays, leaves: parts.heads, wasted }
    };
    let blocking = &table.segments[now].blocking;
    blocking.iter().zip(classes + 1 - blocking.len()..).enumerate().map(speculated).collect()
}
