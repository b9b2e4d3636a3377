//! `[arrivals]`: when inputs come, by rule or from a file of times.

use std::sync::Arc;

use super::Arrivals;
use crate::config::{Fault, Faults, Fields, Source};
use crate::names::closed_set;
use crate::units::{PerSecond, Seconds};

closed_set! {
    enum Process {
        Poisson = "poisson",
        Periodic = "periodic",
        Recorded = "recorded",
    }
}

/// Slowest rate: an input in 17 minutes. Slower, a run's time in cycles could outgrow 64 bits.
const LEAST_RATE: f64 = 1e-3;
/// Most inputs a second: one a picosecond.
const MOST_RATE: f64 = 1e12;

/// Latest recorded time in s, a year, and most recorded times, for the same reason.
const LATEST: f64 = 31_536_000.0;
const MOST_TIMES: usize = 10_000_000;

/// Takes the keys of the table. Keys of another process are unknown here, and so faults.
pub(super) fn read(fields: &mut Fields<'_>) -> Option<Arrivals> {
    let process = fields.about("How inputs arrive").choice_if_any::<Process>("process");
    let Some(process) = fields.require("process", "\"poisson\"", process) else {
        // Which keys go with it is not known then: one fault is enough.
        for key in ["rate", "seed", "file"] {
            fields.node(key);
        }
        return None;
    };
    match process {
        Process::Poisson => {
            let seed = fields.about("Of the random arrivals").integer("seed", 0..=u64::MAX >> 1, 1);
            rate(fields).map(|rate| Arrivals::Poisson { rate, seed })
        }
        Process::Periodic => rate(fields).map(|rate| Arrivals::Periodic { rate }),
        Process::Recorded => {
            let file = fields.about("File of arrival times, relative to this one: one time in seconds per line, never falling").text("file");
            fields.require("file", "\"times.csv\"", file).map(|file| Arrivals::Recorded { file })
        }
    }
}

fn rate(fields: &mut Fields<'_>) -> Option<PerSecond> {
    let rate = fields.about("Arrivals per second").quantity("rate", LEAST_RATE..=MOST_RATE);
    fields.require("rate", "\"1000 /s\"", rate)
}

/// Reads arrival times from a text named `name`: seconds, one per line, none before the line above. Empty lines and
/// lines that begin with `#` say nothing.
///
/// # Errors
/// Every line that is no such time, and a file without any.
pub fn recorded_times(name: &str, text: &str) -> Result<Vec<Seconds>, Faults> {
    let source = Arc::new(Source::new(name, text));
    let mut faults = Faults::default();
    let mut times: Vec<Seconds> = Vec::new();
    let mut start = 0;
    for (index, line) in text.split('\n').enumerate() {
        let said = line.trim();
        if !said.is_empty() && !said.starts_with('#') {
            match time(said, times.last().copied()) {
                Ok(time) => times.push(time),
                Err(found) => {
                    let title = format!("{name}, line {}: `{said}` {found}", index + 1);
                    let help = "write one arrival time in seconds per line, in the order of arrival";
                    let span = start..start + line.trim_end().len();
                    faults.0.push(Fault::new(title, help).at(&source, span, "this line"));
                }
            }
        }
        start += line.len() + 1;
    }
    if times.is_empty() && faults.0.is_empty() {
        return Err(
            Fault::new(format!("{name} has no arrival times"), "write one time in seconds per line").into()
        );
    }
    if times.len() > MOST_TIMES {
        let title = format!("{name} has {} arrival times: at most {MOST_TIMES} can be queued", times.len());
        faults.0.push(Fault::new(title, "give a part of them"));
    }
    faults.none(times)
}

fn time(said: &str, before: Option<Seconds>) -> Result<Seconds, String> {
    let time = said.parse().map_err(|_| "is not a number".to_owned())?;
    if !(0.0..=LATEST).contains(&time) {
        return Err(format!("is not from 0 to {LATEST} s"));
    }
    match before {
        Some(before) if time < before.0 => Err(format!("is before the arrival above it, at {} s", before.0)),
        _ => Ok(Seconds(time)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_order_and_faults_name_their_lines() {
        let times = recorded_times("times.csv", "# start\n0\n0.5\n\n0.5\r\n2e0\n").unwrap();
        assert_eq!(times, [0.0, 0.5, 0.5, 2.0].map(Seconds));
        let faults = recorded_times("times.csv", "1\nsoon\n0.5\n-1\nNaN\n3\n").unwrap_err().0;
        let titles: Vec<&str> = faults.iter().map(|fault| fault.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "times.csv, line 2: `soon` is not a number",
                "times.csv, line 3: `0.5` is before the arrival above it, at 1 s",
                "times.csv, line 4: `-1` is not from 0 to 31536000 s",
                "times.csv, line 5: `NaN` is not from 0 to 31536000 s",
            ]
        );
        assert!(recorded_times("times.csv", "# nothing\n").is_err());
    }
}
