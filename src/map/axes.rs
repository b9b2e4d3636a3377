//! Dataflows as permutations of the GEMM's axes onto the array: the only place that tells them apart.

use crate::names::{ClosedSet, closed_set};
use crate::shape::{Axis, Gemm, Operand};

closed_set! {
    /// Which operand stays in the array while the others move.
    pub enum Dataflow {
        /// OS: partial sums stay; M on rows, N on columns, K in time.
        OutputStationary = "output-stationary" | "os",
        /// WS: weights stay; K on rows, N on columns, M in time.
        WeightStationary = "weight-stationary" | "ws",
        /// IS: activations stay; K on rows, M on columns, N in time.
        InputStationary = "input-stationary" | "is",
    }
}

impl Dataflow {
    /// Its shortest name, as `ws`.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        let names = Self::NAMES.iter().find(|(dataflow, _)| *dataflow == self);
        names.and_then(|(_, names)| names.last()).copied().unwrap_or_default()
    }
}

/// Which dataflow a GEMM runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataflowChoice {
    /// Always this one.
    Only(Dataflow),
    /// For each GEMM the one of all that takes the fewest cycles.
    Best,
}

impl ClosedSet for DataflowChoice {
    const NAMES: &'static [(Self, &'static [&'static str])] = &{
        // Every dataflow under its own names, then `best`.
        let best: &[&str] = &["best"];
        let mut names = [(Self::Best, best); Dataflow::ALL.len() + 1];
        let mut at = 0;
        while at < Dataflow::ALL.len() {
            let (dataflow, called) = Dataflow::NAMES[at];
            names[at] = (Self::Only(dataflow), called);
            at += 1;
        }
        names
    };
}

impl DataflowChoice {
    /// Whether a GEMM may run in a dataflow.
    #[must_use]
    pub fn allows(self, dataflow: Dataflow) -> bool {
        match self {
            Self::Only(only) => only == dataflow,
            Self::Best => true,
        }
    }

    /// The dataflow to try first, and those to try after it.
    #[must_use]
    pub fn candidates(self) -> (Dataflow, &'static [Dataflow]) {
        match self {
            Self::Only(only) => (only, &[]),
            Self::Best => (Dataflow::ALL[0], &Dataflow::ALL[1..]),
        }
    }
}

/// What an operand does in the array during a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It stays.
    Stationary,
    /// It streams along the rows.
    RowStream,
    /// It streams along the columns.
    ColumnStream,
}

/// The axes along rows, columns and time, and what that makes of each operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Axis laid along the rows.
    pub rows: Axis,
    /// Axis laid along the columns.
    pub cols: Axis,
    /// Axis that streams.
    pub time: Axis,
    /// Indexed by rows and columns: stays in the array for a fold.
    pub stationary: Operand,
    /// Indexed by rows and time: enters at the left edge, the same for every column fold.
    pub row_stream: Operand,
    /// Indexed by columns and time: crosses the top or bottom edge, the same for every row fold.
    pub column_stream: Operand,
}

/// The layout of a dataflow.
#[must_use]
#[inline]
pub fn layout(dataflow: Dataflow) -> Layout {
    let (rows, cols, time) = match dataflow {
        Dataflow::OutputStationary => (Axis::M, Axis::N, Axis::K),
        Dataflow::WeightStationary => (Axis::K, Axis::N, Axis::M),
        Dataflow::InputStationary => (Axis::K, Axis::M, Axis::N),
    };
    Layout {
        rows,
        cols,
        time,
        stationary: spanned(rows, cols),
        row_stream: spanned(rows, time),
        column_stream: spanned(cols, time),
    }
}

impl Layout {
    /// Whether partial sums stay in the array, and each fold finishes its own; otherwise operands stay, and sums leave at the
    /// bottom edge, where those of the row folds meet.
    #[must_use]
    #[inline]
    pub fn sums_stay(&self) -> bool {
        self.stationary == Operand::Ofmap
    }

    /// What an operand does in the array.
    #[must_use]
    #[inline]
    pub fn role(&self, operand: Operand) -> Role {
        if operand == self.stationary {
            Role::Stationary
        } else if operand == self.row_stream {
            Role::RowStream
        } else {
            Role::ColumnStream
        }
    }

    /// Bytes of an operand that cross the edge of an array of `rows` x `cols` in a cycle: one per row for what streams along
    /// the rows, one per column for what enters at the top, a sum of four bytes per column.
    #[must_use]
    pub fn port_bytes(&self, operand: Operand, rows: u64, cols: u64) -> u64 {
        match operand {
            // Sums leave at the bottom, whether they stayed for a fold or travelled down: one per column and cycle.
            Operand::Ofmap => 4 * cols,
            Operand::Ifmap | Operand::Filter if operand == self.row_stream => rows,
            Operand::Ifmap | Operand::Filter => cols,
        }
    }
}

/// The operand that two axes span: of O[M, N] = sum over K of I[M, K] F[K, N] each operand is indexed by two of three axes.
///
/// So a choice of the axis in time fixes all else: the operand without that axis stays, and the others share it with one
/// side of the array each.
fn spanned(one: Axis, other: Axis) -> Operand {
    match (one, other) {
        (Axis::M, Axis::K) | (Axis::K, Axis::M) => Operand::Ifmap,
        (Axis::N, Axis::K) | (Axis::K, Axis::N) => Operand::Filter,
        (Axis::M, _) | (Axis::N, _) | (Axis::K, Axis::K) => Operand::Ofmap,
    }
}

/// Length of an axis.
#[must_use]
pub(super) fn extent(gemm: &Gemm, axis: Axis) -> u64 {
    match axis {
        Axis::M => gemm.m,
        Axis::N => gemm.n,
        Axis::K => gemm.k,
    }
}
