//! `policy.toml`: reading and writing exclusion policies.

use std::fmt::Write;

use crate::config::{Faults, Fields, Node};
use crate::decide::{
    Arithmetic, ArithmeticKind, FinalAnswer, MAXIMUM_BITS, Measure, Memory, Policy, Rule, RuleKind,
};

/// Reads and checks a policy for a network of `heads` heads.
///
/// # Errors
/// Every fault at once; among them lists that do not have one entry a head, and keys that the rule has no use for.
pub fn read_policy(node: &Node, heads: usize) -> Result<Policy, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let kind = fields.named("rule", RuleKind::NAMES, RuleKind::default());
    refuse_idle_keys(&mut fields, kind);
    let memory = fields.named("memory", Memory::NAMES, Memory::default());
    let answer = fields.named("final", FinalAnswer::NAMES, FinalAnswer::default());
    let arithmetic = arithmetic(&mut fields);
    let rule = rule(&mut fields, kind, heads);
    let on = fields.booleans("heads").unwrap_or_else(|| vec![true; heads]);
    check_length(&mut fields, "heads", on.len(), "true", heads);
    fields.finish();
    faults.none(Policy { rule, heads: on, memory, answer, arithmetic })
}

/// Keys that only some rules have a use for, why, and those rules. `never` and `no-heads` take every key, so that a
/// policy becomes its own baseline by its rule alone.
fn refuse_idle_keys(fields: &mut Fields<'_>, kind: RuleKind) {
    use RuleKind::{Confidence, Entropy, Margin, Never, NoHeads, Patience, RelativeToMax};
    let of_exclusion = &[RelativeToMax][..];
    let thresholds = &[Confidence, Entropy, Margin, Patience][..];
    let numbers = &[RelativeToMax, Confidence, Entropy, Margin][..];
    let keys = [
        ("beta", of_exclusion, "only class exclusion compares with the maximum"),
        ("threshold", thresholds, "class exclusion has `beta`, and the other rules have no threshold"),
        ("memory", of_exclusion, "without exclusion a head has nothing to remember"),
        ("final", of_exclusion, "without exclusion the final classifier has every class to choose from"),
        ("arithmetic", numbers, "this rule compares classes, not numbers"),
        ("probability_bits", numbers, "this rule looks no probability up"),
        ("threshold_bits", numbers, "this rule has no fraction to compare with"),
    ];
    for (key, rules, why) in keys {
        if [Never, NoHeads].contains(&kind) || rules.contains(&kind) {
            continue;
        }
        if let Some(node) = fields.node(key) {
            let title = format!("`{key}` does not go with `rule = \"{kind}\"`: {why}");
            let names: Vec<String> = rules.iter().map(|kind| format!("\"{kind}\"")).collect();
            fields.blame(
                Some(node),
                title,
                format!("leave it out; it goes with rule = {}", names.join(", ")),
            );
        }
    }
}

/// The rule with its thresholds.
fn rule(fields: &mut Fields<'_>, kind: RuleKind, heads: usize) -> Rule {
    let mut list = |key, range, value: &str| -> Vec<f64> {
        let found = fields.reals(key, range);
        let example = format!("[{}]", vec![value; heads].join(", "));
        let missing_or_faulty = found.is_none();
        let found = fields.require(key, &example, found).unwrap_or_default();
        if !missing_or_faulty {
            check_length(fields, key, found.len(), value, heads);
        }
        found
    };
    match kind {
        RuleKind::RelativeToMax => Rule::RelativeToMax { beta: list("beta", 0.0..=1.0, "0.1") },
        RuleKind::Confidence => softmax(Measure::Confidence, list("threshold", 0.0..=1.0, "0.9")),
        RuleKind::Entropy => softmax(Measure::Entropy, list("threshold", 0.0..=1.0, "0.1")),
        RuleKind::Margin => softmax(Measure::Margin, list("threshold", 0.0..=1.0, "0.8")),
        RuleKind::Patience => {
            let agreements = list("threshold", 1.0..=f64::from(u16::MAX), "2");
            if let Some(part) = agreements.iter().find(|number| number.fract() != 0.0) {
                let title = format!("`threshold` has {part}, but patience counts heads that agree");
                fields.blame(fields.given("threshold"), title, "write whole numbers from 1 on".into());
            }
            Rule::Patience { threshold: agreements.into_iter().map(whole).collect() }
        }
        RuleKind::Oracle => Rule::Oracle,
        RuleKind::Never | RuleKind::NoHeads => {
            // Thresholds of the policy that this is the baseline of.
            let _ = (fields.node("beta"), fields.node("threshold"));
            if kind == RuleKind::Never { Rule::Never } else { Rule::NoHeads }
        }
    }
}

