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

/// A text for standard error, broken between words where that is a terminal; `taken` columns of each line are not the text's.
pub(super) fn broken(text: &str, taken: usize) -> String {
    match console::Term::stderr().size_checked() {
        Some((_, columns)) => wrapped(text, usize::from(columns).saturating_sub(taken)),
        None => text.to_owned(),
    }
}

fn wrapped(text: &str, width: usize) -> String {
    let line = |line: &str| {
        let mut lines = vec![String::new()];
        for word in line.split(' ') {
            let last = lines
                .last_mut()
                .filter(|last| last.is_empty() || last.chars().count() + 1 + word.chars().count() <= width);
            match last {
                Some(last) if last.is_empty() => last.push_str(word),
                Some(last) => *last += &format!(" {word}"),
                None => lines.push(word.to_owned()),
            }
        }
        lines.join("\n")
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
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
    let text = &broken(text, word.len() + 1).replace('\n', "\n  ");
    if colours_errors() {
        tell(&format!("\u{1b}[1;{colour}m{word}\u{1b}[0m {text}"));
    } else {
        tell(&format!("{word} {text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn words_stay_whole_and_lines_stay_apart() {
        assert_eq!(wrapped("one two three\nfour", 7), "one two\nthree\nfour");
        assert_eq!(wrapped("a/long/path x", 4), "a/long/path\nx");
        assert_eq!(wrapped("", 4), "");
    }
}
