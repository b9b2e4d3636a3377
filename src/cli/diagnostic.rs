//! Faults as a person reads them: cause, place in the source, remedy.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::manner::broken;
use crate::config::{Fault, Faults};

/// Columns before a title: `error: `.
const TITLE: usize = 7;
/// Columns before help, below a place in a file of up to 9,999 lines: `     = help: `.
const HELP: usize = 13;

/// Prints every fault to standard error.
pub(super) fn print(faults: &Faults) {
    let renderer = if super::manner::colours_errors() { Renderer::styled() } else { Renderer::plain() };
    for fault in &faults.0 {
        eprintln!("{}\n", render(&renderer, fault));
    }
    if faults.0.len() > 1 {
        eprintln!("{} faults", faults.0.len());
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
