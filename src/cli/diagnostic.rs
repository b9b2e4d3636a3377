//! Faults as a person reads them: cause, place in the source, remedy.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::manner::{broken, tell};
use crate::config::{Fault, FaultKind, Faults};

/// Faults of one kind that are shown; the others are counted.
const SHOWN: usize = 50;

/// Columns before a title: `error: `.
const TITLE: usize = 7;
/// Columns before help, below a place in a file of up to 9,999 lines: `     = help: `.
const HELP: usize = 13;

/// Prints every fault to standard error.
pub(super) fn print(faults: &Faults) {
    let renderer = if super::manner::colours_errors() { Renderer::styled() } else { Renderer::plain() };
    let mut kinds: Vec<(FaultKind, usize)> = Vec::new();
    let mut left_out = 0;
    for fault in &faults.0 {
        let at = kinds.iter().position(|(kind, _)| *kind == fault.kind).unwrap_or(kinds.len());
        if at == kinds.len() {
            kinds.push((fault.kind, 0));
        }
        kinds[at].1 += 1;
        if kinds[at].1 <= SHOWN {
            tell(&format!("{}\n", render(&renderer, fault)));
        } else {
            left_out += 1;
        }
    }
    match (faults.0.len(), left_out) {
        (0 | 1, _) => {}
        (all, 0) => tell(&format!("{all} faults")),
        (all, left_out) => tell(&format!("{all} faults; {left_out} more like those above are not shown")),
    }
}

fn render(renderer: &Renderer, fault: &Fault) -> String {
    let (title, help) = (broken(&fault.title, TITLE), broken(&fault.help, HELP));
    let mut group = Level::ERROR.primary_title(title.as_str()).elements(None::<annotate_snippets::Padding>);
    if let Some((source, span)) = &fault.place {
        let end = source.text.len();
        let span = span.start.min(end)..span.end.min(end);
        group = group.element(
            Snippet::source(source.text.as_str())
                .path(source.name.as_str())
                .annotation(AnnotationKind::Primary.span(span).label(fault.label.as_str())),
        );
    }
    if !fault.help.is_empty() {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}
