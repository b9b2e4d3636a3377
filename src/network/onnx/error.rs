//! What can be wrong with a model file.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
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
    /// A model, but not one that can be replayed exactly. Never empty; every kind of fault found, in graph order.
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

/// Most faults that are told one by one; the rest is counted.
const MOST_TOLD: usize = 50;

impl Fault {
    /// Faults as they are told: equal ones of several nodes once, with their number.
    pub(super) fn told(faults: Vec<Self>) -> Vec<Self> {
        let mut places: BTreeMap<[String; 3], usize> = BTreeMap::new();
        let mut told: Vec<(Self, usize)> = Vec::new();
        for fault in faults {
            match places.entry(fault.kind()) {
                Entry::Occupied(place) => told[*place.get()].1 += 1,
                Entry::Vacant(place) => {
                    place.insert(told.len());
                    told.push((fault, 1));
                }
            }
        }
        let rest: usize = told.iter().skip(MOST_TOLD).map(|(_, count)| count).sum();
        let counted = |(fault, count): (Self, usize)| fault.counted(count - 1);
        let mut told: Vec<Self> = told.into_iter().take(MOST_TOLD).map(counted).collect();
        if rest > 0 {
            told.push(Self::graph(format!("{rest} more faults"), "mend these first"));
        }
        told
    }

    /// What equal faults share: all but names.
    fn kind(&self) -> [String; 3] {
        match self {
            Self::Node { operator, cause, remedy, .. } => {
                let unnamed: Vec<&str> = cause.split('`').step_by(2).collect();
                [operator.clone(), unnamed.join("`"), remedy.clone()]
            }
            Self::Graph { cause, remedy } => [String::new(), cause.clone(), remedy.clone()],
        }
    }

    /// The same fault, in so many other nodes, too.
    fn counted(mut self, others: usize) -> Self {
        if let (Self::Node { cause, .. }, 1..) = (&mut self, others) {
            let nodes = if others == 1 { "node" } else { "nodes" };
            *cause = format!("{cause}, and so in {others} more {nodes}");
        }
        self
    }

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
