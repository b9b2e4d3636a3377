//! Quantities with their units: the only place where integers become reals and text becomes a quantity.
//!
//! Counts (`Cycles`, `Bytes`) are `u64` and overflow is checked, in release too. Multiplication exists only where
//! physics has it.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub};

use serde::Serialize;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::default(), Add::add)
            }
        }
        impl Mul<$inner> for $name {
            type Output = Self;
            fn mul(self, factor: $inner) -> Self {
                Self(self.0 * factor)
            }
        }
    };
}

quantity!(
    /// Clock edges: a count, never the index of the last cycle.
    Cycles(u64)
);
quantity!(
    /// Bytes of 8 bits.
    Bytes(u64)
);
quantity!(
    /// Bits of a port.
    Bits(u64)
);
quantity!(
    /// Frequency.
    Hertz(f64)
);
quantity!(
    /// Time.
    Seconds(f64)
);
quantity!(
    /// How often something happens.
    PerSecond(f64)
);
quantity!(
    /// Delay of a wire by its length.
    SecondsPerMillimetre(f64)
);
quantity!(
    /// Bandwidth.
    BytesPerSecond(f64)
);
quantity!(
    /// Absolute temperature.
    Kelvin(f64)
);
quantity!(
    /// Energy.
    Picojoules(f64)
);
quantity!(
    /// Power.
    Milliwatts(f64)
);
quantity!(
    /// Area.
    SquareMicrons(f64)
);

impl Eq for Cycles {}
impl Eq for Bytes {}
impl Eq for Bits {}
impl Cycles {
    /// Time these cycles take at a clock.
    #[must_use]
    pub fn at(self, clock: Hertz) -> Seconds {
        Seconds(real(self.0) / clock.0)
    }
}

impl Milliwatts {
    /// Energy this power takes over a time: 1 mW s = 1e9 pJ.
    #[must_use]
    pub fn over(self, time: Seconds) -> Picojoules {
        Picojoules(self.0 * time.0 * 1e9)
    }
}

impl Picojoules {
    /// Mean power of this energy over a time.
    #[must_use]
    pub fn spread_over(self, time: Seconds) -> Milliwatts {
        Milliwatts(self.0 / time.0 * 1e-9)
    }
}

impl Seconds {
    /// The fastest clock whose period is this time.
    #[must_use]
    pub fn as_period(self) -> Hertz {
        Hertz(1.0 / self.0)
    }
}

impl SecondsPerMillimetre {
    /// Time a signal takes over a length.
    #[must_use]
    pub fn over(self, millimetres: f64) -> Seconds {
        Seconds(self.0 * millimetres)
    }
}

impl SquareMicrons {
    /// The same area in mm2.
    #[must_use]
    pub fn square_millimetres(self) -> f64 {
        self.0 * 1e-6
    }

    /// Side in mm of a square of this area.
    #[must_use]
    pub fn side_millimetres(self) -> f64 {
        self.square_millimetres().sqrt()
    }
}

/// The size of a collection as a count.
#[must_use]
#[inline]
pub fn count(size: usize) -> u64 {
    // No platform has a usize of more than 64 bits.
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// A count as a real number; exact up to 2^53, which 104 days of cycles at 1 GHz do not reach.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "the one crossing from counts to reals")]
#[inline]
pub fn real(count: u64) -> f64 {
    count as f64
}

/// The least whole number of cycles not below `cycles`; a demand beyond `u64` saturates and fails the sanity bounds.
///
/// A billionth of a cycle above a whole number is rounding of the quotient, not work: 100 ns at 500 MHz are 50 cycles.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the one crossing back; clamped first"
)]
#[inline]
pub fn whole_cycles(cycles: f64) -> Cycles {
    let whole = cycles as u64;
    let above = cycles - real(whole);
    let rounding = above < 0.5 && above <= 1e-9 * real(whole).max(1.0);
    Cycles(if rounding { whole } else { whole.saturating_add(1) })
}

/// The whole number nearest to a count that was computed as a real, from 0.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped at 0; a real saturates")]
pub fn nearest(count: f64) -> u64 {
    count.round().max(0.0) as u64
}

