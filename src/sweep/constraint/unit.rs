//! Units of terms: what is compared, added or subtracted must be of one kind, and is brought to one scale.
//!
//! A column has the unit that its name ends in, an axis that of its values. A bare number takes the unit of what it stands
//! beside: `area_mm2 <= 4` is 4 mm2. So does an axis or column without a unit, such as `rows`, beside one that has one: a
//! byte per element, say. But a quantity that is written with its unit must meet that kind.

use crate::units::in_base_unit;

/// Exponents of what a quantity is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Dimension {
    time: i8,
    data: i8,
    energy: i8,
    area: i8,
}

/// The unit of a term.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    dimension: Dimension,
    /// Seconds, bytes, picojoules and square micrometres per unit of the term's number.
    scale: f64,
    /// A number without any unit, which takes that of what it stands beside.
    bare: bool,
    /// Whether a unit was written in the condition.
    written: bool,
}

impl Unit {
    /// Of a number.
    pub(super) const BARE: Self = Self { bare: true, ..Self::NONE };
    const NONE: Self = Self {
        dimension: Dimension { time: 0, data: 0, energy: 0, area: 0 },
        scale: 1.0,
        bare: false,
        written: false,
    };

    /// Of an axis or a column, by the ending of such columns; of one that has none, no unit.
    pub(super) fn of_column(ending: &str) -> Self {
        let (dimension, scale) = match ending {
            "s" => (Dimension { time: 1, ..Dimension::default() }, 1.0),
            "hz" | "per_s" => (Dimension { time: -1, ..Dimension::default() }, 1.0),
            "bytes" => (Dimension { data: 1, ..Dimension::default() }, 1.0),
            "bits" => (Dimension { data: 1, ..Dimension::default() }, 0.125),
            "bytes_per_s" => (Dimension { data: 1, time: -1, ..Dimension::default() }, 1.0),
            "pj" => (Dimension { energy: 1, ..Dimension::default() }, 1.0),
            "js" => (Dimension { energy: 1, time: 1, ..Dimension::default() }, 1e12),
            "um2" => (Dimension { area: 1, ..Dimension::default() }, 1.0),
            "mm2" => (Dimension { area: 1, ..Dimension::default() }, 1e6),
            _ => return Self::NONE,
        };
        Self { dimension, scale, ..Self::NONE }
    }

    /// A quantity as it is written, in the base unit of its kind.
    pub(super) fn of_written(text: &str) -> Option<(f64, Self)> {
        let (base, ending) = in_base_unit(text)?;
        Some((base, Self { written: true, ..Self::of_column(ending) }))
    }

    /// What a number of `other` is multiplied with to be one of this unit; `None` where the kinds differ.
    pub(super) fn factor_from(self, other: Self) -> Option<f64> {
        if self.dimension == other.dimension {
            return Some(if self.bare || other.bare { 1.0 } else { other.scale / self.scale });
        }
        let plain = |unit: Self| unit.dimension == Dimension::default();
        let taken = |plain_one: Self, with: Self| plain(plain_one) && (plain_one.bare || !with.written);
        (taken(self, other) || taken(other, self)).then_some(1.0)
    }

    /// Of two terms that were brought to one scale: that of the one which has a unit.
    pub(super) fn joined(self, other: Self) -> Self {
        let plain = self.dimension == Dimension::default();
        let unit = if self.bare || (plain && !other.bare) { other } else { self };
        Self { written: self.written || other.written, ..unit }
    }

    /// Of the product of two terms, or with `sign` -1 of their quotient.
    pub(super) fn times(self, other: Self, sign: i8) -> Self {
        let sum = |one: i8, two: i8| one.saturating_add(two.saturating_mul(sign));
        let (a, b) = (self.dimension, other.dimension);
        Self {
            dimension: Dimension {
                time: sum(a.time, b.time),
                data: sum(a.data, b.data),
                energy: sum(a.energy, b.energy),
                area: sum(a.area, b.area),
            },
            scale: if sign > 0 { self.scale * other.scale } else { self.scale / other.scale },
            bare: self.bare && other.bare,
            written: self.written || other.written,
        }
    }

    /// What it is a quantity of, in words, with an example of how one is written.
    pub(super) fn described(self) -> (&'static str, &'static str) {
        let Dimension { time, data, energy, area } = self.dimension;
        match (time, data, energy, area) {
            (0, 0, 0, 0) => ("a number without a unit", "16"),
            (1, 0, 0, 0) => ("a time", "25 us"),
            (-1, 0, 0, 0) => ("a rate", "500 MHz"),
            (0, 1, 0, 0) => ("a size", "64 KiB"),
            (-1, 1, 0, 0) => ("a bandwidth", "3.2 GB/s"),
            (0, 0, 1, 0) => ("an energy", "3 uJ"),
            (0, 0, 0, 1) => ("an area", "1.3 mm2"),
            (1, 0, 1, 0) => ("an energy times a time", "1e-9, which is in J s"),
            _ => ("a quantity of another kind", "a number"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_meet_only_their_own() {
        let written = |text: &str| Unit::of_written(text).unwrap().1;
        let area = Unit::of_column("mm2");
        assert_eq!(area.factor_from(written("1 mm2")), Some(1e-6));
        assert_eq!(area.factor_from(written("2 GiB")), None);
        assert_eq!(area.factor_from(Unit::BARE), Some(1.0));
        assert_eq!(Unit::of_column("").factor_from(written("64 KiB")), None);
        assert_eq!(Unit::of_column("").factor_from(Unit::of_column("bytes")), Some(1.0));
        assert_eq!(Unit::of_column("bits").factor_from(written("16 B")), Some(8.0));
        let bandwidth = Unit::of_column("bytes").times(Unit::of_column("s"), -1);
        assert_eq!(bandwidth.factor_from(written("1 GB/s")), Some(1.0));
        let product = Unit::of_column("pj").times(Unit::of_column("s"), 1);
        assert_eq!(Unit::of_column("js").factor_from(product), Some(1e-12));
    }
}
