//! What a policy says: the rule and its thresholds, which heads are on, memory, final answer and arithmetic.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::unit::{UnitRule, UnitSize};

/// Most bits a probability or a threshold may have: products of the two then fit 33 bits, and so a `u64` with room.
pub const MAXIMUM_BITS: u32 = 16;

/// A name that is none of those a key of the policy can take.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("unknown {key} `{found}`; write one of: {}", names.join(", "))]
pub struct UnknownName {
    /// The key: `rule`, `memory`, `final` or `arithmetic`.
    pub key: &'static str,
    /// What was written.
    pub found: String,
    /// All names that the key can take.
    pub names: &'static [&'static str],
}

/// Gives a plain enum its names, once for both directions and for the error message.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $key:literal, $($(#[$attribute:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub enum $name { $($(#[$attribute])* $variant),+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &[$name] = &[$($name::$variant),+];
            /// Every name, in the order of the documentation.
            pub const NAMES: &[&str] = &[$($text),+];

            /// The name as it stands in `policy.toml`.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                let known = Self::ALL.iter().copied().find(|value| value.as_str() == text);
                known.ok_or_else(|| UnknownName { key: $key, found: text.to_owned(), names: Self::NAMES })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

named! {
    /// The names of [`Rule`], without the thresholds.
    RuleKind, "rule",
    /// See [`Rule::RelativeToMax`].
    #[default]
    RelativeToMax = "relative-to-max",
    /// See [`Measure::Confidence`].
    Confidence = "confidence",
    /// See [`Measure::Entropy`].
    Entropy = "entropy",
    /// See [`Measure::Margin`].
    Margin = "margin",
    /// See [`Rule::Patience`].
    Patience = "patience",
    /// See [`Rule::Oracle`].
    Oracle = "oracle",
    /// See [`Rule::Never`].
    Never = "never",
    /// See [`Rule::NoHeads`].
    NoHeads = "no-heads",
}

named! {
    /// What a head remembers of the heads before it. The three are different rules, not approximations of one.
    Memory, "memory",
    /// The maximum is over all classes, and its class is put back first even if an earlier head excluded it; others
    /// survive if they pass and survived so far. The authors' reference code, at batch 1.
    #[default]
    ReadmitTop = "readmit-top",
    /// The maximum is over the survivors, which only shrink: hardware that skips the scores of excluded classes
    /// cannot put one back.
    Monotone = "monotone",
    /// Each head alone, from all classes; the last enabled head's survivors reach the final answer.
    Memoryless = "memoryless",
}

named! {
    /// How a sample that ran to the end is answered. Ties go to the lowest class index.
    FinalAnswer, "final",
    /// Arg max of the classifier's scores over the survivors.
    #[default]
    Survivors = "survivors",
    /// Arg max of score times mask, the score dequantized: an excluded class counts as zero and so beats a negative
    /// score. The authors' reference code while it searches thresholds.
    Product = "product",
    /// Arg max over all classes, the mask ignored. The authors' reference code while it tests.
    All = "all",
}

named! {
    /// The names of [`Arithmetic`], without the bits.
    ArithmeticKind, "arithmetic",
    /// See [`Arithmetic::Integer`].
    #[default]
    Integer = "integer",
    /// See [`Arithmetic::Float`].
    Float = "float",
}

/// What makes a head certain of its answer, of p = the softmax of its scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Exactly one class has p above the threshold: the conventional early exit that the paper compares with.
    Confidence,
    /// The entropy of p, as a fraction of the ln(classes) that no distribution exceeds, is below the threshold
    /// (BranchyNet, Teerapittayanon, McDanel and Kung, ICPR 2016; the fraction is that of the same authors' DDNN,
    /// ICDCS 2017).
    Entropy,
    /// The largest p exceeds the second largest by more than the threshold (Park et al., "Big/LITTLE deep neural
    /// network for ultra low power inference", CODES+ISSS 2015).
    Margin,
}

impl Measure {
    /// The rule that goes by this measure.
    pub fn kind(self) -> RuleKind {
        match self {
            Measure::Confidence => RuleKind::Confidence,
            Measure::Entropy => RuleKind::Entropy,
            Measure::Margin => RuleKind::Margin,
        }
    }
}

/// When a head excludes a class, or answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Class c survives iff p_c > beta * p_max, with p the sigmoid of the class's score; the top class always does
    /// (the paper's rule, arXiv 2309.13443).
    RelativeToMax {
        /// One threshold a head, shallow to deep, 0 to 1; that of a disabled head is not used.
        beta: Vec<f64>,
    },
    /// A head answers with its top class when it is certain; until then no class is excluded.
    Softmax {
        /// What makes it certain.
        measure: Measure,
        /// One threshold a head, shallow to deep, 0 to 1; that of a disabled head is not used.
        threshold: Vec<f64>,
    },
    /// A head answers when its top class and that of the heads before it have been the same so many times in a row
    /// (Zhou et al., "BERT Loses Patience", NeurIPS 2020): the first head has agreed 0 times.
    Patience {
        /// Agreements needed at each head, shallow to deep, at least 1; that of a disabled head is not used.
        threshold: Vec<u16>,
    },
    /// A head answers when its top class is that of the final classifier, which no hardware could know: the earliest
    /// exits that change no answer.
    Oracle,
    /// Every enabled head runs and excludes nothing: what the heads cost without what they save.
    Never,
    /// The plain backbone: the heads do not exist.
    NoHeads,
}

