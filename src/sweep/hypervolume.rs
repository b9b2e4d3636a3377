//! How much a front dominates: the volume between its points and a reference point that is worse than all.
//!
//! By slicing along the last objective (L. While et al., "A faster algorithm for calculating hypervolume", IEEE
//! Transactions on Evolutionary Computation 10 (2006)): exact, and fast enough for fronts of hundreds of points.

/// The volume that points dominate, within a box from them to `reference`; smaller costs are better.
///
/// Points beyond the reference in any objective count for nothing.
#[must_use]
pub fn hypervolume(points: &[Vec<f64>], reference: &[f64]) -> f64 {
    let inside = |point: &&Vec<f64>| point.iter().zip(reference).all(|(cost, bound)| cost < bound);
    let points: Vec<&[f64]> = points.iter().filter(inside).map(Vec::as_slice).collect();
    volume(points, reference)
}

fn volume(mut points: Vec<&[f64]>, reference: &[f64]) -> f64 {
    let Some((bound, rest)) = reference.split_last() else { return 1.0 };
    if rest.is_empty() {
        return points.iter().map(|point| bound - point[0]).fold(0.0, f64::max);
    }
    // Sweep the last objective upwards. Between two neighbouring values the dominated region does not change: it is a slab, whose
    // base is the volume that the points below dominate in the other objectives.
    let last = rest.len();
    points.sort_by(|a, b| a[last].total_cmp(&b[last]));
    let mut sum = 0.0;
    let mut slice: Vec<&[f64]> = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let flat = &point[..last];
        let no_worse = |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(a, b)| a <= b);
        // Within a slab only the front of the flattened points counts; the others would cost time and add nothing.
        if !slice.iter().any(|member| no_worse(member, flat)) {
            slice.retain(|member| !no_worse(flat, member));
            slice.push(flat);
        }
        let next = points.get(at + 1).map_or(*bound, |next| next[last]);
        if next > point[last] {
            sum += (next - point[last]) * volume(slice.clone(), rest);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// On whole numbers a volume is a number of unit cubes.
        #[test]
        fn the_volume_is_the_number_of_cubes(
            points in prop::collection::vec(prop::collection::vec(0..7u8, 3), 0..12),
        ) {
            let points: Vec<Vec<f64>> =
                points.iter().map(|point| point.iter().map(|&cost| f64::from(cost)).collect()).collect();
            let beaten = |cube: [u8; 3]| {
                points.iter().any(|point| point.iter().zip(cube).all(|(cost, at)| *cost <= f64::from(at)))
            };
            let cubes = (0..6u8).flat_map(|x| (0..6u8).flat_map(move |y| (0..6u8).map(move |z| [x, y, z])));
            let count = cubes.filter(|cube| beaten(*cube)).count();
            prop_assert_eq!(hypervolume(&points, &[6.0, 6.0, 6.0]), count as f64);
        }
    }

    #[test]
    fn one_objective_is_a_length_and_two_an_area() {
        assert_eq!(hypervolume(&[vec![2.0], vec![3.0]], &[10.0]), 8.0);
        assert_eq!(hypervolume(&[vec![1.0, 3.0], vec![2.0, 1.0], vec![9.0, 9.0]], &[4.0, 4.0]), 3.0 + 4.0);
        assert_eq!(hypervolume(&[], &[4.0, 4.0]), 0.0);
    }
}