/// A quantity that is written in configuration files as a number and a unit, such as `"64 KiB"`.
pub trait Written: Copy + PartialOrd {
    /// Accepted units with their factor to the base unit, the base unit first.
    const UNITS: &'static [(&'static str, f64)];
    /// An example for messages and documentation.
    const EXAMPLE: &'static str;
    /// From a value in the base unit; `None` when the type cannot hold it (a fraction of a byte).
    fn from_base(value: f64) -> Option<Self>;
    /// In the base unit.
    fn base(self) -> f64;

    /// The quantity as a person writes it: the largest unit in which it is at least 1.
    fn written(self) -> String {
        let value = self.base();
        let mut best = Self::UNITS[0];
        for &unit in Self::UNITS {
            let (now, then) = (value / unit.1, value / best.1);
            if now >= 1.0 && (then < 1.0 || now < then) {
                best = unit;
            }
        }
        format!("{} {}", value / best.1, best.0)
    }
}

macro_rules! written {
    ($name:ident, $example:literal, [$($unit:literal = $factor:expr),+ $(,)?]) => {
        impl Written for $name {
            const UNITS: &'static [(&'static str, f64)] = &[$(($unit, $factor)),+];
            const EXAMPLE: &'static str = $example;
            fn from_base(value: f64) -> Option<Self> {
                Some(Self(value))
            }
            fn base(self) -> f64 {
                self.0
            }
        }
    };
}

written!(Hertz, "500 MHz", ["Hz" = 1.0, "kHz" = 1e3, "MHz" = 1e6, "GHz" = 1e9]);
written!(Seconds, "100 ns", ["s" = 1.0, "ms" = 1e-3, "us" = 1e-6, "ns" = 1e-9, "ps" = 1e-12]);
written!(PerSecond, "1000 /s", ["/s" = 1.0, "/ms" = 1e3, "/us" = 1e6]);
written!(SecondsPerMillimetre, "100 ps/mm", ["s/mm" = 1.0, "us/mm" = 1e-6, "ns/mm" = 1e-9, "ps/mm" = 1e-12]);
written!(BytesPerSecond, "3.2 GB/s", ["B/s" = 1.0, "kB/s" = 1e3, "MB/s" = 1e6, "GB/s" = 1e9, "TB/s" = 1e12]);
written!(Picojoules, "0.2 pJ", ["pJ" = 1.0, "fJ" = 1e-3, "nJ" = 1e3, "uJ" = 1e6, "mJ" = 1e9]);
written!(Milliwatts, "1.5 mW", ["mW" = 1.0, "pW" = 1e-9, "nW" = 1e-6, "uW" = 1e-3, "W" = 1e3]);
written!(Kelvin, "300 K", ["K" = 1.0]);
written!(SquareMicrons, "282 um2", ["um2" = 1.0, "mm2" = 1e6]);

impl Written for Bytes {
    const UNITS: &'static [(&'static str, f64)] =
        &[("B", 1.0), ("KiB", 1024.0), ("MiB", 1_048_576.0), ("GiB", 1_073_741_824.0)];
    const EXAMPLE: &'static str = "64 KiB";
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "range and fraction are checked"
    )]
    fn from_base(value: f64) -> Option<Self> {
        (value.fract() == 0.0 && (0.0..=9e15).contains(&value)).then_some(Self(value as u64))
    }
    fn base(self) -> f64 {
        real(self.0)
    }
}

impl Written for Bits {
    const UNITS: &'static [(&'static str, f64)] = &[("bit", 1.0), ("B", 8.0)];
    const EXAMPLE: &'static str = "128 bit";
    fn from_base(value: f64) -> Option<Self> {
        Bytes::from_base(value).map(|whole| Self(whole.0))
    }
    fn base(self) -> f64 {
        real(self.0)
    }
}

