//! Which outputs are heads, how deep they lie, and in what order layers run.

use super::error::{Fault, OnnxError};
use super::graph::Walk;
use super::proto::GraphProto;
use crate::network::{Layer, Network, Op, ValueId};
use crate::shape::MapShape;

/// Names of the graph outputs that are exclusion heads, from shallow to deep, and of the final classifier.
///
/// Empty (the default): a single output is the classifier of a plain network; of several, the one named `logits`,
/// `output` or `final` is the classifier and the others are heads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadNames {
    /// Outputs of the heads; when empty, all outputs but the classifier.
    pub outputs: Vec<String>,
    /// Output of the final classifier; when absent, found by name.
    pub classifier: Option<String>,
}

/// Names that mark the classifier among several outputs.
const CLASSIFIER_NAMES: [&str; 3] = ["logits", "output", "final"];

/// Makes the network of a walk, or reports all faults.
pub(super) fn assemble(walk: &mut Walk, graph: &GraphProto, names: &HeadNames) -> Result<Network, OnnxError> {
    let outputs: Vec<&str> = graph.output.iter().map(|o| o.name()).collect();
    let mut faults = std::mem::take(&mut walk.faults);
    let scores: Vec<Option<ValueId>> = outputs
        .iter()
        .map(|name| walk.scores(name).unwrap_or_else(|fault| (faults.push(fault), None).1))
        .collect();
    if walk.lenient && names == &HeadNames::default() {
        let known: Option<Vec<ValueId>> = scores.iter().copied().collect();
        if let (Some(known), Some(input)) = (known.filter(|_| faults.is_empty()), walk.input)
            && (is_plain(walk, &known) || choose(&outputs, names).is_err())
            && !known.is_empty()
        {
            return Ok(plain(walk, graph.name(), input, &known));
        }
    }
    let chosen = choose(&outputs, names).map_err(|fault| faults.push(fault)).ok();
    let (Some((heads, classifier)), Some(input)) = (chosen, walk.input) else {
        if walk.input.is_none() && faults.is_empty() {
            faults.push(Fault::graph(
                "no QuantizeLinear reads the image",
                "quantize the model to QOperator form",
            ));
        }
        return Err(OnnxError::Faults(Fault::told(faults)));
    };
    let known: Option<Vec<ValueId>> = scores.iter().copied().collect();
    let Some(known) = known.filter(|_| faults.is_empty()) else {
        return Err(OnnxError::Faults(Fault::told(faults)));
    };
    let classifier = known[classifier];
    let heads: Vec<ValueId> = heads.into_iter().map(|i| known[i]).collect();
    if !walk.lenient {
        faults.extend(unconnected(walk, &known));
    }
    faults.extend(unequal(walk, &heads, classifier));
    if !faults.is_empty() {
        return Err(OnnxError::Faults(Fault::told(faults)));
    }
    let depths = depths(walk, &heads, classifier);
    if !names.outputs.is_empty() && !depths.is_sorted() {
        return Err(OnnxError::Faults(vec![out_of_order(&names.outputs, &depths)]));
    }
    let mut heads: Vec<(Depth, ValueId)> = depths.into_iter().zip(heads).collect();
    heads.sort_by_key(|&(depth, _)| depth);
    let heads = heads.into_iter().map(|(_, head)| head).collect();
    Ok(arrange(walk, graph.name(), input, heads, classifier))
}

/// The number of the classifier's own layers a head depends on; between equals, its own layers.
type Depth = (usize, usize);

fn depths(walk: &Walk, heads: &[ValueId], classifier: ValueId) -> Vec<Depth> {
    let trunk = ancestors(walk, classifier);
    let depth = |&head: &ValueId| {
        let own = ancestors(walk, head);
        let shared = own.iter().zip(&trunk).filter(|(a, b)| **a && **b).count();
        (shared, own.iter().filter(|a| **a).count())
    };
    heads.iter().map(depth).collect()
}

/// Heads listed in another order than a machine meets them: thresholds and recorded scores would be taken for those of
/// other heads.
fn out_of_order(listed: &[String], depths: &[Depth]) -> Fault {
    let mut sorted: Vec<(Depth, &str)> =
        depths.iter().copied().zip(listed.iter().map(String::as_str)).collect();
    sorted.sort_by_key(|&(depth, _)| depth);
    let sorted: Vec<String> = sorted.into_iter().map(|(_, name)| format!("\"{name}\"")).collect();
    Fault::graph(
        format!("heads are listed as {}, but lie in another order", listed.join(", ")),
        format!(
            "write outputs = [{}], from shallow to deep, and thresholds and recorded scores in that order",
            sorted.join(", ")
        ),
    )
}

