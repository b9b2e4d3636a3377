//! Machines: what the hardware is built with and what the model is configured with, and the policy it runs.

use exclusim::arch::Arch;
use exclusim::decide::{Memory, Policy, Rule};
use exclusim::replay::Requant;

use super::HEADS;
use crate::common;

/// A machine: keys of the architecture and parameters of the hardware.
pub(super) struct Machine {
    pub(super) dataflow: &'static str,
    pub(super) overlap: &'static str,
    pub(super) edges: &'static str,
    pub(super) rows: u64,
    pub(super) cols: u64,
    pub(super) lanes: u64,
    pub(super) unit_lanes: u64,
    pub(super) setup: u64,
    pub(super) decision: u64,
    pub(super) requant: Requant,
    /// Threshold of every head that is on. With 0 a head excludes nothing here, which is the rule `never`.
    pub(super) beta: [Option<f64>; HEADS],
    pub(super) memory: Memory,
    pub(super) compact: bool,
}

/// Three dataflows with each way for folds to overlap. The first is the sample.
pub(super) const MACHINES: [Machine; 9] = [
    Machine {
        dataflow: "weight-stationary",
        overlap: "double-buffered",
        edges: "full",
        rows: 4,
        cols: 4,
        lanes: 4,
        unit_lanes: 4,
        setup: 8,
        decision: 4,
        requant: Requant::Float,
        beta: [Some(0.85), Some(0.93)],
        memory: Memory::ReadmitTop,
        compact: false,
    },
    Machine {
        dataflow: "output-stationary",
        overlap: "none",
        edges: "full",
        rows: 6,
        cols: 5,
        lanes: 3,
        unit_lanes: 8,
        setup: 1,
        decision: 1,
        requant: Requant::Float,
        beta: [Some(0.85), Some(0.95)],
        memory: Memory::Monotone,
        compact: false,
    },
    Machine {
        dataflow: "input-stationary",
        overlap: "global-swap",
        edges: "trimmed",
        rows: 5,
        cols: 3,
        lanes: 8,
        unit_lanes: 3,
        setup: 32,
        decision: 16,
        requant: Requant::Float,
        beta: [Some(0.85), Some(0.95)],
        memory: Memory::Memoryless,
        compact: false,
    },
    // Excluded classes are left out, along the columns.
    Machine {
        dataflow: "weight-stationary",
        overlap: "global-swap",
        edges: "trimmed",
        rows: 7,
        cols: 3,
        lanes: 2,
        unit_lanes: 2,
        setup: 3,
        decision: 2,
        requant: Requant::FixedPoint,
        beta: [Some(0.7), Some(0.95)],
        memory: Memory::Monotone,
        compact: true,
    },
    // And along time.
    Machine {
        dataflow: "input-stationary",
        overlap: "none",
        edges: "full",
        rows: 4,
        cols: 2,
        lanes: 5,
        unit_lanes: 4,
        setup: 2,
        decision: 3,
        requant: Requant::Float,
        beta: [Some(0.7), Some(0.95)],
        memory: Memory::Monotone,
        compact: true,
    },
    // The first head is off.
    Machine {
        dataflow: "output-stationary",
        overlap: "double-buffered",
        edges: "full",
        rows: 4,
        cols: 6,
        lanes: 6,
        unit_lanes: 16,
        setup: 5,
        decision: 1,
        requant: Requant::FixedPoint,
        beta: [None, Some(0.9)],
        memory: Memory::ReadmitTop,
        compact: false,
    },
    // The last head is off.
    Machine {
        dataflow: "input-stationary",
        overlap: "double-buffered",
        edges: "trimmed",
        rows: 3,
        cols: 5,
        lanes: 1,
        unit_lanes: 1,
        setup: 12,
        decision: 7,
        requant: Requant::FixedPoint,
        beta: [Some(0.9), None],
        memory: Memory::ReadmitTop,
        compact: false,
    },
    // Heads that exclude nothing.
    Machine {
        dataflow: "output-stationary",
        overlap: "global-swap",
        edges: "trimmed",
        rows: 5,
        cols: 4,
        lanes: 4,
        unit_lanes: 5,
        setup: 4,
        decision: 2,
        requant: Requant::FixedPoint,
        beta: [Some(0.0), Some(0.0)],
        memory: Memory::ReadmitTop,
        compact: false,
    },
    // No head at all: the plain classifier.
    Machine {
        dataflow: "weight-stationary",
        overlap: "none",
        edges: "full",
        rows: 8,
        cols: 8,
        lanes: 8,
        unit_lanes: 8,
        setup: 16,
        decision: 1,
        requant: Requant::Float,
        beta: [None, None],
        memory: Memory::ReadmitTop,
        compact: false,
    },
];