impl Rule {
    /// The rule's kind, which carries its name.
    pub fn kind(&self) -> RuleKind {
        match self {
            Rule::RelativeToMax { .. } => RuleKind::RelativeToMax,
            Rule::Softmax { measure, .. } => measure.kind(),
            Rule::Patience { .. } => RuleKind::Patience,
            Rule::Oracle => RuleKind::Oracle,
            Rule::Never => RuleKind::Never,
            Rule::NoHeads => RuleKind::NoHeads,
        }
    }

    /// The rule's name as it stands in `policy.toml`.
    pub fn as_str(&self) -> &'static str {
        self.kind().as_str()
    }

    /// What a unit that decides by it is built for: `never` watches with the unit of class exclusion.
    #[must_use]
    pub fn unit(&self) -> UnitRule {
        match self.kind() {
            RuleKind::RelativeToMax | RuleKind::Never | RuleKind::NoHeads => UnitRule::Exclusion,
            RuleKind::Confidence => UnitRule::Confidence,
            RuleKind::Margin => UnitRule::Margin,
            RuleKind::Entropy => UnitRule::Entropy,
            RuleKind::Patience => UnitRule::Patience,
            RuleKind::Oracle => UnitRule::Oracle,
        }
    }

    /// Whether classes are excluded before the exit.
    pub fn excludes(&self) -> bool {
        match self {
            Rule::RelativeToMax { .. } => true,
            Rule::Softmax { .. } | Rule::Patience { .. } | Rule::Oracle | Rule::Never | Rule::NoHeads => {
                false
            }
        }
    }
}

/// How the exclusion unit computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// As hardware does: table entries and thresholds are whole numbers, bit-exact.
    Integer {
        /// Width of a probability or of an exponential, 1 to [`MAXIMUM_BITS`].
        probability_bits: u32,
        /// Fraction bits of a threshold, 1 to [`MAXIMUM_BITS`]; beta = 1 needs one bit more.
        threshold_bits: u32,
    },
    /// In double precision, as a framework does: what the integer unit is compared with.
    Float,
}

impl Arithmetic {
    /// The arithmetic's kind, which carries its name.
    pub fn kind(self) -> ArithmeticKind {
        match self {
            Arithmetic::Integer { .. } => ArithmeticKind::Integer,
            Arithmetic::Float => ArithmeticKind::Float,
        }
    }

    /// The arithmetic's name as it stands in `policy.toml`.
    pub fn as_str(self) -> &'static str {
        self.kind().as_str()
    }
}

impl Default for Arithmetic {
    fn default() -> Self {
        Arithmetic::Integer { probability_bits: 12, threshold_bits: 12 }
    }
}

/// An exclusion policy: plain data, checked against the scores by [`super::decide()`].
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// When a head excludes a class.
    pub rule: Rule,
    /// Which heads are on, one a head, shallow to deep. A head that is off is as if it were absent.
    pub heads: Vec<bool>,
    /// What a head remembers of the heads before it.
    pub memory: Memory,
    /// How a sample that ran to the end is answered.
    pub answer: FinalAnswer,
    /// How the exclusion unit computes.
    pub arithmetic: Arithmetic,
}

impl Policy {
    /// The paper's rule with one threshold a head, all heads on, and the defaults for the rest.
    pub fn relative_to_max(beta: Vec<f64>) -> Self {
        let heads = beta.len();
        Policy { rule: Rule::RelativeToMax { beta }, ..Policy::never(heads) }
    }

    /// Heads that answer when certain, with one threshold a head, all heads on, and the defaults for the rest.
    pub fn softmax(measure: Measure, threshold: Vec<f64>) -> Self {
        let heads = threshold.len();
        Policy { rule: Rule::Softmax { measure, threshold }, ..Policy::never(heads) }
    }

    /// All of `heads` heads run, and nothing is excluded.
    pub fn never(heads: usize) -> Self {
        Policy {
            rule: Rule::Never,
            heads: vec![true; heads],
            memory: Memory::default(),
            answer: FinalAnswer::default(),
            arithmetic: Arithmetic::default(),
        }
    }

    /// The plain backbone of a network with `heads` heads.
    pub fn no_heads(heads: usize) -> Self {
        Policy { rule: Rule::NoHeads, ..Policy::never(heads) }
    }

    /// The unit it asks for on a network of so many heads and classes.
    #[must_use]
    pub fn unit(&self, heads: usize, classes: usize) -> UnitSize {
        let default = UnitSize { rule: self.rule.unit(), ..UnitSize::of_default_bits(heads, classes) };
        match self.arithmetic {
            Arithmetic::Integer { probability_bits, threshold_bits } => UnitSize {
                probability_bits: u64::from(probability_bits),
                threshold_bits: u64::from(threshold_bits),
                ..default
            },
            // Float is a reference, not a unit; it is priced as the default unit.
            Arithmetic::Float => default,
        }
    }

    /// Which heads run.
    #[must_use]
    pub fn running(&self) -> Vec<bool> {
        match self.rule {
            Rule::NoHeads => vec![false; self.heads.len()],
            Rule::RelativeToMax { .. }
            | Rule::Softmax { .. }
            | Rule::Patience { .. }
            | Rule::Oracle
            | Rule::Never => self.heads.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for memory in Memory::ALL {
            assert_eq!(memory.as_str().parse(), Ok(*memory));
        }
        for rule in RuleKind::ALL {
            assert_eq!(rule.as_str().parse(), Ok(*rule));
        }
        for answer in FinalAnswer::ALL {
            assert_eq!(answer.as_str().parse(), Ok(*answer));
        }
        for arithmetic in ArithmeticKind::ALL {
            assert_eq!(arithmetic.as_str().parse(), Ok(*arithmetic));
        }
    }

    #[test]
    fn an_unknown_name_lists_all_names() {
        let error = "sticky".parse::<Memory>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown memory `sticky`; write one of: readmit-top, monotone, memoryless"
        );
    }
}
