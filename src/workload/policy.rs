//! `policy.toml`: reading and writing exclusion policies.

use std::fmt::Write;

use crate::config::{Faults, Fields, Node};
use crate::exclude::{Arithmetic, ArithmeticKind, FinalAnswer, MAXIMUM_BITS, Memory, Policy, Rule, RuleKind};

/// Reads and checks a policy for a network of `heads` heads.
///
/// # Errors
/// Every fault at once; among them lists that do not have one entry a head.
pub fn read_policy(node: &Node, heads: usize) -> Result<Policy, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let kind = fields.named("rule", RuleKind::NAMES, RuleKind::default());
    let memory = fields.named("memory", Memory::NAMES, Memory::default());
    let answer = fields.named("final", FinalAnswer::NAMES, FinalAnswer::default());
    let arithmetic = arithmetic(&mut fields);
    let example = format!("[{}]", vec!["0.1"; heads].join(", "));
    let beta = fields.reals("beta", 0.0..=1.0);
    let rule = match kind {
        RuleKind::RelativeToMax => {
            Rule::RelativeToMax { beta: fields.require("beta", &example, beta).unwrap_or_default() }
        }
        RuleKind::Never => Rule::Never,
        RuleKind::NoHeads => Rule::NoHeads,
    };
    let on = fields.booleans("heads").unwrap_or_else(|| vec![true; heads]);
    let lists = [
        ("beta", if let Rule::RelativeToMax { beta } = &rule { beta.len() } else { heads }),
        ("heads", on.len()),
    ];
    for (key, found) in lists.into_iter().filter(|(_, found)| *found != heads) {
        if key == "beta" && found == 0 {
            continue; // missing or faulty, and told so
        }
        let title = format!("`{key}` has {found} values, but the network has {heads} heads");
        let value = if key == "heads" { "true" } else { "0.1" };
        let example = format!("[{}]", vec![value; heads].join(", "));
        let help = format!("write one value a head, shallow to deep, such as {key} = {example}");
        fields.blame(fields.given(key), title, help);
    }
    fields.finish();
    faults.none(Policy { rule, heads: on, memory, answer, arithmetic })
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
    let _ = writeln!(text, "memory = \"{}\"", policy.memory);
    let _ = writeln!(text, "final = \"{}\"", policy.answer);
    let _ = writeln!(text, "arithmetic = \"{}\"", policy.arithmetic.as_str());
    if let Arithmetic::Integer { probability_bits, threshold_bits } = policy.arithmetic {
        let _ = writeln!(text, "probability_bits = {probability_bits}\nthreshold_bits = {threshold_bits}");
    }
    if let Rule::RelativeToMax { beta } = &policy.rule {
        let _ = writeln!(text, "beta = {}", list(beta.iter().map(|beta| format!("{beta:?}")).collect()));
    }
    let _ = writeln!(text, "heads = {}", list(policy.heads.iter().map(bool::to_string).collect()));
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
}