impl Machine {
    pub(super) fn on(&self) -> [bool; HEADS] {
        self.beta.map(|beta| beta.is_some())
    }

    pub(super) fn policy(&self) -> Policy {
        let rule = if self.beta == [None; HEADS] {
            Rule::NoHeads
        } else if self.beta.iter().flatten().all(|beta| *beta == 0.0) {
            Rule::Never
        } else {
            Rule::RelativeToMax { beta: self.beta.map(|beta| beta.unwrap_or(1.0)).to_vec() }
        };
        Policy { rule, heads: self.on().to_vec(), memory: self.memory, ..Policy::never(HEADS) }
    }

    /// An architecture that never waits for memory and does one thing after the other.
    pub(super) fn arch(&self) -> Arch {
        let settings = [
            format!("array.rows={}", self.rows),
            format!("array.cols={}", self.cols),
            format!("array.dataflow=\"{}\"", self.dataflow),
            format!("array.fold_overlap=\"{}\"", self.overlap),
            format!("array.edge_folds=\"{}\"", self.edges),
            "memory.weights=\"resident\"".into(),
            "memory.head_weights=\"resident\"".into(),
            "memory.schedule=\"fixed\"".into(), // the sequencer in Verilog knows one order
            format!("vector.lanes={}", self.lanes),
            "vector.fused=false".into(),
            format!("control.layer_setup={}", self.setup),
            format!("control.decision={}", self.decision),
            format!("exclusion.lanes={}", self.unit_lanes),
            format!("exclusion.compact={}", self.compact),
        ];
        common::arch_with(&settings).unwrap()
    }

    /// Parameters of the hardware.
    pub(super) fn parameters(&self) -> [(&'static str, u64); 12] {
        let number = |names: &[&str], name: &str| {
            u64::try_from(names.iter().position(|other| *other == name).unwrap()).unwrap()
        };
        [
            ("SUMS_STAY", u64::from(self.dataflow == "output-stationary")),
            ("EXCHANGED", u64::from(self.dataflow == "input-stationary")),
            ("OVERLAP", number(&["none", "global-swap", "double-buffered"], self.overlap)),
            ("TRIMMED", number(&["full", "trimmed"], self.edges)),
            ("ROWS", self.rows),
            ("COLS", self.cols),
            ("LANES", self.lanes),
            ("UNIT_LANES", self.unit_lanes),
            ("COMPACT", u64::from(self.compact)),
            ("HALF_UP", u64::from(self.requant == Requant::FixedPoint)),
            ("LAYER_SETUP", self.setup),
            ("DECISION", self.decision),
        ]
    }

    /// Everything that tells it from other machines, as a row begins with it.
    pub(super) fn columns(&self) -> String {
        let Self { dataflow, overlap, edges, rows, cols, lanes, unit_lanes, setup, decision, .. } = self;
        let requant = match self.requant {
            Requant::FixedPoint => "fixed-point",
            Requant::Float => "float",
            other => panic!("the hardware has no {other:?}"),
        };
        let [first, second] = self.beta.map(|beta| beta.map_or("off".into(), |beta| beta.to_string()));
        let (memory, compact) = (self.memory, self.compact);
        format!(
            "{dataflow},{overlap},{edges},{rows},{cols},{lanes},{unit_lanes},{setup},{decision},{requant},{first},{second},\
             {memory},{compact}"
        )
    }
}
