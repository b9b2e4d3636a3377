//! Every layer's cycles by cause and energy by component: the rows of `layers.csv`, told apart further.

use super::layers::{Reached, crossed, decision_name};
use super::text;
use crate::cost::{Component, PerComponent, Prices};
use crate::count::{Cause, Tally};
use crate::network::segment::Part;
use crate::time::PathTable;
use crate::units::Picojoules;

/// The part of what no inference that runs to the end takes: weights fetched ahead for a sample that left.
pub(super) const WASTED: &str = "wasted";

/// `layer,part,head`, then `CAUSE_cycles` for every cause and `COMPONENT_pj` for every component. The cycles of a row add up
/// to its `cycles` in `layers.csv`, its energies to its `energy_pj`. `part` is `body`, `tail`, `head` or,
/// for what was fetched ahead in vain, `wasted`; `head` counts from 1 and is empty elsewhere.
#[must_use]
pub fn breakdown_csv(table: &PathTable, prices: &Prices, reached: Option<Reached<'_>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = ["layer", "part", "head"].map(str::to_owned).to_vec();
    header.extend(Cause::ALL.iter().map(|cause| format!("{}_cycles", cause.name())));
    header.extend(prices.components().map(|component| format!("{}_pj", component.name())));
    let of = |energy: &PerComponent<Picojoules>| {
        let energy = *energy;
        prices.components().map(move |component| energy[component])
    };
    // Writing into memory cannot fail.
    let _ = writer.write_record(&header);
    for (s, segment) in table.segments.iter().enumerate() {
        for (step, timing) in table.steps_of(s) {
            let spared = reached.map_or(0.0, |samples| samples.spared(s, step, timing, prices));
            let mut energy = energy(prices, &timing.tally);
            let array = &mut energy[Component::Array];
            *array = *array - Picojoules(spared);
            let _ = writer.write_record(cells(&step.name, part(step.part), &timing.tally, of(&energy)));
        }
        if segment.unit.cycles.total() > 0 {
            let energy = energy(prices, &segment.unit);
            let _ = writer.write_record(cells(
                &decision_name(s),
                part(Part::Head(s)),
                &segment.unit,
                of(&energy),
            ));
        }
        let parts = ["head", WASTED].map(|part| (part, Some(s)));
        for ((name, tally), part) in crossed(segment, s, reached.is_some()).into_iter().zip(parts) {
            let energy = energy(prices, &tally);
            let _ = writer.write_record(cells(&name, part, &tally, of(&energy)));
        }
    }
    text(writer)
}

fn energy(prices: &Prices, tally: &Tally) -> PerComponent<Picojoules> {
    let energy = prices.energy(tally);
    PerComponent::of(|component| energy.dynamic[component] + energy.idle[component])
}

/// A part's name, and its head from 0.
fn part(part: Part) -> (&'static str, Option<usize>) {
    match part {
        Part::Body => ("body", None),
        Part::Tail => ("tail", None),
        Part::Head(head) => ("head", Some(head)),
    }
}

fn cells(
    layer: &str,
    (part, head): (&str, Option<usize>),
    tally: &Tally,
    energy: impl Iterator<Item = Picojoules>,
) -> Vec<String> {
    let head = head.map_or_else(String::new, |head| (head + 1).to_string());
    let mut cells = vec![layer.to_owned(), part.to_owned(), head];
    cells.extend(tally.cycles.iter().map(|(_, cycles)| cycles.to_string()));
    cells.extend(energy.map(|energy| energy.0.to_string()));
    cells
}
