//! One axis cut into tiles, as few kinds of tiles with how many there are of each.

use crate::shape::Bands;

/// One tile's part of an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Elements along the axis.
    pub length: u64,
    /// Along M: bytes of the ifmap's rows that it reads, all channels of a group.
    pub bytes: u64,
    /// The first tile of the axis.
    pub first: bool,
    /// The last one.
    pub last: bool,
}

/// Tiles alike in themselves, in the one before and in the one after, the axis taken as a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// How many there are.
    pub many: u64,
    /// The tile before.
    pub before: Extent,
    /// The tile itself.
    pub here: Extent,
    /// The tile after.
    pub after: Extent,
}

/// An axis cut into tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Tiles.
    pub tiles: u64,
    /// The largest tile's elements.
    pub most: u64,
    /// The largest tile's bytes; see [`Extent::bytes`].
    pub most_bytes: u64,
    /// Bytes of all tiles together, halo rows as often as they are read.
    pub all_bytes: u64,
    /// All tiles in order.
    pub positions: Vec<Position>,
}

impl Cut {
    /// Tiles of `most` elements, the last one with what is left.
    #[must_use]
    pub fn even(total: u64, most: u64) -> Self {
        Self::of_units(total, most, |length| Extent { length, ..Extent::default() })
    }

    /// Equal tiles but for the last, each `of` its number of units.
    fn of_units(total: u64, most: u64, of: impl Fn(u64) -> Extent) -> Self {
        let tiles = total.div_ceil(most);
        let ragged = total - (tiles - 1) * most;
        let at = |i: u64| Extent {
            first: i == 0,
            last: i + 1 == tiles,
            ..of(if i + 1 == tiles { ragged } else { most })
        };
        let position = |i: u64, many: u64| Position {
            many,
            before: at((i + tiles - 1) % tiles),
            here: at(i),
            after: at((i + 1) % tiles),
        };
        // All between the second and the last but two have neighbours like themselves.
        let mut positions = vec![position(0, 1)];
        if tiles > 4 {
            positions.extend([position(1, 1), position(2, tiles - 4)]);
            positions.push(position(tiles - 2, 1));
            positions.push(position(tiles - 1, 1));
        } else {
            positions.extend((1..tiles).map(|i| position(i, 1)));
        }
        Self::of(tiles, positions)
    }

    fn of(tiles: u64, positions: Vec<Position>) -> Self {
        let most = positions.iter().map(|position| position.here.length).max().unwrap_or(0);
        let most_bytes = positions.iter().map(|position| position.here.bytes).max().unwrap_or(0);
        let all_bytes = positions.iter().map(|position| position.many * position.here.bytes).sum();
        Self { tiles, most, most_bytes, all_bytes, positions }
    }

    /// M cut into tiles of `samples` whole maps.
    #[must_use]
    pub fn samples(bands: &Bands, samples: u64) -> Self {
        let map = bands.bytes(0, bands.rows);
        let pixels = bands.rows * bands.width;
        Self::of_units(bands.samples, samples, |count| Extent {
            length: count * pixels,
            bytes: count * map,
            ..Extent::default()
        })
    }

    /// M cut into bands of `rows` rows of each sample's result.
    #[must_use]
    pub fn bands(bands: &Bands, rows: u64) -> Self {
        let one = |count: u64, first: u64| Extent {
            length: count * bands.width,
            bytes: bands.bytes(first, count),
            ..Extent::default()
        };
        if bands.without_halo() && bands.samples == 1 {
            return Self::of_units(bands.rows, rows, |count| one(count, 0));
        }
        let starts = (0..bands.rows).step_by(usize::try_from(rows).unwrap_or(usize::MAX));
        let sample: Vec<Extent> = starts.map(|first| one(rows.min(bands.rows - first), first)).collect();
        let of_sample = sample.len() as u64;
        let tiles = bands.samples * of_sample;
        let at = |i: u64| Extent {
            first: i == 0,
            last: i + 1 == tiles,
            ..sample[usize::try_from(i % of_sample).unwrap_or(0)]
        };
        let mut positions: Vec<Position> = Vec::new();
        for i in 0..tiles {
            let [before, here, after] = [at((i + tiles - 1) % tiles), at(i), at((i + 1) % tiles)];
            match positions.last_mut() {
                Some(last) if (last.before, last.here, last.after) == (before, here, after) => last.many += 1,
                _ => positions.push(Position { many: 1, before, here, after }),
            }
        }
        Self::of(tiles, positions)
    }
}

