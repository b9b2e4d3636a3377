//! The steps of a path, each timed as the table of paths times it.

use super::tiles::{Tiles, tiles_of};
use super::{Detail, Passing, Timelines};
use crate::network::segment::{Step, Work};
use crate::shape::Gemm;
use crate::time::prefetch::Spare;
use crate::time::product::Absent;
use crate::time::step::{Flow, StepTiming, free_room};
use crate::time::steps::Steps;
use crate::units::count;

/// A step in time.
pub(super) struct TimedStep<'a> {
    pub(super) step: &'a Step,
    pub(super) timing: StepTiming,
    /// Its tiles; `None` off the array, and where there are too many.
    pub(super) tiles: Option<Tiles>,
    /// Bytes of ifmap, weights and sums that its schedule needs on chip.
    pub(super) needs: [u64; 3],
    /// Bytes of maps on chip meanwhile.
    pub(super) maps: u64,
}

/// The steps of every segment of a path.
pub(super) fn steps_along<'a>(
    lines: &Timelines<'a>,
    path: &[Passing],
    detail: Detail,
) -> Vec<Vec<TimedStep<'a>>> {
    let room = free_room(lines.network, &lines.machine);
    let flow = Flow::new(&lines.machine, room, lines.plan.as_ref());
    let (mut carried, mut first, mut along) = (Carried::default(), 0, Vec::new());
    for (s, (segment, passing)) in lines.network.segments.iter().zip(path).enumerate() {
        let head = lines.deciders.on.get(s).copied().unwrap_or(false);
        let steps = Steps::new(segment, head, first);
        first += segment.backbone.len();
        let alive = (lines.table.segments[s].entries() > 1).then(|| count(passing.entering));
        let mut timed = Vec::with_capacity(steps.len());
        let passed = pass(steps, flow, carried, alive, |before, i, timing| {
            let (tiles, maps) =
                (tiled(lines, before, steps, i, alive, &timing, detail), before.maps_beside(steps, i));
            timed.push((i, timing, tiles, maps));
        });
        // What is passed on is what all classes leave, as in the table.
        carried = match alive {
            None => passed,
            Some(_) => pass(steps, flow, carried, None, |_, _, _| {}),
        };
        carried.at_head = if head { carried.last } else { passed.at_head.filter(|_| !steps.multiplies()) };
        let each = timed.into_iter().zip(steps.iter());
        along.push(
            each.map(|((_, timing, (tiles, needs), maps), step)| TimedStep {
                step,
                timing,
                tiles,
                needs,
                maps,
            })
            .collect(),
        );
    }
    along
}

/// What a segment leaves spare for the next: see [`crate::time::path`].
#[derive(Clone, Copy, Default)]
struct Carried {
    /// Behind its backbone.
    backbone: Option<Spare>,
    /// Behind its last step.
    last: Option<Spare>,
    /// Behind the last head that ran, as long as no product has run since.
    at_head: Option<Spare>,
}

/// Runs through a segment's steps; `each` gets the state before a step, and its timing.
fn pass<'m>(
    steps: Steps<'_>,
    flow: Flow<'m>,
    carried: Carried,
    alive: Option<u64>,
    mut each: impl FnMut(&Flow<'m>, usize, StepTiming),
) -> Carried {
    let mut flow = flow.behind(carried.backbone);
    let at_head = carried.at_head.filter(|_| !steps.multiplies());
    let mut backbone = flow.spare();
    if steps.backbone() == 0 {
        flow = flow.behind(at_head.or(flow.spare()));
    }
    for i in 0..steps.len() {
        let before = flow;
        let mut timing = StepTiming::default();
        flow.step(steps, i, alive, &mut timing);
        if i < steps.backbone() {
            backbone = flow.spare();
        }
        if i + 1 == steps.backbone() {
            flow = flow.behind(at_head.or(flow.spare()));
        }
        each(&before, i, timing);
    }
    Carried { backbone, last: flow.spare(), at_head: carried.at_head }
}

/// The tiles of a step.
fn tiled(
    lines: &Timelines<'_>,
    before: &Flow<'_>,
    steps: Steps<'_>,
    i: usize,
    alive: Option<u64>,
    timing: &StepTiming,
    detail: Detail,
) -> (Option<Tiles>, [u64; 3]) {
    let step = &steps.at(i)[0];
    let Work::Gemm { gemm, class_wise } = step.work else { return (None, [0; 3]) };
    if timing.dataflow.is_none() {
        return (None, [0; 3]);
    }
    let absent = Absent::of(&gemm, alive.filter(|_| class_wise), &lines.machine);
    let gemm = Gemm { n: gemm.n - absent.columns, ..gemm };
    let (product, place) = before.asked_of(steps, i, &gemm);
    tiles_of(timing, &product, &place, detail.folds, detail.most_tiles)
}
