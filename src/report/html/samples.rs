//! Samples that a page tells in full: which, and what each head made of them.

use super::json::{array, object, short, string};
use crate::decide::{Decisions, Explained, Reached, Rule};
use crate::report::explained::{highest, sentence_of};

/// Samples that are told in full, at most.
const MOST: usize = 240;
/// Scores that they may have together: of many classes and heads fewer samples are told.
const MOST_SCORES: usize = 20_000;
/// Classes of a head that are told.
const CLASSES: usize = 12;

/// Some samples of every exit, right and wrong ones, in turn: the first of each group, then the second, as many as a page
/// takes. In order.
#[must_use]
pub fn told_samples(decisions: &Decisions) -> Vec<usize> {
    let scores = (decisions.heads + 1) * decisions.classes.min(CLASSES);
    let most = (MOST_SCORES / scores.max(1)).clamp(1, MOST);
    let mut groups = vec![Vec::new(); 2 * (decisions.heads + 1)];
    for sample in 0..decisions.samples {
        let right = decisions.answers[sample] == decisions.labels[sample];
        groups[2 * decisions.exits[sample].segment() + usize::from(right)].push(sample);
    }
    let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
    let in_turn =
        (0..longest.min(most)).flat_map(|turn| groups.iter().filter_map(move |group| group.get(turn)));
    let mut chosen: Vec<usize> = in_turn.copied().take(most).collect();
    chosen.sort_unstable();
    chosen
}

/// `[{"sample", "final": [[class, score]], "heads": [{"reached", "text", "classes": [[class, code, score, compared, before,
/// after]]}]}]`.
pub(super) fn told(explained: &[(usize, Explained)], classes: &[String], rule: &Rule) -> String {
    array(explained.iter().map(|(number, found)| {
        let heads = found.heads.iter().map(|head| {
            let reached = match head.reached {
                Reached::Off => "off",
                Reached::Not => "not",
                Reached::GoesOn => "on",
                Reached::Leaves => "leaves",
            };
            let told = !matches!(head.reached, Reached::Off | Reached::Not);
            let rows = highest(&head.scores).into_iter().take(if told { CLASSES } else { 0 }).map(|class| {
                let alive = |there: &[usize]| u8::from(there.contains(&class));
                let code = head.codes.as_ref().map_or("null".to_owned(), |codes| codes[class].to_string());
                let (score, compared) = (short(head.scores[class]), short(head.compared[class]));
                format!("[{class},{code},{score},{compared},{},{}]", alive(&head.before), alive(&head.after))
            });
            object([
                ("reached", string(reached)),
                ("text", string(&sentence_of(rule, classes, head))),
                ("classes", array(rows)),
            ])
        });
        let last = highest(&found.classifier).into_iter().take(CLASSES);
        object([
            ("sample", number.to_string()),
            ("heads", array(heads)),
            ("final", array(last.map(|class| format!("[{class},{}]", short(found.classifier[class]))))),
        ])
    }))
}
