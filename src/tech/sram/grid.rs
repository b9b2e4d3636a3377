//! A grid over sizes and widths, read between its points on logarithmic axes.

use std::sync::Arc;

use crate::units::real;

/// Read pJ, write pJ, leakage mW, area mm2 of a memory of some size and width.
pub(super) type Values = [f64; 4];

/// Natural logarithms of values at every size and width of two axes.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) sizes: Arc<[u64]>,
    pub(super) widths: Arc<[u64]>,
    /// `[size][width]`; `None` where there is no such memory (too wide for its size).
    cells: Arc<[Option<Values>]>,
}

impl Grid {
    /// The grid over both axes, each rising; `cell` gives logarithms.
    pub(super) fn of(
        sizes: Vec<u64>,
        widths: Vec<u64>,
        cell: impl Fn(usize, usize) -> Option<Values>,
    ) -> Self {
        let columns = widths.len();
        let cells = (0..sizes.len() * columns).map(|at| cell(at / columns, at % columns)).collect();
        Self { sizes: sizes.into(), widths: widths.into(), cells }
    }

    /// The values at a size and width, those at the edge beyond it.
    pub(super) fn at(&self, size: u64, width: u64) -> Values {
        let (i, u) = place(&self.sizes, size);
        let (j, v) = place(&self.widths, width);
        let corner =
            |i: usize, j: usize| self.nearest(i.min(self.sizes.len() - 1), j.min(self.widths.len() - 1));
        let mix = |a: Values, b: Values, t: f64| std::array::from_fn(|n| a[n] + t * (b[n] - a[n]));
        let low = mix(corner(i, j), corner(i + 1, j), u);
        let high = mix(corner(i, j + 1), corner(i + 1, j + 1), u);
        mix(low, high, v).map(f64::exp)
    }

    /// The entry at a grid point or, where there is none, that of the next larger size.
    fn nearest(&self, i: usize, j: usize) -> Values {
        let at = |i: usize| self.cells[i * self.widths.len() + j];
        (i..self.sizes.len()).chain((0..i).rev()).find_map(at).unwrap_or([0.0; 4])
    }
}

/// Index below and fraction, on a logarithmic axis, clamped to the axis.
pub(super) fn place(axis: &[u64], value: u64) -> (usize, f64) {
    let value = value.clamp(axis[0], axis[axis.len() - 1]);
    let above = axis.partition_point(|&grid| grid <= value);
    let below = above.saturating_sub(1).min(axis.len().saturating_sub(2));
    let Some(&next) = axis.get(below + 1) else { return (below, 0.0) };
    let log = |x: u64| real(x).ln();
    (below, (log(value) - log(axis[below])) / (log(next) - log(axis[below])))
}
