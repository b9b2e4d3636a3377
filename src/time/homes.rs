//! Where the backbone's maps are between its steps: on chip or in DRAM, decided for the whole network at once.
//!
//! A map that stays saves its way to DRAM and back, and takes room from the tiles of every step from the one that makes it
//! to the one that reads it last. Which of them stay is the shortest path through all steps: a state is the set of maps on
//! chip, a step adds the map it makes or does not, and costs what its best schedule takes in the room that is left. Nothing
//! is left out, so `residency = "fit"` is never slower than `"none"`, which is one of the paths.
//!
//! Heads are not looked at: whether they run must not change what the backbone keeps.

use std::collections::BTreeMap;

use super::actions::count_traffic;
use super::lay::{Place, Product, lay};
use super::memory::{Homes, Traffic, pace};
use super::product::{bands_of, choice_of, vector_cycles, weights_stream};
use super::schedule::Room;
use super::walk::Pace;
use crate::count::{Action, PerAction};
use crate::machine::{Machine, Residency, Scheduling};
use crate::network::segment::{Segments, Step, Work};
use crate::units::Bytes;

/// Where the maps are that a step reads and makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Home {
    /// Bytes it reads from DRAM: its ifmap, or what waited there.
    pub(super) read: u64,
    /// Bytes from DRAM that are added in its stream.
    pub(super) added: u64,
    /// Bytes of the map at the end of its stream that go to DRAM.
    pub(super) stored: u64,
    /// Bytes of that map that are written on chip.
    pub(super) kept: u64,
    /// Bytes of maps that lie on chip while it runs.
    pub(super) beside: u64,
}

/// The homes of all maps of a backbone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// By the backbone's step, counted over all segments; those in a stream have none of their own.
    pub(super) homes: Vec<Home>,
    /// Bytes of maps on chip behind each step.
    pub(super) behind: Vec<u64>,
}

/// A step with those in the stream of its results.
struct Group<'a> {
    /// Steps that work along a product's results, in the stream and after it.
    along: &'a [&'a Step],
    steps: &'a [&'a Step],
    /// Groups whose maps it reads as its operand, and how many bytes.
    reads: Vec<(usize, u64)>,
    /// The same for what is added in its stream.
    adds: Vec<(usize, u64)>,
    /// Bytes it makes, and the last group that reads them.
    made: u64,
    last: usize,
}

/// The groups of a backbone, with who reads what.
fn groups<'a>(steps: &'a [&'a Step], fused: bool) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut group_of = vec![0; steps.len()];
    let mut at = 0;
    while at < steps.len() {
        let mut end = at + 1;
        while matches!(steps[at].work, Work::Gemm { .. }) && fused && end < steps.len() && steps[end].streamed
        {
            end += 1;
        }
        group_of[at..end].fill(groups.len());
        let waited = |step: &Step| {
            step.waited.iter().map(|map| (group_of[map.made.min(at)], map.bytes)).collect::<Vec<_>>()
        };
        let mut reads = waited(steps[at]);
        let direct = steps[at].ifmap_bytes
            - reads.iter().map(|(_, bytes)| bytes).sum::<u64>().min(steps[at].ifmap_bytes);
        // A fused vector unit sees the map of the step before go by.
        let passes = fused && matches!(steps[at].work, Work::Vector { .. });
        if direct > 0 && !steps[at].reads_image && at > 0 && !passes {
            reads.push((groups.len() - 1, direct));
        }
        let adds = steps[at + 1..end].iter().flat_map(|step| waited(step)).collect();
        let number = groups.len();
        groups.push(Group {
            along: if matches!(steps[at].work, Work::Gemm { .. }) { along(&steps[at..]) } else { &[] },
            steps: &steps[at..end],
            reads,
            adds,
            made: made(&steps[at..end]),
            last: number,
        });
        at = end;
    }
    for reader in 0..groups.len() {
        let read: Vec<usize> =
            groups[reader].reads.iter().chain(&groups[reader].adds).map(|(map, _)| *map).collect();
        for map in read {
            groups[map].last = groups[map].last.max(reader);
        }
    }
    groups
}

/// Whether a step of the vector unit works along the results of the product before it, in their stream or behind it: all it
/// reads goes by there.
pub(super) fn works_along(step: &Step, fused: bool) -> bool {
    fused && matches!(step.work, Work::Vector { .. }) && (step.streamed || step.waited.is_empty())
}

