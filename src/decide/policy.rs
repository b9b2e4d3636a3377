//! What a policy says: the rule and its thresholds, which heads are on, memory, final answer and arithmetic.

use super::rule::{Measure, Rule, RuleKind};
use crate::names::closed_set;
use crate::unit::UnitSize;

/// Most bits a probability or a threshold may have: products of the two then fit 33 bits, and so a `u64` with room.
pub const MAXIMUM_BITS: u32 = 16;

closed_set! {
    /// What a head remembers of the heads before it. The three are different rules, not approximations of one.
    #[derive(Default)]
    pub enum Memory {
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
}

closed_set! {
    /// How a sample that ran to the end is answered. Ties go to the lowest class index.
    #[derive(Default)]
    pub enum FinalAnswer {
        /// Arg max of the classifier's scores over the survivors.
        #[default]
        Survivors = "survivors",
        /// Arg max of score times mask, the score dequantized: an excluded class counts as zero and so beats a negative
        /// score. The authors' reference code while it searches thresholds.
        Product = "product",
        /// Arg max over all classes, the mask ignored. The authors' reference code while it tests.
        All = "all",
    }
}

closed_set! {
    /// The names of [`Arithmetic`], without the bits.
    #[derive(Default)]
    pub enum ArithmeticKind {
        /// See [`Arithmetic::Integer`].
        #[default]
        Integer = "integer",
        /// See [`Arithmetic::Float`].
        Float = "float",
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
    pub fn name(self) -> &'static str {
        self.kind().name()
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
    /// Which heads are on, one per head, shallow to deep. A head that is off is as if it were absent.
    pub heads: Vec<bool>,
    /// What a head remembers of the heads before it.
    pub memory: Memory,
    /// How a sample that ran to the end is answered.
    pub answer: FinalAnswer,
    /// How the exclusion unit computes.
    pub arithmetic: Arithmetic,
}

impl Policy {
    /// The paper's rule with one threshold per head, all heads on, and the defaults for the rest.
    pub fn relative_to_max(beta: Vec<f64>) -> Self {
        let heads = beta.len();
        Policy { rule: Rule::RelativeToMax { beta }, ..Policy::never(heads) }
    }

    /// Heads that answer when certain, with one threshold per head, all heads on, and the defaults for the rest.
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
        let default = UnitSize { rule: self.rule.facts().unit, ..UnitSize::of_default_bits(heads, classes) };
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
        let exist = self.rule.kind() != RuleKind::NoHeads;
        self.heads.iter().map(|on| *on && exist).collect()
    }
}
