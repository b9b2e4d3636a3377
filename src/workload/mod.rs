//! A workload: a network, the data it is replayed on, and how to preprocess them. One folder on disk.

mod assumed;
mod policy;
mod training;

pub use policy::{read_policy, write_policy};
pub use training::{HeadTraining, unfair};

use std::path::{Component, Path};

use serde::Serialize;

use crate::config::{Data, Faults, Fields, Node};
use crate::network::onnx::HeadNames;
use crate::replay::{Assumption, Preprocess, Requant};

/// What a `workload.toml` says; paths are relative to its folder.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Name for reports and folders.
    pub name: String,
    /// The ONNX model.
    pub model: String,
    /// Recorded scores of the evaluation set, used instead of a replay.
    pub trace: Option<String>,
    /// Recorded scores of the calibration set, used instead of a replay.
    pub calibration_trace: Option<String>,
    /// Exits assumed of the evaluation set, used instead of scores.
    pub assumed: Option<Assumption>,
    /// The policy of a run that names none.
    pub policy: String,
    /// Names of the classes; numbers when empty.
    pub classes: Vec<String>,
    /// Images and labels to evaluate on.
    pub evaluation: Option<String>,
    /// Images and labels to find thresholds on.
    pub calibration: Option<String>,
    /// From pixels to the network's real input.
    pub preprocess: Preprocess,
    /// How sums become codes in a replay.
    pub requant: Requant,
    /// Which outputs are heads, and which is the classifier.
    pub heads: HeadNames,
    /// What the heads' scores were trained to be; `None` when the workload does not say.
    pub training: Option<HeadTraining>,
}

/// Where the scores of a workload's evaluation split are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoresFrom {
    /// A replay of images.
    Replayed,
    /// A trace.
    Recorded,
    /// An assumption about exits: accuracies say nothing.
    Assumed,
}

impl Manifest {
    /// Where the scores of the evaluation split are from.
    #[must_use]
    pub fn scores_from(&self) -> ScoresFrom {
        match (&self.trace, &self.assumed) {
            (Some(_), _) => ScoresFrom::Recorded,
            (None, Some(_)) => ScoresFrom::Assumed,
            (None, None) => ScoresFrom::Replayed,
        }
    }
}

/// Reads and checks a `workload.toml`.
///
/// # Errors
/// Every fault at once; among them a path that leaves the folder.
pub fn read(node: &Node) -> Result<Manifest, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let name = fields.name("name");
    let name = fields.require("name", "\"my-network\"", name).unwrap_or_default();
    let model = inside(&mut fields, "model");
    let model = fields.require("model", "\"model.onnx\"", model).unwrap_or_default();
    let trace = inside(&mut fields, "trace");
    let calibration_trace = inside(&mut fields, "calibration_trace");
    let assumed = assumed::assumed(&mut fields);
    if let (Some(_), Some(trace)) = (&assumed, &trace) {
        let title = format!("exits are assumed, and scores are recorded in `{trace}`");
        fields.blame(fields.given("trace"), title, "leave [assumed] or `trace` out".into());
    }
    let policy = inside(&mut fields, "policy").unwrap_or_else(|| "policy.toml".into());
    let classes = fields.texts("classes").unwrap_or_default();
    let requant = fields.choice("requant", Requant::default());
    let (evaluation, calibration) =
        fields.table("data", |fields| (inside(fields, "evaluation"), inside(fields, "calibration")));
    let preprocess = fields.table("preprocess", |fields| Preprocess {
        scale: single(fields.real("scale", -1e9..=1e9, 1.0)),
        mean: fields.reals("mean", -1e9..=1e9).unwrap_or_default().into_iter().map(single).collect(),
        std: fields.reals("std", -1e9..=1e9).unwrap_or_default().into_iter().map(single).collect(),
    });
    let (heads, training) = fields.table("heads", |fields| {
        let outputs = fields.texts("outputs").unwrap_or_default();
        let names = HeadNames { outputs, classifier: fields.text("final") };
        (names, fields.choice_if_any("training"))
    });
    fields.finish();
    faults.none(Manifest {
        name,
        model,
        trace,
        calibration_trace,
        assumed,
        policy,
        classes,
        evaluation,
        calibration,
        preprocess,
        requant,
        heads,
        training,
    })
}

/// A path that stays in the workload's folder.
fn inside(fields: &mut Fields<'_>, key: &'static str) -> Option<String> {
    let node = fields.node(key)?;
    let Data::Text(path) = &node.data else {
        let title = format!("`{key}` is {}, not a path", node.data.kind());
        fields.blame(Some(node), title, format!("write {key} = \"file\""));
        return None;
    };
    if !path.is_empty()
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    {
        return Some(path.clone());
    }
    let title = format!("`{key}` is `{path}`, which is not inside the workload's folder");
    fields.blame(Some(node), title, "write a path below the folder, without `..`".into());
    None
}

/// To f32, which the preprocessing is defined in.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the nearest f32 of a decimal is what a framework would take"
)]
fn single(value: f64) -> f32 {
    value as f32
}
