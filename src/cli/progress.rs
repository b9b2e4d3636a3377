//! A progress bar on a terminal, silence in a pipe.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for `length` of some things; indicatif hides it by itself when standard error is no terminal.
pub(super) fn bar(length: u64, what: &str, things: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let template =
        format!("{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {things}, {{per_sec}}, {{eta}} left");
    bar.set_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar
}
