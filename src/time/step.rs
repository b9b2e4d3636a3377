//! One segment's steps in time: array, memory and vector unit together.

mod asked;

use super::actions::{Ran, count_product, count_traffic};
use super::engine::time_on_engine;
use super::homes::{Home, Plan, homes_of, room, works_along};
use super::lanes::OnLanes;
use super::lay::{Laid, Place, Product, Schedule, lay};
use super::memory::{Traffic, pace};
use super::outflow::Outflow;
use super::prefetch::{Early, FirstLoad, Spare};
use super::product::{Absent, bands_of, choice_of, vector_cycles, weights_stream};
use super::schedule::Room;
use super::steps::Steps;
use super::walk::Pace;
use crate::count::{Action, Cause, Tally};
use crate::machine::{Machine, Memory, Placement, Prefetch, Residency, Scheduling, Weights};
use crate::map::Dataflow;
use crate::network::segment::{Operation, Part, Segments, Step, Waiting, Work};
use crate::shape::Gemm;
use crate::units::Bytes;

/// A step's time, actions and traffic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepTiming {
    /// Cycles by cause and actions by kind.
    pub tally: Tally,
    /// Bytes moved.
    pub traffic: Traffic,
    /// The GEMM as it ran; `None` for a step of the vector unit.
    pub gemm: Option<Gemm>,
    /// The dataflow it ran in; `None` off the array.
    pub dataflow: Option<Dataflow>,
    /// Folds on the array.
    pub folds: u64,
    /// Used PEs averaged over folds, 0 to 1; `None` for a step of the vector unit.
    pub mapping_efficiency: Option<f64>,
    /// How it was cut and ordered; `None` off the array.
    pub schedule: Option<Schedule>,
    /// Bytes from and to DRAM if each were moved once.
    pub compulsory: u64,
    /// What it fetches before its first fold, and what of that was fetched ahead.
    pub first_load: FirstLoad,
    /// Fetched ahead, while the product before was at its last tile.
    pub ahead: Early,
}

impl StepTiming {
    /// Cycles that the DRAM bus needs for the step's bytes.
    #[must_use]
    pub fn bus_cycles(&self, machine: &Machine) -> u64 {
        pace(machine).transfer(self.traffic.dram_reads() + self.traffic.dram_writes())
    }
}

/// Where tiles live: memory less the weights that stay in it and, in the fixed order, half of the ifmap scratchpad where
/// maps stay on chip. Otherwise what maps take is found step by step ([`super::homes`]).
#[must_use]
pub(super) fn free_room(network: &Segments, machine: &Machine) -> Room {
    let free = room(machine, Bytes(resident_bytes(network, &machine.memory)));
    match free {
        Room::Apart { ifmap, filter, ofmap }
            if machine.memory.schedule == Scheduling::Fixed && machine.memory.residency == Residency::Fit =>
        {
            Room::Apart { ifmap: ifmap / 2, filter, ofmap }
        }
        Room::Apart { .. } | Room::Shared { .. } => free,
    }
}

/// Bytes of weights that stay in the filter scratchpad.
#[must_use]
pub fn resident_bytes(network: &Segments, memory: &Memory) -> u64 {
    let stays = |step: &&Step| match step.part {
        Part::Head(_) => memory.head_weights == Weights::Resident,
        Part::Body | Part::Tail => memory.weights == Weights::Resident,
    };
    network.steps().filter(stays).map(Step::weight_bytes).sum()
}

/// A step on its own, all classes alive.
#[must_use]
pub fn time_step(step: &Step, machine: &Machine) -> StepTiming {
    let steps = Steps::one(step);
    let mut timing = StepTiming::default();
    Flow::new(machine, room(machine, Bytes(0)), None).step(steps, 0, None, &mut timing);
    timing
}

/// What follows a GEMM in the stream of its results.
#[derive(Clone, Copy, Default)]
struct Stream<'a> {
    /// The last step in it, whose map is stored.
    last: Option<&'a Step>,
    /// Bytes of maps from DRAM that are added to it, where no plan says so.
    added_from_dram: u64,
}

/// What the steps of a segment pass on. Only what is spare for fetching ahead goes on into the next segment.
#[derive(Clone, Copy)]
pub(super) struct Flow<'a> {
    machine: &'a Machine,
    /// Where tiles live.
    room: Room,
    /// Where the backbone's maps are; `None` where each is decided by its size.
    plan: Option<&'a Plan>,
    /// The bus; what the array computes is each GEMM's own.
    pace: Pace,
    /// How the sums of the last GEMM on the array leave it.
    outflow: Option<Outflow>,
    /// Vector cycles on them so far, and how many of those were exposed.
    worked: u64,
    exposed: u64,
    /// What the last product on the array left spare; `None` where nothing is fetched ahead.
    spare: Option<Spare>,
}

