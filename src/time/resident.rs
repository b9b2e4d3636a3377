//! Whether weights of heads that may stay on chip do.
//!
//! `memory.head_weights = "resident"` takes room from the tiles of a backbone whose weights stream. Where that costs more than it
//! saves with every head running, a compiler streams the heads' weights as well. Which heads run makes no difference: the backbone
//! is the same with and without them.

use super::path::{Deciders, timed};
use crate::machine::{DecisionOverlap, Machine, Memory, Placement, Scheduling, Weights};
use crate::network::segment::Segments;

/// The machine with its heads' weights where they are best.
pub(super) fn kept(network: &Segments, machine: &Machine) -> Machine {
    let memory = &machine.memory;
    let asked = memory.head_weights == Weights::Resident && memory.weights == Weights::Stream;
    let exclusion = &machine.exclusion;
    // An engine whose weights stream would share the bus with a layer that is begun early.
    let bound =
        exclusion.placement == Placement::Dedicated && exclusion.overlap == DecisionOverlap::Speculative;
    if !asked || bound || memory.schedule == Scheduling::Fixed || network.heads() == 0 {
        return *machine;
    }
    let streamed = Machine { memory: Memory { head_weights: Weights::Stream, ..*memory }, ..*machine };
    let cost = |machine: &Machine| {
        let on = vec![true; network.heads()];
        let table = timed(network, machine, Deciders::from(&on), false);
        let all: crate::count::Tally = table.segments.iter().map(|segment| segment.full().total()).sum();
        let cycles = all.cycles.total();
        machine.schedule_prices.map_or(cycles, |prices| prices.femtojoules(&all.actions, cycles))
    };
    if cost(&streamed) < cost(machine) { streamed } else { *machine }
}
