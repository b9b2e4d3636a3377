//! A progress bar on a terminal, silence in a pipe.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for `length` samples; indicatif hides it by itself when standard error is no terminal.
pub(super) fn bar(length: usize, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    let template = "{msg} {wide_bar} {human_pos}/{human_len} samples, {per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar
}