fn softmax(measure: Measure, threshold: Vec<f64>) -> Rule {
    Rule::Softmax { measure, threshold }
}

/// A count that was read as a real number in the range of u16.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn whole(number: f64) -> u16 {
    number as u16
}

/// A list has one value a head.
fn check_length(fields: &mut Fields<'_>, key: &'static str, found: usize, value: &str, heads: usize) {
    if found != heads {
        let title = format!("`{key}` has {found} values, but the network has {heads} heads");
        let example = format!("[{}]", vec![value; heads].join(", "));
        let help = format!("write one value a head, shallow to deep, such as {key} = {example}");
        fields.blame(fields.given(key), title, help);
    }
}

fn arithmetic(fields: &mut Fields<'_>) -> Arithmetic {
    let most = u64::from(MAXIMUM_BITS);
    let mut bits = |key: &'static str| u32::try_from(fields.integer(key, 1..=most, 12)).unwrap_or(12);
    let (probability_bits, threshold_bits) = (bits("probability_bits"), bits("threshold_bits"));
    match fields.named("arithmetic", ArithmeticKind::NAMES, ArithmeticKind::default()) {
        ArithmeticKind::Integer => Arithmetic::Integer { probability_bits, threshold_bits },
        ArithmeticKind::Float => Arithmetic::Float,
    }
}

/// The text of a policy file; `comment` says, line by line, where it comes from.
#[must_use]
pub fn write_policy(policy: &Policy, comment: &str) -> String {
    let mut text: String = comment.lines().map(|line| format!("# {line}\n")).collect();
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    let _ = writeln!(text, "rule = \"{}\"", policy.rule.as_str());
    let fractions =
        |values: &[f64]| list(values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>());
    match &policy.rule {
        Rule::RelativeToMax { beta } => {
            let _ = writeln!(text, "memory = \"{}\"\nfinal = \"{}\"", policy.memory, policy.answer);
            text += &arithmetic_text(policy.arithmetic);
            let _ = writeln!(text, "beta = {}", fractions(beta));
        }
        Rule::Softmax { threshold, .. } => {
            text += &arithmetic_text(policy.arithmetic);
            let _ = writeln!(text, "threshold = {}", fractions(threshold));
        }
        Rule::Patience { threshold } => {
            let counts = threshold.iter().map(u16::to_string).collect();
            let _ = writeln!(text, "threshold = {}", list(counts));
        }
        Rule::Oracle | Rule::Never | Rule::NoHeads => {}
    }
    let _ = writeln!(text, "heads = {}", list(policy.heads.iter().map(bool::to_string).collect()));
    text
}

fn arithmetic_text(arithmetic: Arithmetic) -> String {
    let mut text = format!("arithmetic = \"{}\"\n", arithmetic.as_str());
    if let Arithmetic::Integer { probability_bits, threshold_bits } = arithmetic {
        let _ = writeln!(text, "probability_bits = {probability_bits}\nthreshold_bits = {threshold_bits}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_policy_reads_back() {
        let mut policy = Policy::relative_to_max(vec![0.01, 0.5, 0.99]);
        policy.heads[1] = false;
        policy.memory = Memory::Monotone;
        policy.arithmetic = Arithmetic::Integer { probability_bits: 8, threshold_bits: 16 };
        let text = write_policy(&policy, "made by a test\nin two lines");
        let node = crate::config::parse("policy.toml", &text).unwrap();
        assert_eq!(read_policy(&node, 3).unwrap(), policy);
        assert!(read_policy(&node, 4).is_err());
    }

    #[test]
    fn every_rule_reads_back() {
        let of = |rule| Policy { rule, heads: vec![true, false], ..Policy::never(2) };
        let softmax = |measure| Rule::Softmax { measure, threshold: vec![0.5, 0.995] };
        let rules = [
            softmax(Measure::Confidence),
            softmax(Measure::Entropy),
            softmax(Measure::Margin),
            Rule::Patience { threshold: vec![1, 3] },
            Rule::Oracle,
            Rule::Never,
            Rule::NoHeads,
        ];
        for policy in rules.map(of) {
            let node = crate::config::parse("policy.toml", &write_policy(&policy, "")).unwrap();
            assert_eq!(read_policy(&node, 2).unwrap(), policy);
        }
    }

    #[test]
    fn any_policy_becomes_its_baseline() {
        let text = "rule = \"never\"\nbeta = [0.1]\nthreshold = [0.5]\nmemory = \"monotone\"\n";
        let node = crate::config::parse("policy.toml", text).unwrap();
        assert_eq!(read_policy(&node, 1).unwrap().rule, Rule::Never);
    }
}
