//! A workload: a network, the data it is replayed on, and how to preprocess them. One folder on disk.

mod assumed;
mod policy;
mod training;

pub use policy::{read_policy, write_policy};
pub use training::{HeadTraining, unfair};

use std::path::{Component, Path};

use serde::Serialize;

use crate::config::{Data, Faults, Fields, Is, Node};
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
    /// Exits that others decided for the evaluation set, used instead of scores.
    pub decisions: Option<String>,
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
    /// None were needed: others decided the exits; accuracies say nothing here.
    Decided,
    /// Nowhere: a network alone, in which every sample runs to the end; accuracies say nothing.
    None,
}

impl ScoresFrom {
    /// Whether answers are known to be right or wrong.
    #[must_use]
    pub fn tell_accuracy(self) -> bool {
        match self {
            Self::Replayed | Self::Recorded => true,
            Self::Assumed | Self::Decided | Self::None => false,
        }
    }
}

impl Manifest {
    /// That of a network alone: a model or a topology, without data and without a folder of its own.
    #[must_use]
    pub fn of_network(name: String, model: String) -> Self {
        Self {
            name,
            model,
            trace: None,
            calibration_trace: None,
            assumed: None,
            decisions: None,
            policy: "policy.toml".to_owned(),
            classes: Vec::new(),
            evaluation: None,
            calibration: None,
            preprocess: Preprocess::default(),
            requant: Requant::default(),
            heads: HeadNames::default(),
            training: None,
        }
    }

    /// Where the scores of the evaluation split are from.
    #[must_use]
    pub fn scores_from(&self) -> ScoresFrom {
        match (&self.trace, &self.assumed, &self.evaluation) {
            _ if self.decisions.is_some() => ScoresFrom::Decided,
            (Some(_), _, _) => ScoresFrom::Recorded,
            (None, Some(_), _) => ScoresFrom::Assumed,
            (None, None, Some(_)) => ScoresFrom::Replayed,
            (None, None, None) => ScoresFrom::None,
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
    let name = fields.about("Name for reports and folders").name("name");
    let name = fields.require("name", "\"my-network\"", name).unwrap_or_default();
    let model =
        inside(fields.about("ONNX model, in this folder; heads and classifier are graph outputs"), "model");
    let model = fields.require("model", "\"model.onnx\"", model).unwrap_or_default();
    let trace =
        inside(fields.about("Recorded scores of the evaluation split, used instead of a replay"), "trace");
    let calibration_trace =
        inside(fields.about("Recorded scores of the calibration split"), "calibration_trace");
    let assumed = assumed::assumed(&mut fields);
    if let (Some(_), Some(trace)) = (&assumed, &trace) {
        let title = format!("exits are assumed, and scores are recorded in `{trace}`");
        fields.blame(fields.given("trace"), title, "leave [assumed] or `trace` out".into());
    }
    let decisions = inside(
        fields.about(
            "Exits that others decided for each sample of the evaluation split, used instead of scores",
        ),
        "decisions",
    );
    if decisions.is_some() && (assumed.is_some() || trace.is_some()) {
        let title = "exits are decided, and assumed or recorded as well".to_owned();
        fields.blame(
            fields.given("decisions"),
            title,
            "keep one of `decisions`, `trace` and [assumed]".into(),
        );
    }
    let policy = inside(fields.about("Policy of a run that names none; policy.toml if left out"), "policy")
        .unwrap_or_else(|| "policy.toml".into());
    let classes = fields.about("Names of the classes").texts("classes").unwrap_or_default();
    let requant = fields.about("How sums become codes in a replay").choice("requant", Requant::default());
    let (evaluation, calibration) = fields.about("Images and labels").table("data", |fields| {
        let evaluation = inside(fields.about("Samples that results are reported on, .npz"), "evaluation");
        (evaluation, inside(fields.about("Samples that thresholds are found on, .npz"), "calibration"))
    });
    let preprocess = fields
        .about("From pixels to the network's real input: (x * scale - mean[channel]) / std[channel]")
        .table("preprocess", |fields| Preprocess {
            scale: single(fields.about("Factor of each pixel").real("scale", -1e9..=1e9, 1.0)),
            mean: fields
                .about("Taken from each channel, after the factor")
                .reals("mean", -1e9..=1e9)
                .unwrap_or_default()
                .into_iter()
                .map(single)
                .collect(),
            std: fields
                .about("Each channel is divided by it")
                .reals("std", -1e9..=1e9)
                .unwrap_or_default()
                .into_iter()
                .map(single)
                .collect(),
        });
    let (heads, training) = fields.about("Which outputs of the graph are heads, and what they were trained for").table("heads", |fields| {
        let outputs = fields.about("Graph outputs that are heads, from shallow to deep").texts("outputs").unwrap_or_default();
        let names = HeadNames { outputs, classifier: fields.about("Graph output that is the classifier").text("final") };
        (names, fields.about("What the heads' scores were trained to be: one sigmoid per class, for exclusion, or one softmax, for conventional exits").choice_if_any("training"))
    });
    fields.finish();
    faults.none(Manifest {
        name,
        model,
        trace,
        calibration_trace,
        assumed,
        decisions,
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
    let node = fields.node_of(key, || Is::Text)?;
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
