//! `policy.toml`: reading and writing exclusion policies.

use std::fmt::Write;

use crate::config::{Faults, Fields, Node};
use crate::decide::{
    Arithmetic, ArithmeticKind, FinalAnswer, MAXIMUM_BITS, Memory, Policy, Rule, RuleKind, Threshold,
    ThresholdUnit,
};

/// Reads and checks a policy for a network of `heads` heads.
///
/// # Errors
/// Every fault at once; among them lists that do not have one entry per head, and keys that the rule has no use for.
pub fn read_policy(node: &Node, heads: usize) -> Result<Policy, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let kind = fields.about("When a sample leaves at a head").choice("rule", RuleKind::default());
    refuse_idle_keys(&mut fields, kind);
    let memory =
        fields.about("What a head remembers of the heads before it").choice("memory", Memory::default());
    let answer =
        fields.about("How a sample that ran to the end is answered").choice("final", FinalAnswer::default());
    let arithmetic = arithmetic(&mut fields);
    let rule = rule(&mut fields, kind, heads);
    let on = fields
        .about("Which heads are on; all if left out")
        .booleans("heads")
        .unwrap_or_else(|| vec![true; heads]);
    check_length(&mut fields, "heads", on.len(), "true", heads);
    fields.finish();
    faults.none(Policy { rule, heads: on, memory, answer, arithmetic })
}

/// Keys that only some rules have a use for, why, and those rules. `never` and `no-heads` take every key, so that a
/// policy becomes its own baseline by its rule alone.
fn refuse_idle_keys(fields: &mut Fields<'_>, kind: RuleKind) {
    let has = |key: &'static str| move |kind: RuleKind| kind.facts().threshold.is_some_and(|t| t.key == key);
    let excludes = |kind: RuleKind| kind.facts().excludes;
    let looks_up = |kind: RuleKind| kind.facts().looks_up();
    let computes = |kind: RuleKind| kind.facts().computes();
    // A key, whether a rule knows it, and what to say where it does not.
    type Key<'a> = (&'static str, &'a dyn Fn(RuleKind) -> bool, &'static str);
    let keys: [Key<'_>; 7] = [
        ("beta", &has("beta"), "only relative-to-max compares with a part of the maximum"),
        ("threshold", &has("threshold"), "relative-to-max has `beta`, and the other rules have no threshold"),
        ("memory", &excludes, "without exclusion a head has nothing to remember"),
        ("final", &excludes, "without exclusion the final classifier has every class to choose from"),
        ("arithmetic", &computes, "this rule compares classes, not numbers"),
        ("probability_bits", &looks_up, "this rule looks no probability up"),
        ("threshold_bits", &looks_up, "this rule has no fraction to compare with"),
    ];
    for (key, uses, why) in keys {
        if is_baseline(kind) || uses(kind) {
            continue;
        }
        if let Some(node) = fields.node(key) {
            let title = format!("`{key}` does not go with `rule = \"{kind}\"`: {why}");
            let users = RuleKind::ALL.iter().filter(|kind| uses(**kind));
            let names: Vec<String> = users.map(|kind| format!("\"{kind}\"")).collect();
            fields.blame(
                Some(node),
                title,
                format!("leave it out; it goes with rule = {}", names.join(", ")),
            );
        }
    }
}

/// Whether a policy of any rule becomes it by its name alone.
fn is_baseline(kind: RuleKind) -> bool {
    matches!(kind, RuleKind::Never | RuleKind::NoHeads)
}

/// The rule with its thresholds.
fn rule(fields: &mut Fields<'_>, kind: RuleKind, heads: usize) -> Rule {
    if is_baseline(kind) {
        // Thresholds of the policy that this is the baseline of.
        let _ = (fields.node("beta"), fields.node("threshold"));
    }
    let Some(threshold) = kind.facts().threshold else {
        return Rule::with(kind, Vec::new());
    };
    let Threshold { key, unit, example, .. } = threshold;
    let meaning = match unit {
        ThresholdUnit::Heads => "Per head: how many heads must agree",
        ThresholdUnit::Score => {
            "Per head: a class is excluded whose score is farther below the highest, in units of the score"
        }
        _ if key == "beta" => {
            "Per head: a class is excluded whose probability is below this part of the largest"
        }
        _ => "Per head: how certain it must be",
    };
    let list = fields.about(meaning).reals(key, threshold.range());
    let is_read = list.is_some();
    let list =
        fields.require(key, &format!("[{}]", vec![example; heads].join(", ")), list).unwrap_or_default();
    if is_read {
        check_length(fields, key, list.len(), example, heads);
    }
    let part = list.iter().find(|number| number.fract() != 0.0);
    if let (ThresholdUnit::Heads, Some(part)) = (unit, part) {
        let title = format!("`{key}` has {part}, but {kind} counts heads that agree");
        fields.blame(fields.given(key), title, "write whole numbers from 1 on".into());
    }
    Rule::with(kind, list)
}

/// A list has one value per head.
fn check_length(fields: &mut Fields<'_>, key: &'static str, found: usize, value: &str, heads: usize) {
    if found != heads {
        let title = format!("`{key}` has {found} values, but the network has {heads} heads");
        let example = format!("[{}]", vec![value; heads].join(", "));
        let help = format!("write one value per head, shallow to deep, such as {key} = {example}");
        fields.blame(fields.given(key), title, help);
    }
}

fn arithmetic(fields: &mut Fields<'_>) -> Arithmetic {
    let most = u64::from(MAXIMUM_BITS);
    let mut bits = |key: &'static str, meaning| {
        u32::try_from(fields.about(meaning).integer(key, 1..=most, 12)).unwrap_or(12)
    };
    let probability_bits = bits("probability_bits", "Bits of a probability in the unit's tables");
    let threshold_bits = bits("threshold_bits", "Bits of a threshold in the unit");
    match fields
        .about("Whole numbers as in hardware, or real ones as the reference")
        .choice("arithmetic", ArithmeticKind::default())
    {
        ArithmeticKind::Integer => Arithmetic::Integer { probability_bits, threshold_bits },
        ArithmeticKind::Float => Arithmetic::Float,
    }
}

/// The text of a policy file; `comment` says, line by line, where it comes from.
#[must_use]
pub fn write_policy(policy: &Policy, comment: &str) -> String {
    let mut text: String = comment.lines().map(|line| format!("# {line}\n")).collect();
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    let _ = writeln!(text, "rule = \"{}\"", policy.rule.name());
    let facts = policy.rule.facts();
    if facts.excludes {
        let _ = writeln!(text, "memory = \"{}\"\nfinal = \"{}\"", policy.memory, policy.answer);
    }
    if facts.computes() {
        let _ = writeln!(text, "arithmetic = \"{}\"", policy.arithmetic.name());
    }
    if let (true, Arithmetic::Integer { probability_bits, threshold_bits }) =
        (facts.looks_up(), policy.arithmetic)
    {
        let _ = writeln!(text, "probability_bits = {probability_bits}\nthreshold_bits = {threshold_bits}");
    }
    if let Some(Threshold { key, unit, .. }) = facts.threshold {
        let values = policy.rule.thresholds().into_iter().map(|value| unit.written(value)).collect();
        let _ = writeln!(text, "{key} = {}", list(values));
    }
    let _ = writeln!(text, "heads = {}", list(policy.heads.iter().map(bool::to_string).collect()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::Measure;

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
            Rule::Distance { threshold: vec![0.0, 12.5] },
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
