//! What can be wrong with a model file.

use std::fmt;

/// Why a model could not be imported.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OnnxError {
    /// The bytes are no ONNX model: cut off, or another format.
    #[error(
        "not a readable ONNX model: {cause}. Give the file as a tool saved it, not compressed or cut off"
    )]
    Unreadable {
        /// What stopped the reader.
        cause: String,
    },
    /// A model, but not one that can be replayed exactly. Never empty; every fault found, in graph order.
    #[error("{}", listed(.0))]
    Faults(Vec<Fault>),
}

/// One thing in a model that is not supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// In one node.
    Node {
        /// The node's name; its first output when it has none.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong with it.
        cause: String,
        /// What is supported.
        remedy: String,
    },
    /// In the graph as a whole: its inputs, outputs, version or initializers.
    Graph {
        /// What is wrong.
        cause: String,
        /// What is supported.
        remedy: String,
    },
}

impl Fault {
    /// A fault of the graph as a whole.
    pub(super) fn graph(cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Graph { cause: cause.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node { node, operator, cause, remedy } => {
                write!(f, "node `{node}` ({operator}): {cause}; {remedy}")
            }
            Self::Graph { cause, remedy } => write!(f, "{cause}; {remedy}"),
        }
    }
}

/// One fault on its own line each, counted when there are several.
fn listed(faults: &[Fault]) -> String {
    let lines = faults.iter().map(Fault::to_string);
    match faults.len() {
        1 => lines.collect(),
        n => std::iter::once(format!("{n} faults")).chain(lines).collect::<Vec<_>>().join("\n"),
    }
}
