//! How often values occur, drawn as widths: a smoothed density, or bars where only few values occur at all.

use super::canvas::{Canvas, Point};
use super::series::Series;
use crate::units::real;

/// Up to so many different values are drawn each as it is: smoothing would show values between them that nothing takes.
pub(super) const MOST_BARS: usize = 32;
/// Places at which a density is told, both ends included.
const PLACES: u32 = 200;
/// Values farther apart than this part of the whole range are of different groups.
const APART: f64 = 0.05;
/// Bandwidths beyond which a kernel adds nothing that five digits could show.
const REACH: f64 = 6.0;
/// Half the width of a bar.
const HALF_BAR: i32 = 16;
/// Marks of where values are, no closer than this.
const RUG: i32 = 12;

/// Half-widths along an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Widths {
    /// Each value that occurs, and the part of all that takes it.
    Bars(Vec<(f64, f64)>),
    /// Groups of values that lie apart, each from its least value to its greatest: nothing is shown where no value is.
    Density(Vec<Group>),
}

/// Values near each other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// Standard deviation of the Gaussian kernel.
    pub(super) bandwidth: f64,
    /// Place, and density there by the unit of the axis.
    pub(super) places: Vec<(f64, f64)>,
}

/// Bars of up to [`MOST_BARS`] values, else, of each group of values, the density by a Gaussian kernel of Silverman's bandwidth, 0.9 min(s, IQR / 1.34)
/// n^(-1/5) (Silverman 1986, eq. 3.31), but no less than the distance of two places; `steps` are the values that occur, least first, each with the part of all `count` that is
/// no greater.
pub(super) fn widths(steps: &[(f64, f64)], count: u64) -> Widths {
    let before = std::iter::once(0.0).chain(steps.iter().map(|step| step.1));
    let shares: Vec<(f64, f64)> =
        steps.iter().zip(before).map(|((value, part), before)| (*value, part - before)).collect();
    if steps.len() <= MOST_BARS {
        return Widths::Bars(shares);
    }
    let (least, most) = (steps[0].0, steps[steps.len() - 1].0);
    let step = (most - least) / f64::from(PLACES - 1);
    let near = |a: &(f64, f64), b: &(f64, f64)| b.0 - a.0 <= APART * (most - least);
    Widths::Density(shares.chunk_by(near).map(|shares| group(shares, step, count)).collect())
}

/// The density of values near each other, at places a step apart.
fn group(shares: &[(f64, f64)], step: f64, count: u64) -> Group {
    let (least, most) = (shares[0].0, shares[shares.len() - 1].0);
    let bandwidth = bandwidth(shares, count).max(step);
    let places = ((most - least) / step).round().max(1.0);
    let steps = (0_u32..).map(f64::from).take_while(|i| *i <= places);
    let along = |i: f64| least + (most - least) * i / places;
    let places = steps.map(along).map(|place| (place, density(shares, place, bandwidth)));
    Group { bandwidth, places: places.collect() }
}

/// Silverman's bandwidth of some values with their shares of all `count`.
fn bandwidth(shares: &[(f64, f64)], count: u64) -> f64 {
    let whole: f64 = shares.iter().map(|(_, share)| share).sum();
    let mean: f64 = shares.iter().map(|(value, share)| value * share).sum::<f64>() / whole;
    let variance: f64 =
        shares.iter().map(|(value, share)| share * (value - mean) * (value - mean)).sum::<f64>() / whole;
    let quantile = |part: f64| {
        let mut below = 0.0;
        let reached = |(_, share): &&(f64, f64)| {
            below += share / whole;
            below >= part - 1e-12
        };
        shares.iter().find(reached).map_or(mean, |(value, _)| *value)
    };
    let quartiles = (quantile(0.75) - quantile(0.25)) / 1.34;
    // Half of all values may be one.
    let spread = if quartiles > 0.0 { variance.sqrt().min(quartiles) } else { variance.sqrt() };
    0.9 * spread * (real(count) * whole).powf(-0.2)
}

fn density(shares: &[(f64, f64)], place: f64, bandwidth: f64) -> f64 {
    let from = shares.partition_point(|(value, _)| *value < place - REACH * bandwidth);
    let near = shares[from..].iter().take_while(|(value, _)| *value <= place + REACH * bandwidth);
    let kernel = |value: f64| (-((value - place) / bandwidth).powi(2) / 2.0).exp();
    near.fold(0.0, |sum, (value, share)| sum + share * kernel(*value))
        / (bandwidth * (2.0 * std::f64::consts::PI).sqrt())
}