/// The ways to cut a layer's axes that are tried, coarse to fine: extents at which the number of tiles changes.
#[derive(Clone, Debug)]
pub struct Cuts {
    /// Of M.
    pub m: Vec<Cut>,
    /// Of N.
    pub n: Vec<Cut>,
    /// Of K.
    pub k: Vec<Cut>,
}

/// Most bands of a map that are told apart one by one.
const MOST_TILES: u64 = 4096;

/// Units per tile, from all of them to one: each changes the number of tiles, and beyond 24 of them by an eighth at least.
#[must_use]
pub(in crate::time) fn ladder(units: u64) -> Vec<u64> {
    let mut rungs = Vec::new();
    let mut tiles = 1;
    loop {
        let each = units.div_ceil(tiles);
        rungs.push(each);
        if each <= 1 {
            return rungs;
        }
        // The least number of tiles with fewer units each.
        let next = units.div_ceil(each - 1);
        tiles = if rungs.len() > 24 { next.max(tiles + tiles / 8).min(units) } else { next };
    }
}

impl Cuts {
    /// All cuts of a layer whose tiles along N and K are multiples of so many elements.
    #[must_use]
    pub fn new(bands: &Bands, n: u64, k: u64, n_unit: u64, k_unit: u64) -> Self {
        let mut m: Vec<Cut> =
            ladder(bands.samples).into_iter().map(|samples| Cut::samples(bands, samples)).collect();
        let finer = ladder(bands.rows).into_iter().skip(1);
        let few = |rows: &u64| {
            bands.without_halo() && bands.samples == 1
                || bands.samples * bands.rows.div_ceil(*rows) <= MOST_TILES
        };
        m.extend(finer.filter(few).map(|rows| Cut::bands(bands, rows)));
        let along = |total: u64, unit: u64| {
            let units = ladder(total.div_ceil(unit)).into_iter();
            units.map(|units| Cut::even(total, (units * unit).min(total))).collect()
        };
        Self { m, n: along(n, n_unit), k: along(k, k_unit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_ladder_has_every_number_of_tiles_once() {
        assert_eq!(ladder(1), [1]);
        assert_eq!(ladder(8), [8, 4, 3, 2, 1]);
        let long = ladder(50_176);
        assert!(long.len() < 120 && long.ends_with(&[1]), "{}", long.len());
        assert!(long.windows(2).all(|pair| pair[1] < pair[0]));
    }

    prop_compose! {
        fn maps()(samples in 1u64..4, rows in 1u64..20, width in 1u64..9, kernel in 1u64..6, stride in 1u64..4,
            above in 0u64..3, short in 0u64..3) -> Bands {
            // A map that the windows reach at least to its last row but `short`.
            let reach = (rows - 1) * stride + kernel;
            let input_rows = (reach.saturating_sub(above + short)).max(1);
            Bands { samples, rows, width, input_rows, row_bytes: 3, kernel, stride, above, taps: kernel }
        }
    }

    proptest! {
        #[test]
        fn a_band_reads_the_rows_that_its_windows_touch(bands in maps(), first in 0u64..20, count in 1u64..20) {
            let first = first % bands.rows;
            let count = count.min(bands.rows - first);
            let touches = |input: u64| (first..first + count).any(|row| {
                let top = row * bands.stride;
                (top..top + bands.kernel).contains(&(input + bands.above))
            });
            let touched = (0..bands.input_rows).filter(|&input| touches(input)).count() as u64;
            prop_assert_eq!(bands.bytes(first, count), touched * bands.row_bytes);
        }

        #[test]
        fn positions_stand_for_all_tiles(bands in maps(), rows in 1u64..20) {
            let cut = Cut::bands(&bands, rows.min(bands.rows));
            prop_assert_eq!(cut.positions.iter().map(|p| p.many).sum::<u64>(), cut.tiles);
            let pixels = cut.positions.iter().map(|p| p.many * p.here.length).sum::<u64>();
            prop_assert_eq!(pixels, bands.samples * bands.rows * bands.width);
            prop_assert!(cut.all_bytes >= bands.whole());
        }

        #[test]
        fn even_tiles_are_those_cut_one_by_one(total in 1u64..200, most in 1u64..60) {
            let even = Cut::even(total, most.min(total));
            let plain = Bands::of_rows(total, 1);
            let halo = Bands { above: 0, kernel: 2, ..plain };
            let listed = Cut::bands(&halo, most.min(total));
            prop_assert_eq!(even.tiles, listed.tiles);
            let lengths = |cut: &Cut| cut.positions.iter()
                .flat_map(|p| std::iter::repeat_n([p.before, p.here, p.after].map(|e| (e.length, e.first, e.last)), p.many as usize))
                .collect::<Vec<_>>();
            prop_assert_eq!(lengths(&even), lengths(&listed));
        }
    }
}
