//! Prices of a whole machine from reference tables, one for each action and part, beside a technology for all else.

use super::figure::figure;
use super::read::{Load, beside, file, kept};
use super::{Technology, read_technology};
use crate::config::{self, Faults, Fields, Node};
use crate::count::{Action, Component, PerAction, PerComponent};
use crate::units::{Milliwatts, Picojoules, SquareMicrons};

/// What the tables say; they hold for one machine, whatever its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Energy of one action.
    pub actions: PerAction<Picojoules>,
    /// Leakage of all instances of a part; of DRAM its background.
    pub leakage: PerComponent<Milliwatts>,
    /// Area of all instances of a part.
    pub area: PerComponent<SquareMicrons>,
}

/// Reads a technology file that names a `base`: the base's technology, its prices replaced.
pub(super) fn read(node: &Node, load: Load<'_>) -> Result<Technology, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let name = fields.text("name");
    let name = fields.require("name", "\"my-tables\"", name).unwrap_or_default();
    let base = file(fields.about("Technology whose other figures hold"), "base", "45nm.toml");
    let actions = fields.table("energy", |fields| {
        PerAction::of(|action: Action| figure(fields, action.name()).unwrap_or_default())
    });
    let leakage = fields.table("leakage", parts);
    let area = fields.table("area", parts);
    fields.finish();
    let base = base.map(|file| {
        let (name, text) = load(&file)?;
        let tree = config::parse(&name, &text)?;
        if matches!(&tree.data, config::Data::Table(keys) if keys.contains_key("base")) {
            let help = "name a technology with figures of its own in `base`";
            return Err(tree.fault(format!("{name} has a base itself"), "this file", help).into());
        }
        read_technology(&tree, &|other| load(&beside(&file, other)))
    });
    match kept(base, &mut faults) {
        Some(base) if faults.0.is_empty() => {
            Ok(Technology { name, reference: Some(Reference { actions, leakage, area }), ..base })
        }
        _ => Err(faults),
    }
}

fn parts<Q: crate::units::Written + Default + Copy>(fields: &mut Fields<'_>) -> PerComponent<Q> {
    let mut found = PerComponent::default();
    for part in Component::OF_CHIP {
        found[part] = figure(fields, part.name()).unwrap_or_default();
    }
    found
}