impl<'a> Flow<'a> {
    /// Before a segment's first step.
    pub(super) fn new(machine: &'a Machine, room: Room, plan: Option<&'a Plan>) -> Self {
        Self { machine, room, plan, pace: pace(machine), outflow: None, worked: 0, exposed: 0, spare: None }
    }

    /// After a segment whose last product left this spare.
    pub(super) fn behind(self, spare: Option<Spare>) -> Self {
        Self { spare, ..self }
    }

    /// What the last product on the array left spare.
    pub(super) fn spare(&self) -> Option<Spare> {
        self.spare
    }

    /// Without a plan, a map stays on chip when half of the memory for maps holds it.
    fn stays(&self, bytes: u64) -> bool {
        self.machine.memory.residency == Residency::Fit && bytes <= self.machine.memory.for_maps() / 2
    }

    /// A map that waits stays on chip when, besides, it fits the ifmap scratchpad with all it meets meanwhile.
    fn waits_on_chip(&self, map: &Waiting) -> bool {
        self.stays(map.bytes) && map.bytes + map.beside <= self.machine.memory.for_maps()
    }

    /// Bytes of the maps that waited for a step in DRAM.
    fn waited_in_dram(&self, step: &Step) -> u64 {
        step.waited.iter().filter(|map| !self.waits_on_chip(map)).map(|map| map.bytes).sum()
    }

    /// A map goes to DRAM when it does not stay on chip, or not as long as it is needed.
    fn leaves(&self, bytes: u64, waits: Option<Waiting>) -> bool {
        !self.stays(bytes) || waits.is_some_and(|map| !self.waits_on_chip(&map))
    }