/// The steps behind a product that work along its results.
fn along<'s, 'a>(steps: &'s [&'a Step]) -> &'s [&'a Step] {
    let count = steps[1..].iter().take_while(|step| works_along(step, true)).count();
    &steps[1..=count]
}

/// Bytes of the map at the end of a stream.
fn made(steps: &[&Step]) -> u64 {
    let last = steps[steps.len() - 1];
    match (steps.len(), last.work) {
        (1, Work::Gemm { gemm, .. }) => last.ofmap_bytes.min(gemm.outputs()),
        _ => last.ofmap_bytes,
    }
}

/// A way through the groups so far: what it costs, and its last decision among those remembered.
#[derive(Clone, Copy)]
struct Path {
    cost: (u64, u64),
    last: Option<usize>,
}

/// One group's home on some path, the bytes on chip behind it, and the decision before.
struct Decision {
    home: Home,
    behind: u64,
    before: Option<usize>,
}

/// The homes of all maps, where they are part of a schedule's search; `None` in the fixed order, which decides each by its size.
pub(super) fn planned(network: &Segments, machine: &Machine, room: Room) -> Option<Plan> {
    match machine.memory.schedule {
        Scheduling::Best | Scheduling::Energy => Some(plan(network, machine, pace(machine), room)),
        Scheduling::Fixed => None,
    }
}

/// Finds the homes of all maps; `room` is what is free but for maps.
fn plan(network: &Segments, machine: &Machine, pace: Pace, room: Room) -> Plan {
    let steps: Vec<&Step> = network.segments.iter().flat_map(|segment| segment.backbone.iter()).collect();
    let groups = groups(&steps, machine.vector.fused);
    let mut decisions: Vec<Decision> = Vec::new();
    let mut paths = BTreeMap::from([(Vec::new(), Path { cost: (0, 0), last: None })]);
    for number in 0..groups.len() {
        let mut next: BTreeMap<Vec<usize>, (Path, Decision)> = BTreeMap::new();
        let mut known = BTreeMap::new();
        for (on_chip, path) in &paths {
            for stays in [false, true] {
                let Some(home) = home(&groups, number, on_chip, stays, machine) else { continue };
                let cost = known.entry((home.read, home.added, home.stored, home.beside));
                let cost = cost.or_insert_with(|| cost_of(&groups[number], &home, machine, pace, room));
                let Some(cost) = *cost else { continue };
                let (state, behind) = state(&groups, number, on_chip, stays);
                let cost = (path.cost.0 + cost.0, path.cost.1 + cost.1);
                if next.get(&state).is_none_or(|(other, _)| cost < other.cost) {
                    let decision = Decision { home, behind, before: path.last };
                    next.insert(state, (Path { cost, last: None }, decision));
                }
            }
        }
        paths = BTreeMap::new();
        for (state, (path, decision)) in next {
            paths.insert(state, Path { last: Some(decisions.len()), ..path });
            decisions.push(decision);
        }
    }
    let best = paths.into_values().min_by_key(|path| path.cost);
    best.map(|path| traced(&groups, &decisions, path.last)).unwrap_or_default()
}