/// Reads a quantity such as `"64 KiB"`: a number, an optional space, a unit.
///
/// # Errors
/// What is wrong and what to write instead, as two phrases.
pub fn parse<Q: Written>(text: &str) -> Result<Q, [String; 2]> {
    let units = || Q::UNITS.iter().map(|unit| unit.0).collect::<Vec<_>>().join(", ");
    let trimmed = text.trim();
    let starts_unit = |c: char| c == '/' || (c.is_alphabetic() && c != 'e' && c != 'E');
    let split = trimmed.find(starts_unit).unwrap_or(trimmed.len());
    let (number, unit) = (trimmed[..split].trim(), trimmed[split..].trim());
    let Ok(number) = number.replace('_', "").parse::<f64>() else {
        return Err([
            format!("`{text}` is not a number with a unit"),
            format!("write it like \"{}\"", Q::EXAMPLE),
        ]);
    };
    if unit.is_empty() {
        return Err([
            format!("`{text}` has no unit"),
            format!("write it like \"{}\"; units: {}", Q::EXAMPLE, units()),
        ]);
    }
    let Some(&(_, factor)) = Q::UNITS.iter().find(|known| known.0 == unit) else {
        return Err([format!("unknown unit `{unit}`"), format!("write one of {}", units())]);
    };
    if !(number * factor).is_finite() {
        return Err([format!("`{text}` is not finite"), format!("write it like \"{}\"", Q::EXAMPLE)]);
    }
    Q::from_base(number * factor).ok_or_else(|| {
        [
            format!("`{text}` is not a whole number of {}", Q::UNITS[0].0),
            format!("write it like \"{}\"", Q::EXAMPLE),
        ]
    })
}

/// Any quantity in its base unit, with the ending that a column of such values has: `"64 KiB"` is 65536 `bytes`.
#[must_use]
pub fn in_base_unit(text: &str) -> Option<(f64, &'static str)> {
    fn read<Q: Written>(text: &str, ending: &'static str) -> Option<(f64, &'static str)> {
        parse::<Q>(text).ok().map(|quantity| (quantity.base(), ending))
    }
    read::<Bytes>(text, "bytes")
        .or_else(|| read::<Hertz>(text, "hz"))
        .or_else(|| read::<BytesPerSecond>(text, "bytes_per_s"))
        .or_else(|| read::<Seconds>(text, "s"))
        .or_else(|| read::<Bits>(text, "bits"))
        .or_else(|| read::<PerSecond>(text, "per_s"))
        .or_else(|| read::<SquareMicrons>(text, "um2"))
        .or_else(|| read::<Picojoules>(text, "pj"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_their_units() {
        assert_eq!(parse::<Bytes>("64 KiB"), Ok(Bytes(65_536)));
        assert_eq!(parse::<Hertz>("500MHz"), Ok(Hertz(5e8)));
        assert_eq!(parse::<BytesPerSecond>("3.2 GB/s"), Ok(BytesPerSecond(3.2e9)));
        assert_eq!(parse::<Picojoules>("1e-1 pJ"), Ok(Picojoules(0.1)));
        assert_eq!(parse::<PerSecond>("1000 /s"), Ok(PerSecond(1000.0)));
        assert_eq!(parse::<PerSecond>("1/ms"), Ok(PerSecond(1000.0)));
        for wrong in ["64", "64 KB", "x KiB", "0.5 B", "", "1e400 B"] {
            assert!(parse::<Bytes>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cycles_round_up_but_for_rounding_itself() {
        let latency = parse::<Seconds>("100 ns").unwrap();
        assert_eq!(whole_cycles(latency.0 * 5e8), Cycles(50));
        assert_eq!(whole_cycles(2070.0 / (300e9 * 0.69 / 700e6)), Cycles(7));
        assert_eq!(whole_cycles(50.001), Cycles(51));
        assert_eq!(whole_cycles(0.0), Cycles(0));
    }

    #[test]
    fn quantities_are_written_as_people_write_them() {
        assert_eq!(Bytes(65_536).written(), "64 KiB");
        assert_eq!(Hertz(5e8).written(), "500 MHz");
        assert_eq!(Bytes(100).written(), "100 B");
    }
}
