//! From one bank to the banks side by side that a port is cheapest of.
//!
//! A single bank of a wide port is dear: CACTI writes 1024 bits of 32 KiB at 45 nm for 176 pJ in one bank and for 66 pJ in
//! 32 of 1 KiB, whose words stand side by side. Nobody would build the first, and a table that ends at some width must not
//! make a wider port cheaper. So each point of the grid is the split into 1, 2, 4, ... equal banks, all at work in an
//! access, whose reading and writing of a word together cost least; wider ports than the table's are splits only. What
//! joins the banks is not counted.
//!
//! Where the split changes from a point to the next, area or leakage may still fall (by up to 12 and 8 % at 22 to 45 nm),
//! since it is chosen for energy. Such a point is raised to its narrower or smaller neighbour's: a memory that is narrower and
//! smaller can be had by leaving something of a larger one out.

use super::grid::{Grid, Values};
use crate::units::real;

/// The widest port that is priced by the grid, bits; beyond, prices are in proportion to width.
const WIDEST: u64 = 1 << 16;

/// The grid of the cheapest splits of the banks of a table.
pub(super) fn organised(banks: &Grid) -> Grid {
    let powers = |from: u64, to: u64| {
        std::iter::successors(Some(from.next_power_of_two()), |n| Some(n * 2)).take_while(move |n| *n <= to)
    };
    let ends = |axis: &[u64]| (axis[0], axis[axis.len() - 1]);
    let ((least, most), (narrow, wide)) = (ends(&banks.sizes), ends(&banks.widths));
    // As large as the most banks side by side, each of the table's largest size.
    let sizes = merged(&banks.sizes, powers(least, most * (WIDEST / narrow)));
    let widths = merged(&banks.widths, powers(narrow, WIDEST.max(wide)));
    let mut cells: Vec<Values> = Vec::new();
    for (i, &size) in sizes.iter().enumerate() {
        for (j, &width) in widths.iter().enumerate() {
            let mut values = cheapest(banks, size, width);
            let narrower = (j > 0).then(|| cells[i * widths.len() + j - 1]);
            let smaller = (i > 0).then(|| cells[(i - 1) * widths.len() + j]);
            for below in [narrower, smaller].into_iter().flatten() {
                values = std::array::from_fn(|n| values[n].max(below[n]));
            }
            cells.push(values);
        }
    }
    let columns = widths.len();
    Grid::of(sizes, widths, |i, j| Some(cells[i * columns + j].map(f64::ln)))
}

/// A memory of equal banks side by side, as many as read and write a word for least; each no narrower than the table's
/// narrowest, unless it is alone.
fn cheapest(banks: &Grid, size: u64, width: u64) -> Values {
    let (narrow, wide) = (banks.widths[0], banks.widths[banks.widths.len() - 1]);
    let splits =
        std::iter::successors(Some(1u64), |n| Some(n * 2)).take_while(|n| *n <= (width / narrow).max(1));
    let most = banks.sizes[banks.sizes.len() - 1];
    let split = |n: u64| {
        let each = size.div_ceil(n);
        let [read, write, leak, area] = banks.at(each, width.div_ceil(n)).map(|value| value * real(n));
        // A bank larger than the table's largest is several of those, of which one works.
        let several = real(each.max(most)) / real(most);
        [read, write, leak * several, area * several]
    };
    splits
        .filter(|n| width.div_ceil(*n) <= wide)
        .map(split)
        .min_by(|one, other| (one[0] + one[1]).total_cmp(&(other[0] + other[1])))
        // Only a width that is no power of two, beyond the table, could have none: the grid has no such point.
        .unwrap_or_else(|| split(1))
}

fn merged(axis: &[u64], more: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut all: Vec<u64> = axis.iter().copied().chain(more).collect();
    all.sort_unstable();
    all.dedup();
    all
}
