//! Codes of one sample: `exclusim replay --dump` and `exclusim explain-code`.

use super::Failure;
use super::args::{ExplainCode, Replay};
use super::print::print;
use super::progress::terminal;
use super::results::Results;
use crate::config::{Fault, Faults};
use crate::load::{self, Split, Workload};
use crate::network::Network;
use crate::replay::{Requant, explain};
use crate::report::prose;

/// Writes the codes after some nodes.
pub(super) fn dump(
    args: &Replay,
    workload: &Workload,
    split: Split,
    requant: Requant,
) -> Result<(), Failure> {
    let network = workload.network()?;
    let mut chosen = Vec::new();
    for node in &args.dump {
        if node == "all" {
            chosen.extend(0..network.values.len());
        } else {
            chosen.push(value(network, node)?);
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    let codes = workload.codes(split, args.sample, requant)?;
    let archive =
        codes.to_npz(network, &chosen).map_err(|error| Fault::new(error.to_string(), error.remedy()))?;
    let mut results = Results::default();
    results.add(&args.out, archive);
    results.write()?;
    print(&format!(
        "{}: {} tensors of sample {} of {} ({})\n",
        args.out.display(),
        chosen.len(),
        args.sample,
        workload.manifest.name,
        split.name()
    ))
}

/// The tensor of a name, or the one that a node of this name makes.
fn value(network: &Network, name: &str) -> Result<usize, Faults> {
    let tensor = network.values.iter().position(|value| value.name == name);
    tensor.map_or_else(|| layer(network, name).map(|layer| network.layers[layer].output.0), Ok)
}

/// The layer of a name, or the one that makes a tensor of this name.
fn layer(network: &Network, name: &str) -> Result<usize, Faults> {
    let named =
        |layer: &crate::network::Layer| layer.name == name || network.value(layer.output).name == name;
    network.layers.iter().position(named).ok_or_else(|| {
        let known: Vec<&str> = network.layers.iter().map(|layer| layer.name.as_str()).collect();
        let title = format!("the network has no node `{name}`");
        Fault::new(
            title,
            format!("what was fused goes by the name of its product; there are {}", known.join(", ")),
        )
        .into()
    })
}

pub(super) fn explain_code(args: &ExplainCode) -> Result<(), Failure> {
    let workload = load::workload(&args.workload, terminal())?;
    let requant = args.requant.map_or(workload.manifest.requant, Requant::from);
    let network = workload.network()?;
    let layer = layer(network, &args.node)?;
    let codes = workload.codes(Split::from(args.split), args.sample, requant)?;
    let lines = explain(network, &codes, layer, args.index).ok_or_else(|| {
        let made = network.value(network.layers[layer].output);
        let title = format!("`{}` has no code {}", made.name, args.index);
        Faults::from(Fault::new(title, format!("give 0 to {}", made.shape.elements() - 1)))
    })?;
    print(&prose(&lines.join("\n")))
}
