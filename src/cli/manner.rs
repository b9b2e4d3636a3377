//! How the program speaks: with colour or without, with notes or without, in how many columns.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use super::args::Colour;

/// What the command line asks for.
#[derive(Clone, Copy, Debug)]
struct Manner {
    colour: Colour,
    quiet: bool,
}

static MANNER: OnceLock<Manner> = OnceLock::new();

/// Settles it, once.
pub(super) fn settle(colour: Colour, quiet: bool) {
    let _ = MANNER.set(Manner { colour, quiet });
}

fn manner() -> Manner {
    MANNER.get().copied().unwrap_or(Manner { colour: Colour::Auto, quiet: false })
}

/// Whether only results and errors are wanted.
pub(super) fn quiet() -> bool {
    manner().quiet
}

/// Whether a stream takes colours.
fn coloured(stream: &impl IsTerminal) -> bool {
    match manner().colour {
        Colour::Always => true,
        Colour::Never => false,
        // See no-color.org: set to anything but nothing.
        Colour::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
    }
}

/// Whether errors, warnings and notes are coloured.
pub(super) fn colours_errors() -> bool {
    coloured(&std::io::stderr())
}

/// Columns of standard output, where it is a terminal or the environment says how wide it is.
pub(super) fn columns() -> Option<usize> {
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    let seen = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    said().or_else(seen)
}

/// A heading, bold where standard output takes it.
pub(super) fn bold(text: &str) -> String {
    if coloured(&std::io::stdout()) { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Tells a note on standard error; nothing if nothing but results is wanted.
pub(super) fn note(text: &str) {
    if !quiet() {
        aside("note:", "36", text);
    }
}

/// Tells a warning on standard error.
pub(super) fn warn(text: &str) {
    aside("warning:", "33", text);
}

/// Writes a line to standard error. Where that is full or closed nobody hears it, and the command goes on.
pub(super) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn aside(word: &str, colour: &str, text: &str) {
    if colours_errors() {
        tell(&format!("\u{1b}[1;{colour}m{word}\u{1b}[0m {text}"));
    } else {
        tell(&format!("{word} {text}"));
    }
}
