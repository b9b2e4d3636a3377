//! Timelines as a Chrome trace in JSON, which Perfetto and `chrome://tracing` open.
//!
//! One nanosecond there is one cycle here: viewers count in time, and no clock divides every cycle into whole
//! nanoseconds. The clock stands in the trace.

use std::fmt::Write;

use crate::time::timeline::{Doing, Gauge, Timeline, Track};

/// What the traces are of.
pub struct Subject<'a> {
    /// Name of the network.
    pub network: &'a str,
    /// Name of the machine.
    pub machine: &'a str,
    /// Hz.
    pub clock_hz: f64,
}

/// One timeline and how it is called: a process in the viewer.
pub struct Shown<'a> {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub line: &'a Timeline,
}

/// All timelines as one trace.
#[must_use]
pub fn trace(subject: &Subject<'_>, shown: &[Shown<'_>]) -> String {
    let about = serde_json::json!({
        "tool": concat!("exclusim ", env!("CARGO_PKG_VERSION")),
        "network": subject.network,
        "machine": subject.machine,
        "clock_hz": subject.clock_hz,
        "unit": "1 ns of this trace is 1 cycle",
    });
    let mut events = Vec::new();
    for (pid, Shown { name, line }) in (1..).zip(shown) {
        named(&mut events, pid, name);
        slices(&mut events, pid, line);
        levels(&mut events, pid, line);
    }
    let events = events.join(",\n");
    format!("{{\"displayTimeUnit\":\"ns\",\"otherData\":{about},\"traceEvents\":[\n{events}\n]}}\n")
}

/// Numbers of tracks count from 1.
fn tid(track: Track) -> usize {
    track as usize + 1
}

fn named(events: &mut Vec<String>, pid: usize, name: &str) {
    let mut about = |tid: usize, what: &str, value: serde_json::Value| {
        let key = if what.ends_with("index") { "sort_index" } else { "name" };
        events.push(
            serde_json::json!({"ph": "M", "pid": pid, "tid": tid, "name": what, "args": {key: value}})
                .to_string(),
        );
    };
    about(0, "process_name", name.into());
    about(0, "process_sort_index", pid.into());
    for track in Track::ALL {
        about(tid(track), "thread_name", track.name().into());
        about(tid(track), "thread_sort_index", tid(track).into());
    }
}

/// A number of cycles in the viewer's microseconds.
fn time(cycles: u64) -> String {
    format!("{}.{:03}", cycles / 1000, cycles % 1000)
}

fn slices(events: &mut Vec<String>, pid: usize, line: &Timeline) {
    let layers: Vec<String> =
        line.layers.iter().map(|name| serde_json::Value::from(&**name).to_string()).collect();
    for slice in &line.slices {
        let layer = &layers[slice.layer];
        let (name, more) = match slice.doing {
            Doing::Layer => (layer.clone(), String::new()),
            Doing::Tile { extent: [m, n, k] } => {
                ("\"tile\"".to_owned(), format!(",\"layer\":{layer},\"m\":{m},\"n\":{n},\"k\":{k}"))
            }
            Doing::Cause(cause) => (format!("\"{}\"", cause.name()), format!(",\"layer\":{layer}")),
            Doing::Transfer { what, bytes } => {
                (format!("\"{}\"", what.name()), format!(",\"layer\":{layer},\"bytes\":{bytes}"))
            }
        };
        let mut event = String::new();
        // Writing into memory cannot fail.
        let _ = write!(
            event,
            "{{\"ph\":\"X\",\"pid\":{pid},\"tid\":{},\"ts\":{},\"dur\":{},\"name\":{name},\"args\":{{\"cycles\":{}{more}}}}}",
            tid(slice.track),
            time(slice.start),
            time(slice.cycles),
            slice.cycles
        );
        events.push(event);
    }
}

fn levels(events: &mut Vec<String>, pid: usize, line: &Timeline) {
    let last = Gauge::ALL.map(|gauge| line.levels.iter().rev().find(|level| level.gauge == gauge).copied());
    // A counter is drawn up to its last value; without one at the end it would seem to stop before.
    let ends =
        last.into_iter().flatten().map(|level| crate::time::timeline::Level { cycle: line.cycles, ..level });
    for level in line.levels.iter().copied().chain(ends) {
        let (name, at, value) = (level.gauge.name(), time(level.cycle), level.value);
        events.push(format!(
            "{{\"ph\":\"C\",\"pid\":{pid},\"ts\":{at},\"name\":\"{name}\",\"args\":{{\"value\":{value}}}}}"
        ));
    }
}
