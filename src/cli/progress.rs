//! A progress bar on a terminal, silence in a pipe.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use super::manner;
use crate::load::Watch;

/// Notes on standard error, each once, and replays as a bar.
pub(super) struct Terminal {
    told: Mutex<BTreeSet<String>>,
    bar: Mutex<ProgressBar>,
}

/// The terminal of this process.
pub(super) fn terminal() -> &'static Terminal {
    static TERMINAL: LazyLock<Terminal> =
        LazyLock::new(|| Terminal { told: Mutex::default(), bar: Mutex::new(ProgressBar::hidden()) });
    &TERMINAL
}

/// What is behind a lock, even if a thread panicked with it: half a bar does no harm.
fn locked<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch for Terminal {
    fn note(&self, note: &str) {
        if locked(&self.told).insert(note.to_owned()) {
            manner::note(note);
        }
    }

    fn begin(&self, samples: usize) {
        *locked(&self.bar) = bar(u64::try_from(samples).unwrap_or(u64::MAX), "replay", "samples");
    }

    fn advance(&self, samples: usize) {
        locked(&self.bar).inc(u64::try_from(samples).unwrap_or(0));
    }

    fn end(&self) {
        locked(&self.bar).finish_and_clear();
    }
}

/// A bar for `length` of some things; indicatif hides it by itself when standard error is no terminal.
pub(super) fn bar(length: u64, what: &str, things: &str) -> ProgressBar {
    let bar = if manner::quiet() { ProgressBar::hidden() } else { ProgressBar::new(length) };
    let template =
        format!("{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {things}, {{rate}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.with_key("rate", rate));
    bar.set_message(what.to_owned());
    bar
}

/// How many a second, in whole ones.
fn rate(state: &ProgressState, out: &mut dyn Write) {
    // A bar that cannot be drawn is no reason to stop.
    let _ = write!(out, "{}/s", HumanCount(crate::units::nearest(state.per_sec())));
}

/// Steps that a fraction is shown in.
const STEPS: u64 = 1000;

/// A bar for work whose end is known only as a fraction; see [`show`].
pub(super) fn part(what: &str) -> ProgressBar {
    let bar = if manner::quiet() { ProgressBar::hidden() } else { ProgressBar::new(STEPS) };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar
}

/// Shows how much of the work of [`part`] is done, 0 to 1.
pub(super) fn show(bar: &ProgressBar, done: f64) {
    bar.set_position(crate::units::whole_cycles(done * crate::units::real(STEPS)).0);
}

/// A line for the end of some work: what is done now, and for how long.
pub(super) fn step(what: &str) -> ProgressBar {
    if manner::quiet() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}
