//! How numbers are written on axes and beside bars.

/// The least of 1, 2, 5, 10, ... times a power of ten that is not below `least`. By multiplication alone:
/// logarithms differ between machines in their last digit.
pub(super) fn round_step(least: f64) -> f64 {
    let mut power = 1.0;
    while power < least {
        power *= 10.0;
    }
    while power / 10.0 >= least && power > f64::MIN_POSITIVE {
        power /= 10.0;
    }
    [0.1, 0.2, 0.5].into_iter().map(|part| part * power).find(|step| *step >= least).unwrap_or(power)
}

/// Digits after the point that tell multiples of `step` apart.
pub(super) fn decimals(step: f64) -> usize {
    let mut scaled = step;
    (0..9)
        .take_while(|_| {
            let more = (scaled - scaled.round()).abs() > 1e-6 || scaled < 0.5;
            scaled *= 10.0;
            more
        })
        .count()
}

/// What numbers on an axis are divided by.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    pub(super) size: f64,
    suffix: &'static str,
}

impl Unit {
    /// A number in this unit with a true minus sign; zero needs no unit.
    pub(super) fn write(self, value: f64, decimals: usize) -> String {
        if value == 0.0 {
            return "0".to_owned();
        }
        let sign = if value < 0.0 { "\u{2212}" } else { "" };
        format!("{sign}{:.decimals$}{}", (value / self.size).abs(), self.suffix)
    }
}

/// Numbers as they are.
pub(super) const PLAIN: Unit = Unit { size: 1.0, suffix: "" };
const UNITS: [(Unit, &str); 7] = [
    (PLAIN, ""),
    (Unit { size: 1e3, suffix: "k" }, "k = 10³"),
    (Unit { size: 1e6, suffix: "M" }, "M = 10⁶"),
    (Unit { size: 1e9, suffix: "G" }, "G = 10⁹"),
    (Unit { size: 1e12, suffix: "T" }, "T = 10¹²"),
    (Unit { size: 1e15, suffix: "P" }, "P = 10¹⁵"),
    (Unit { size: 1e18, suffix: "E" }, "E = 10¹⁸"),
];

/// The unit for counts up to `most`, and what the axis label says about it and the smaller ones.
pub(super) fn unit(most: f64) -> (Unit, String) {
    let mut used = UNITS.iter().filter(|(unit, _)| unit.size <= most.max(1.0));
    let said: Vec<&str> = used.clone().map(|(_, said)| *said).filter(|said| !said.is_empty()).collect();
    let note = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
    (used.next_back().map_or(PLAIN, |(unit, _)| *unit), note)
}

/// A count to three digits with its suffix: 312, 4.21k, 48.2k.
pub(super) fn short(count: f64) -> String {
    let (Unit { size, suffix }, _) = unit(count);
    let scaled = count / size;
    let decimals = match scaled {
        _ if suffix.is_empty() => 0,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{scaled:.decimals$}{suffix}")
}

/// A fraction in percent with a true minus sign: one digit after the point, two where one would hide its sign.
pub(super) fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    let written = match percent.abs() {
        1e5.. => format!("{:.1e}", percent.abs()),
        size @ 0.005..0.05 => format!("{size:.2}"),
        size => format!("{size:.1}"),
    };
    let sign = if percent < 0.0 && written != "0.0" { "\u{2212}" } else { "" };
    format!("{sign}{written}")
}

/// What an energy in pJ is divided by.
pub(super) const ENERGY: [(f64, &str); 5] = [(1.0, "pJ"), (1e3, "nJ"), (1e6, "µJ"), (1e9, "mJ"), (1e12, "J")];
/// What a time in seconds is divided by.
pub(super) const TIME: [(f64, &str); 4] = [(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")];
/// What a rate a second is divided by.
pub(super) const RATE: [(f64, &str); 3] = [(1.0, "/s"), (1e3, "thousand/s"), (1e6, "million/s")];

/// The largest unit in which the greatest value is at least 1.
pub(super) fn scaled(most: f64, units: &[(f64, &'static str)]) -> (f64, &'static str) {
    let fitting = units.iter().rev().find(|(size, _)| most >= *size);
    *fitting.or(units.first()).unwrap_or(&(1.0, ""))
}

/// A number above zero to three digits: 0.123, 4.56, 78.9, 1234.
pub(super) fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        ..0.01 => 4,
        ..1.0 => 3,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let written = format!("{:.decimals$}", value.abs());
    if value == 0.0 { "0".to_owned() } else { format!("{sign}{written}") }
}

/// A whole number as it is, any other to three digits.
pub(super) fn whole_or_three_digits(value: f64) -> String {
    if value.fract() == 0.0 && value >= 0.0 { format!("{value:.0}") } else { three_digits(value) }
}
