//! One sample told: scores, survivors and thresholds at each head, what was decided and why, and what its path cost.

use super::{Form, Table, grouped, prose};
use crate::decide::{Explained, HeadExplained, Measure, Reached, Rule, Test};
use crate::units::{nearest, real};

/// What a sample's path took, beside the whole network.
#[derive(Clone, Debug)]
pub struct PathCost {
    /// Cycles of each segment that it ran.
    pub segments: Vec<u64>,
    /// Cycles of the sample.
    pub cycles: u64,
    /// Energy of the sample, pJ.
    pub energy_pj: f64,
    /// The plain network's cycles and energy.
    pub plain: (f64, f64),
    /// The same with all heads running and no exit.
    pub all_heads: (f64, f64),
}

/// A sample and how it is called.
pub struct Told<'a> {
    /// Its number, from 0.
    pub number: usize,
    /// Names of the classes.
    pub classes: &'a [String],
    /// The rule.
    pub rule: &'a Rule,
    /// What was decided.
    pub explained: &'a Explained,
    /// What the plain network answers.
    pub plain_answer: usize,
    /// What it cost.
    pub cost: &'a PathCost,
}

/// Classes that are listed at a head.
const MOST: usize = 12;
/// A class's name is no longer than this in a table.
const LONGEST: usize = 24;

/// The text for a terminal.
#[must_use]
pub fn explained_text(told: &Told<'_>) -> String {
    let Explained { heads, label, answer, exit, .. } = told.explained;
    let name = |class: usize| name(told.classes, class);
    let right = if label == answer { "right".to_owned() } else { format!("wrong: it is {}", name(*label)) };
    let left = if exit.segment() < heads.len() {
        format!("leaves at head {} of {}", exit.number(), heads.len())
    } else {
        "runs to the end".to_owned()
    };
    let mut text = format!("sample {}: answered {}, {right}; {left}\n", told.number, name(*answer));
    text += &format!("  the plain network answers {}\n", name(told.plain_answer));
    for (number, head) in (1..).zip(heads) {
        text += &format!("\nhead {number}: {}\n", sentence_of(told.rule, told.classes, head));
        if !matches!(head.reached, Reached::Off | Reached::Not) {
            text += &table(told, head).written(Form::Plain);
            let shown = head.scores.len().min(MOST);
            if shown < head.scores.len() {
                text += &format!("  the {shown} highest of {} classes\n", head.scores.len());
            }
        }
    }
    if exit.segment() >= heads.len() {
        text += &format!("\nfinal classifier: answers {}\n", name(*answer));
    }
    prose(&(text + &cost(told.cost)))
}

fn name(classes: &[String], class: usize) -> String {
    let full = classes.get(class).cloned().unwrap_or_else(|| class.to_string());
    if full.chars().count() <= LONGEST {
        return full;
    }
    full.chars().take(LONGEST - 3).collect::<String>() + "..."
}

/// What a head did, and why, in a sentence.
#[must_use]
pub(super) fn sentence_of(rule: &Rule, classes: &[String], head: &HeadExplained) -> String {
    let done = match head.reached {
        Reached::Off => return "off".to_owned(),
        Reached::Not => return "not reached".to_owned(),
        Reached::Leaves => "leaves".to_owned(),
        Reached::GoesOn => "goes on".to_owned(),
    };
    let alive = format!("{} of {} classes survive; {done}", head.after.len(), head.before.len());
    let rule = rule.name();
    match head.test {
        None => format!("{rule} excludes nothing; {done}"),
        Some(Test::Beside { threshold, maximum, limit, distance: false }) => format!(
            "{alive}. By {rule}, a class survives above {threshold} x {maximum:.4} = {limit:.4}; the highest always does"
        ),
        Some(Test::Beside { threshold, maximum, limit, distance: true }) => {
            format!("{alive}. By {rule}, a class survives from {maximum:.3} - {threshold} = {limit:.3} on")
        }
        Some(Test::Certain { measure, value, second, threshold }) => {
            let holds = head.reached == Reached::Leaves;
            let beside =
                second.map_or_else(String::new, |second| format!(", of the second class {second:.4}"));
            let asked = match measure {
                Measure::Confidence => "exactly one class above",
                Measure::Margin => "above",
                Measure::Entropy => "below",
            };
            let sure = if holds { "sure" } else { "not sure" };
            format!("{rule} is {value:.4}{beside}; it must be {asked} {threshold}: {sure}, {done}")
        }
        Some(Test::Agreed { times, needed }) => {
            format!("its top class was confirmed {times} times in a row, {needed} are needed; {done}")
        }
        Some(Test::Knows { end }) => {
            format!("the final classifier will answer {}; {done}", name(classes, end))
        }
    }
}

/// The classes of a head, the highest first; those before and after it.
fn table(told: &Told<'_>, head: &HeadExplained) -> Table {
    let what = match told.rule {
        Rule::RelativeToMax { .. } | Rule::Softmax { .. } => "probability",
        Rule::Distance { .. } | Rule::Patience { .. } | Rule::Oracle | Rule::Never | Rule::NoHeads => "",
    };
    let mut table = Table::new(["class"]);
    if head.codes.is_some() {
        table.column("code");
    }
    table.column("score");
    if !what.is_empty() {
        table.column(what);
    }
    table.column("before");
    table.column("after");
    for class in highest(&head.scores).into_iter().take(MOST) {
        let mut cells = vec![name(told.classes, class)];
        cells.extend(head.codes.as_ref().map(|codes| codes[class].to_string()));
        cells.push(format!("{:.3}", head.scores[class]));
        if !what.is_empty() {
            cells.push(format!("{:.4}", head.compared[class]));
        }
        let alive = |there: &[usize]| if there.contains(&class) { "alive" } else { "-" }.to_owned();
        cells.extend([alive(&head.before), alive(&head.after)]);
        table.row(cells);
    }
    table
}

/// Classes by their scores, the highest first; of equal ones the lowest class.
#[must_use]
pub(super) fn highest(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order
}

fn cost(cost: &PathCost) -> String {
    let segments: Vec<String> = cost.segments.iter().map(|cycles| grouped(*cycles)).collect();
    let of = |(cycles, energy): (f64, f64), what: &str| {
        format!(
            "  {what}: {} cycles, {:.1} nJ; this path saves {:.1} % and {:.1} %\n",
            grouped(nearest(cycles)),
            1e-3 * energy,
            100.0 * (1.0 - real(cost.cycles) / cycles),
            100.0 * (1.0 - cost.energy_pj / energy)
        )
    };
    format!(
        "\ncost: {} cycles, {:.1} nJ\n  by segment: {} cycles\n{}{}",
        grouped(cost.cycles),
        1e-3 * cost.energy_pj,
        segments.join(" + "),
        of(cost.plain, "plain network"),
        of(cost.all_heads, "all heads")
    )
}