/// What one row of a strip shows, in places on the canvas.
pub(super) struct Violin<'a> {
    /// Bars instead of a shape.
    pub(super) bars: bool,
    /// Places and half-widths in any unit; the widest takes the whole row.
    pub(super) widths: &'a [(i32, f64)],
    /// Where values are.
    pub(super) rug: &'a [i32],
    /// The median in the middle, the 95th percentile above, the 99th below, so that none hides another.
    pub(super) percentiles: [(Series, i32); 3],
}

impl Violin<'_> {
    /// Draws it about a height, no farther than `half` above and below.
    pub(super) fn draw(&self, canvas: &mut Canvas, look: Series, middle: i32, half: i32) {
        let most = self.widths.iter().map(|(_, width)| *width).fold(f64::MIN_POSITIVE, f64::max);
        let reach = |width: f64| (f64::from(half) * width / most).round() as i32;
        if self.bars {
            for (x, width) in self.widths {
                let reach = reach(*width).max(HALF_BAR);
                canvas.block((x - HALF_BAR, middle - reach), (x + HALF_BAR, middle + reach), look.colour);
            }
        } else {
            let upper = self.widths.iter().map(|(x, width)| (*x, middle - reach(*width)));
            let lower = self.widths.iter().rev().map(|(x, width)| (*x, middle + reach(*width)));
            let outline: Vec<Point> = upper.chain(lower).collect();
            canvas.shape(outline.clone(), look.pale());
            canvas.path(outline, look.colour, 12);
            let mut last = i32::MIN;
            for x in self.rug.iter().copied() {
                if x.saturating_sub(last) >= RUG {
                    canvas.line((x, middle - half / 8), (x, middle + half / 8), look.colour, 6);
                    last = x;
                }
            }
        }
        for ((mark, x), offset) in self.percentiles.into_iter().zip([0, -half * 5 / 8, half * 5 / 8]) {
            mark.ring(canvas, (x, middle + offset));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn steps(values: &[f64]) -> Vec<(f64, f64)> {
        let part = |rank: usize| (rank + 1) as f64 / values.len() as f64;
        values.iter().enumerate().map(|(rank, value)| (*value, part(rank))).collect()
    }

    #[test]
    fn few_values_are_bars_of_their_shares() {
        let found = widths(&[(1.0, 0.25), (2.0, 1.0)], 4);
        assert_eq!(found, Widths::Bars(vec![(1.0, 0.25), (2.0, 0.75)]));
        assert_eq!(widths(&[(3.0, 1.0)], 9), Widths::Bars(vec![(3.0, 1.0)]));
    }

    #[test]
    fn nothing_is_shown_where_no_value_is() {
        let values: Vec<f64> =
            (0..60).map(|i| if i < 50 { 1.0 + f64::from(i) * 1e-4 } else { f64::from(i) }).collect();
        let Widths::Density(groups) = widths(&steps(&values), 60) else { panic!("bars") };
        for Group { places, .. } in &groups {
            let ends = [places[0].0, places[places.len() - 1].0];
            assert!(ends.iter().all(|end| values.iter().any(|value| (value - end).abs() < 1e-9)), "{ends:?}");
        }
        assert_eq!(groups[0].places[0].0, 1.0);
        assert!((groups[0].places.last().unwrap().0 - 1.0049).abs() < 1e-9);
    }

    #[test]
    fn a_density_is_that_of_every_kernel_summed() {
        // Unevenly spread, so that neither the deviation nor the quartiles are trivial.
        let values: Vec<f64> = (0..100).map(|i| f64::from(i) + f64::from(i * i) / 50.0).collect();
        let Widths::Density(groups) = widths(&steps(&values), 100) else { panic!("bars") };
        let [Group { bandwidth, places }] = groups.as_slice() else { panic!("several groups") };
        let mean = values.iter().sum::<f64>() / 100.0;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 100.0).sqrt();
        let spread = deviation.min((values[74] - values[24]) / 1.34);
        assert!((bandwidth - 0.9 * spread * 100_f64.powf(-0.2)).abs() < 1e-9, "{bandwidth}");
        for (place, density) in places.iter().step_by(13) {
            let kernel = |v: &f64| (-((v - place) / bandwidth).powi(2) / 2.0).exp();
            let whole = values.iter().map(kernel).sum::<f64>() / (100.0 * bandwidth * 2.506_628_274_631);
            assert!((whole - density).abs() < 1e-9, "{whole} {density}");
        }
        // Cut off at the ends, it covers most of the whole.
        let step = places[1].0 - places[0].0;
        let covered: f64 = places.iter().map(|(_, density)| density * step).sum();
        assert!((0.8..1.01).contains(&covered), "{covered}");
    }
}