/// Indices of the heads and of the classifier among the outputs.
fn choose(outputs: &[&str], names: &HeadNames) -> Result<(Vec<usize>, usize), Fault> {
    let find = |name: &str| {
        outputs.iter().position(|o| *o == name).ok_or_else(|| {
            Fault::graph(
                format!("the model has no output `{name}`"),
                match outputs {
                    [] => "it has no outputs: mark the scores as such".to_owned(),
                    _ => format!("its outputs are {}", outputs.join(", ")),
                },
            )
        })
    };
    let heads = names.outputs.iter().map(|n| find(n)).collect::<Result<Vec<usize>, Fault>>()?;
    if let Some(twice) = heads.iter().enumerate().find_map(|(i, h)| heads[..i].contains(h).then_some(*h)) {
        return Err(Fault::graph(format!("head `{}` is named twice", outputs[twice]), "name it once"));
    }
    let rest: Vec<usize> = (0..outputs.len()).filter(|i| !heads.contains(i)).collect();
    let classifier = match (&names.classifier, rest.as_slice()) {
        (Some(name), _) => find(name)?,
        (None, &[only]) => only,
        (None, _) => {
            let named: Vec<usize> =
                rest.iter().copied().filter(|&i| CLASSIFIER_NAMES.contains(&outputs[i])).collect();
            let &[one] = named.as_slice() else {
                return Err(Fault::graph(
                    format!(
                        "which of the outputs {} is the final classifier is not clear",
                        outputs.join(", ")
                    ),
                    "name it under [heads] as `final`, or call exactly one logits, output or final",
                ));
            };
            one
        }
    };
    if heads.contains(&classifier) {
        let cause = format!("output `{}` is named both as a head and as the classifier", outputs[classifier]);
        return Err(Fault::graph(cause, "a head is not the final classifier"));
    }
    let heads =
        if heads.is_empty() { rest.into_iter().filter(|&i| i != classifier).collect() } else { heads };
    Ok((heads, classifier))
}

/// For every layer, whether `value` depends on it.
fn ancestors(walk: &Walk, value: ValueId) -> Vec<bool> {
    let mut wanted = vec![false; walk.values.len()];
    wanted[value.0] = true;
    let mut found = vec![false; walk.layers.len()];
    for (needed, layer) in found.iter_mut().zip(&walk.layers).rev() {
        *needed = wanted[layer.output.0];
        if *needed {
            layer.inputs.iter().for_each(|input| wanted[input.0] = true);
        }
    }
    found
}

/// Whether outputs are of several sizes, so that none can be a head of another.
fn is_plain(walk: &Walk, outputs: &[ValueId]) -> bool {
    let size = |id: &ValueId| walk.values[id.0].shape.elements();
    outputs.iter().any(|output| size(output) != size(&outputs[0]))
}

/// A network without heads whose result is all outputs, side by side.
fn plain(walk: &mut Walk, name: &str, input: ValueId, outputs: &[ValueId]) -> Network {
    walk.notes.push(format!(
        "its {} outputs are all results of a network without heads; a workload names heads under [heads]",
        outputs.len()
    ));
    let all = outputs.iter().map(|id| walk.values[id.0].shape.elements()).sum();
    let result =
        walk.layer("outputs".into(), "outputs", Op::Rearrange, outputs.to_vec(), MapShape::vector(all));
    arrange(walk, name, input, Vec::new(), result)
}

/// Layers that no output depends on.
fn unconnected(walk: &Walk, outputs: &[ValueId]) -> Vec<Fault> {
    let mut used = vec![false; walk.layers.len()];
    for &output in outputs {
        used.iter_mut().zip(ancestors(walk, output)).for_each(|(u, a)| *u |= a);
    }
    let dead = walk.layers.iter().zip(used).filter(|(_, used)| !used);
    dead.map(|(layer, _)| {
        Fault::graph(format!("no output depends on node `{}`", layer.name), "remove it, or make it an output")
    })
    .collect()
}

/// Heads that score another number of classes than the classifier, and outputs of equal scores.
fn unequal(walk: &Walk, heads: &[ValueId], classifier: ValueId) -> Vec<Fault> {
    let classes = walk.values[classifier.0].shape.elements();
    let mut faults = Vec::new();
    for (i, &head) in heads.iter().enumerate() {
        let value = &walk.values[head.0];
        if value.shape.elements() != classes {
            let cause = format!("head `{}` has {} scores", value.name, value.shape.elements());
            faults.push(Fault::graph(cause, format!("the classifier has {classes}")));
        }
        if head == classifier || heads[..i].contains(&head) {
            faults.push(Fault::graph(format!("two outputs are `{}`", value.name), "keep one of them"));
        }
    }
    faults
}

/// Sorts layers by when they run, and drops what nothing chosen needs.
fn arrange(walk: &mut Walk, name: &str, input: ValueId, heads: Vec<ValueId>, classifier: ValueId) -> Network {
    let mut order: Vec<usize> = Vec::new();
    let mut placed = vec![false; walk.layers.len()];
    for &output in heads.iter().chain([&classifier]) {
        for (i, needed) in ancestors(walk, output).into_iter().enumerate() {
            if needed && !placed[i] {
                placed[i] = true;
                order.push(i);
            }
        }
    }
    renumber(walk, name, input, &order, &heads, classifier)
}

/// Numbers values in the order in which the kept layers make them.
fn renumber(
    walk: &mut Walk,
    name: &str,
    input: ValueId,
    order: &[usize],
    heads: &[ValueId],
    classifier: ValueId,
) -> Network {
    let mut layers: Vec<Option<Layer>> = std::mem::take(&mut walk.layers).into_iter().map(Some).collect();
    let mut layers: Vec<Layer> = order.iter().filter_map(|&i| layers[i].take()).collect();
    let mut new = vec![ValueId(0); walk.values.len()];
    for (i, layer) in layers.iter().enumerate() {
        new[layer.output.0] = ValueId(i + 1);
    }
    let kept = std::iter::once(input).chain(layers.iter().map(|l| l.output));
    let values = kept.map(|id| walk.values[id.0].clone()).collect();
    for layer in &mut layers {
        layer.output = new[layer.output.0];
        layer.inputs.iter_mut().for_each(|id| *id = new[id.0]);
    }
    Network {
        name: name.to_owned(),
        values,
        input: ValueId(0),
        layers,
        heads: heads.iter().map(|id| new[id.0]).collect(),
        classifier: new[classifier.0],
    }
}