    /// Fused, poolings and residual additions work in the stream: only the map behind the last of them is stored.
    fn stream<'s>(&self, after: &'s [Step]) -> Stream<'s> {
        let steps = after.iter().take_while(|next| self.machine.vector.fused && next.streamed);
        steps.fold(Stream::default(), |stream, step| Stream {
            last: Some(step),
            added_from_dram: stream.added_from_dram + self.waited_in_dram(step),
        })
    }

    /// The `i`-th of a segment's steps, after those before it, into a timing that is empty as yet: written where it will
    /// stay, for moving results about took as long as any part of making them.
    ///
    /// `alive` classes matter to class-wise GEMMs when the unit compacts or masks, and to nothing else.
    pub(super) fn step(&mut self, steps: Steps<'_>, i: usize, alive: Option<u64>, timing: &mut StepTiming) {
        let (machine, all, steps) = (self.machine, steps, steps.at(i));
        let (step, after) = (&steps[0], &steps[1..]);
        match step.work {
            Work::Gemm { gemm, class_wise } => {
                let alive = alive.filter(|_| class_wise);
                let absent = Absent::of(&gemm, alive, machine);
                let gemm = Gemm { n: gemm.n - absent.columns, ..gemm };
                let head = matches!(step.part, Part::Head(_));
                if absent.columns > 0 && !all.multiplies_before(i) {
                    // Which columns are needed is known only when the head before has decided.
                    self.spare = None;
                }
                match machine.exclusion.placement {
                    Placement::Dedicated if head => {
                        *timing = time_on_engine(&gemm, machine);
                        let idle = timing.tally.cycles.total().saturating_sub(timing.bus_cycles(machine));
                        self.spare = self.spare.map(|spare| spare.longer(idle));
                    }
                    Placement::Vector if head => {
                        *timing = self.on_lanes(step, &gemm, self.planned(all, i));
                    }
                    Placement::Array | Placement::Dedicated | Placement::Vector => {
                        self.gemm(step, &gemm, after, self.planned(all, i), timing);
                    }
                }
                timing.tally.actions[Action::Gather] = absent.gathered;
                timing.tally.actions.move_macs(Action::MaskedMac, absent.masked);
            }
            Work::Vector { elements, operation } => {
                self.vector(step, elements, operation, self.planned(all, i), timing);
            }
        }
    }

    /// What the plan says of a step, and bytes of maps on chip meanwhile: of the backbone's steps both, of a head's the maps
    /// behind the segment it belongs to.
    fn planned(&self, steps: Steps<'_>, i: usize) -> (Option<Home>, u64) {
        let Some(plan) = self.plan else { return (None, 0) };
        if i < steps.backbone() {
            let home = plan.homes.get(steps.first() + i).copied();
            return (home, home.map_or(0, |home| home.beside));
        }
        let last = (steps.first() + steps.backbone()).checked_sub(1);
        (None, last.and_then(|last| plan.behind.get(last).copied()).unwrap_or(0))
    }

    /// The home of a product's maps by their sizes.
    fn sized(&self, step: &Step, gemm: &Gemm, stream: Stream<'_>) -> Home {
        let stored = stream.last.map_or(step.ofmap_bytes.min(gemm.outputs()), |last| last.ofmap_bytes);
        let waits = stream.last.unwrap_or(step).waits;
        Home {
            read: if step.reads_image || !self.stays(step.ifmap_bytes) {
                step.ifmap_bytes
            } else {
                self.waited_in_dram(step)
            },
            added: stream.added_from_dram,
            stored: if self.leaves(stored, waits) { stored } else { 0 },
            kept: if self.stays(stored) { stored } else { 0 },
            beside: 0,
        }
    }

    /// What is to be laid on the array, and where its maps are.
    fn product<'g>(
        &self,
        step: &Step,
        gemm: &'g Gemm,
        after: &[Step],
        planned: Option<Home>,
    ) -> (Product<'g>, Home) {
        let machine = self.machine;
        let home = planned.unwrap_or_else(|| self.sized(step, gemm, self.stream(after)));
        let streamed: Vec<&Step> =
            after.iter().take_while(|next| works_along(next, machine.vector.fused)).collect();
        let product = Product {
            gemm,
            bands: bands_of(step, gemm),
            homes: homes_of(step, &home, machine),
            choice: choice_of(step, machine),
            vector: vector_cycles(&streamed, gemm, machine),
        };
        (product, home)
    }

    /// Lays a product on the array in what room is free beside the maps on chip.
    fn lay(&self, product: &Product<'_>, beside: u64) -> Laid {
        let (machine, pace) = (self.machine, self.pace);
        let place = |room| Place { machine, pace, room };
        let free = self.room.without(beside, 0).unwrap_or(self.room);
        // What fits nowhere is refused before it is timed (`unschedulable`); the last resort only keeps this total.
        lay(&place(free), product)
            .or_else(|| lay(&place(self.room), product))
            .unwrap_or_else(|| Laid::nowhere(&place(self.room), product))
    }

    /// A GEMM whose result is stored as the last map of the stream.
    fn gemm(
        &mut self,
        step: &Step,
        gemm: &Gemm,
        after: &[Step],
        (planned, beside): (Option<Home>, u64),
        timing: &mut StepTiming,
    ) {
        let machine = self.machine;
        let (product, home) = self.product(step, gemm, after, planned);
        let laid = self.lay(&product, beside);
        timing.traffic = laid.traffic;
        timing.gemm = Some(*gemm);
        timing.dataflow = Some(laid.dataflow);
        timing.folds = laid.plan.folds();
        timing.mapping_efficiency = Some(laid.plan.mapping_efficiency());
        let tally = &mut timing.tally;
        tally.cycles = laid.cycles;
        timing.first_load = laid.first;
        timing.ahead = self.fetch_ahead(step, &laid);
        tally.cycles[Cause::Stall] = laid.stall - timing.ahead.hidden;
        tally.cycles[Cause::Setup] = machine.control.layer_setup;
        (self.outflow, self.worked, self.exposed) = (Some(laid.outflow), 0, 0);
        tally.cycles[Cause::Vector] = self.vector_cycles(gemm.outputs());
        count_product(&mut tally.actions, gemm, &Ran::of(&laid), &machine.array);
        tally.actions[Action::IfmapWrite] += home.kept;
        timing.schedule = Some(laid.schedule);
        let weights = if product.homes.filter_from_dram { gemm.weights() } else { 0 };
        timing.compulsory = home.read + home.added + home.stored + weights;
    }

    /// A head's product on the lanes of the vector unit.
    fn on_lanes(&mut self, step: &Step, gemm: &Gemm, (planned, beside): (Option<Home>, u64)) -> StepTiming {
        let free = self.room.without(beside, 0).unwrap_or(self.room);
        // Where nothing was counted as spare for it, what is spare beside it is.
        let prefetches = self.machine.memory.prefetch != Prefetch::None;
        let product = OnLanes {
            gemm,
            home: planned.unwrap_or_else(|| self.sized(step, gemm, Stream::default())),
            streams: weights_stream(step, self.machine),
            room: free,
            pace: &self.pace,
            spare: prefetches.then(|| self.spare.unwrap_or_else(|| Spare::new(0, free.beside([0; 3], 0)))),
        };
        let (timing, spare) = product.timed(self.machine);
        self.spare = spare;
        // What follows has no array operation to hide behind.
        (self.outflow, self.worked, self.exposed) = (None, 0, 0);
        timing
    }

    /// What of a product's first load came while the product before was at its last tile; then what this one leaves spare.
    fn fetch_ahead(&mut self, step: &Step, laid: &Laid) -> Early {
        if self.machine.memory.prefetch == Prefetch::None {
            return Early::default();
        }
        let Some(before) = self.spare else {
            self.spare = Some(laid.spare);
            return Early::default();
        };
        let ahead = before.fetch(&laid.first, &self.pace);
        // While a short head runs, what the backbone's last tile left serves the backbone's next layer, too.
        let left = match step.part {
            Part::Head(_) => before.without(ahead.bytes, &self.pace).longer(self.machine.control.layer_setup),
            Part::Body | Part::Tail => {
                self.spare = Some(laid.spare);
                return ahead;
            }
        };
        self.spare = Some(laid.spare.or(left));
        ahead
    }

    /// Exposed cycles of vector work: fused, it goes along with the sums of the array operation that feeds it.
    fn vector_cycles(&mut self, elements: u64) -> u64 {
        let cycles = elements.div_ceil(self.machine.vector.lanes);
        let Some(outflow) = self.outflow.filter(|_| self.machine.vector.fused) else { return cycles };
        self.worked += cycles;
        let before = std::mem::replace(&mut self.exposed, outflow.exposed(self.worked));
        self.exposed - before
    }

    /// Work of the vector unit.
    fn vector(
        &mut self,
        step: &Step,
        elements: u64,
        operation: Operation,
        (planned, _): (Option<Home>, u64),
        timing: &mut StepTiming,
    ) {
        let fused = self.machine.vector.fused;
        let StepTiming { tally, traffic, .. } = timing;
        // In the stream the operation that feeds it stores the result, and brings what comes from DRAM.
        let in_stream = fused && step.streamed;
        let stored = if in_stream { 0 } else { step.ofmap_bytes };
        tally.cycles[Cause::Vector] = if in_stream || step.waited.is_empty() {
            self.vector_cycles(elements)
        } else {
            elements.div_ceil(self.machine.vector.lanes)
        };
        tally.actions[match operation {
            Operation::Combine => Action::VectorAdd,
            Operation::Rescale => Action::Requantize,
        }] = elements;
        let waited: u64 = step.waited.iter().map(|map| map.bytes).sum();
        let direct = step.ifmap_bytes - waited;
        traffic.ifmap_sram = waited;
        if !fused {
            // The map was stored, and is read again.
            traffic.ifmap_sram += direct;
        }
        let home = planned.unwrap_or_else(|| {
            let again = if fused || self.stays(direct) { 0 } else { direct };
            Home {
                read: again + if in_stream { 0 } else { self.waited_in_dram(step) },
                stored: if !in_stream && self.leaves(stored, step.waits) { stored } else { 0 },
                kept: if self.stays(step.ofmap_bytes) { stored } else { 0 },
                ..Home::default()
            }
        });
        if let Some(free) = self.room.without(home.beside, 0) {
            self.spare = self.spare.map(|spare| free.lets(spare));
        }
        (traffic.dram_ifmap, traffic.dram_ofmap) = (home.read, home.stored);
        let bytes = traffic.dram_ifmap + traffic.dram_ofmap;
        let worked = match self.machine.memory.schedule {
            // Along a product's results it has worked before its own bytes move.
            Scheduling::Best | Scheduling::Energy if works_along(step, fused) => 0,
            Scheduling::Best | Scheduling::Energy | Scheduling::Fixed => tally.cycles[Cause::Vector],
        };
        let moving = self.pace.transfer(bytes);
        tally.cycles[Cause::Stall] = moving.saturating_sub(worked);
        if matches!(step.part, Part::Head(_)) {
            let idle = tally.cycles.total().saturating_sub(moving);
            self.spare = self.spare.map(|spare| spare.longer(idle));
        }
        count_traffic(&mut tally.actions, traffic);
        tally.actions[Action::IfmapWrite] += home.kept;
    }
}