/// The decisions that lead to one, written out step by step.
fn traced(groups: &[Group<'_>], decisions: &[Decision], last: Option<usize>) -> Plan {
    let backwards = std::iter::successors(last, |at| decisions[*at].before);
    let mut taken: Vec<&Decision> = backwards.map(|at| &decisions[at]).collect();
    taken.reverse();
    let mut plan = Plan::default();
    for (group, decision) in groups.iter().zip(taken) {
        plan.homes.push(decision.home);
        plan.homes.extend(group.steps[1..].iter().map(|_| Home::default()));
        plan.behind.extend(group.steps.iter().map(|_| decision.behind));
    }
    plan
}

/// Where a group's maps are, when these are on chip and its own stays or not; `None` when that may not be.
fn home(
    groups: &[Group<'_>],
    number: usize,
    on_chip: &[usize],
    stays: bool,
    machine: &Machine,
) -> Option<Home> {
    if stays && machine.memory.residency == Residency::None {
        return None;
    }
    let group = &groups[number];
    let in_dram = |maps: &[(usize, u64)]| -> u64 {
        maps.iter().filter(|(map, _)| !on_chip.contains(map)).map(|(_, bytes)| bytes).sum()
    };
    let image = if group.steps[0].reads_image { group.steps[0].ifmap_bytes } else { 0 };
    let here: u64 = on_chip.iter().map(|map| groups[*map].made).sum();
    Some(Home {
        read: in_dram(&group.reads) + image,
        added: in_dram(&group.adds),
        stored: if stays { 0 } else { group.made },
        kept: if stays { group.made } else { 0 },
        beside: here + if stays { group.made } else { 0 },
    })
}

/// The maps on chip behind a group, and their bytes.
fn state(groups: &[Group<'_>], number: usize, on_chip: &[usize], stays: bool) -> (Vec<usize>, u64) {
    let mut state: Vec<usize> = on_chip.iter().copied().filter(|map| groups[*map].last > number).collect();
    if stays && groups[number].last > number {
        state.push(number);
    }
    let bytes = state.iter().map(|map| groups[*map].made).sum();
    (state, bytes)
}

/// Cycles and bytes of a group; `None` when nothing fits beside the maps.
fn cost_of(group: &Group<'_>, home: &Home, machine: &Machine, pace: Pace, room: Room) -> Option<(u64, u64)> {
    let room = room.without(home.beside, 0)?;
    let step = group.steps[0];
    match step.work {
        Work::Gemm { gemm, .. } => {
            let product = Product {
                gemm: &gemm,
                bands: bands_of(step, &gemm),
                homes: homes_of(step, home, machine),
                choice: choice_of(step, machine),
                vector: vector_cycles(group.along, &gemm, machine),
            };
            let (first, second) = lay(&Place { machine, pace, room }, &product)?.key(&product, machine);
            Some((first + kept(home, machine), second))
        }
        Work::Vector { elements, .. } => {
            let bytes = home.read + home.stored;
            // What works along the results of a product is in that product's time.
            let work = if works_along(step, machine.vector.fused) {
                0
            } else {
                elements.div_ceil(machine.vector.lanes)
            };
            let cycles = pace.transfer(bytes).max(work);
            let Some(prices) = &machine.schedule_prices else { return Some((cycles, bytes)) };
            let mut actions = PerAction::default();
            count_traffic(
                &mut actions,
                &Traffic { dram_ifmap: home.read, dram_ofmap: home.stored, ..Traffic::default() },
            );
            Some((prices.femtojoules(&actions, cycles) + kept(home, machine), cycles))
        }
    }
}

/// Where energy decides, that of writing the map that stays on chip, fJ.
fn kept(home: &Home, machine: &Machine) -> u64 {
    let mut actions = PerAction::default();
    actions[Action::IfmapWrite] = home.kept;
    machine.schedule_prices.map_or(0, |prices| prices.femtojoules(&actions, 0))
}

/// Homes of a product's operands.
pub(super) fn homes_of(step: &Step, home: &Home, machine: &Machine) -> Homes {
    Homes {
        ifmap_from_dram: home.read,
        filter_from_dram: weights_stream(step, machine),
        ofmap_to_dram: home.stored,
        added_from_dram: home.added,
    }
}

/// Memory free but for maps: scratchpads or the one buffer less the weights that stay in them.
pub(super) fn room(machine: &Machine, resident: Bytes) -> Room {
    let memory = &machine.memory;
    let whole = match memory.unified {
        Some(unified) => Room::Shared {
            bytes: unified.capacity.0,
            granule: unified.granule.0,
            ofmap: (memory.ofmap.0 > 0).then_some(memory.ofmap.0),
        },
        None => Room::Apart { ifmap: memory.ifmap.0, filter: memory.filter.0, ofmap: memory.ofmap.0 },
    };
    whole.without(0, resident.0).unwrap_or(whole)
}

/// The first layer that fits no schedule with all it reads and makes in DRAM, and the bytes that its smallest tiles need.
#[must_use]
pub fn unschedulable(network: &Segments, machine: &Machine) -> Option<(String, u64)> {
    let resident = Bytes(super::step::resident_bytes(network, &machine.memory));
    let place = Place { machine, pace: pace(machine), room: room(machine, resident) };
    network.steps().find_map(|step| {
        let Work::Gemm { gemm, .. } = step.work else { return None };
        let home = Home { read: step.ifmap_bytes, stored: step.ofmap_bytes, ..Home::default() };
        let product = Product {
            gemm: &gemm,
            bands: bands_of(step, &gemm),
            homes: homes_of(step, &home, machine),
            choice: choice_of(step, machine),
            vector: 0,
        };
        place.least(&product).map(|need| (step.name.to_string(), need))
    })
}
