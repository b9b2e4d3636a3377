//! The rules: what each is called, which thresholds it has, what else tells it apart.
//!
//! Everything that reads, writes, checks or searches policies asks [`RuleKind::facts`] instead of the rule, so that a new
//! rule is a member of [`RuleKind`] and of [`Rule`] with its facts, and what a head does with it (`walk`).

use crate::names::closed_set;
use crate::unit::{Tables, UnitRule};

closed_set! {
    /// The names of [`Rule`], without the thresholds.
    #[derive(Default)]
    pub enum RuleKind {
        /// See [`Rule::RelativeToMax`].
        #[default]
        RelativeToMax = "relative-to-max",
        /// See [`Rule::Distance`].
        Distance = "distance",
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
}

closed_set! {
    /// What makes a head certain of its answer, of p = the softmax of its scores; named as its rule is.
    pub enum Measure {
        /// Exactly one class has p above the threshold: the conventional early exit that the paper compares with.
        Confidence = "confidence",
        /// The entropy of p, as a fraction of the ln(classes) that no distribution exceeds, is below the threshold
        /// (BranchyNet, Teerapittayanon, McDanel and Kung, ICPR 2016; the fraction is that of the same authors' DDNN,
        /// ICDCS 2017).
        Entropy = "entropy",
        /// The largest p exceeds the second largest by more than the threshold (Park et al., "Big/LITTLE deep neural
        /// network for ultra low power inference", CODES+ISSS 2015).
        Margin = "margin",
    }
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
        /// One threshold per head, shallow to deep, 0 to 1; that of a disabled head is not used.
        beta: Vec<f64>,
    },
    /// Class c survives iff s_max - s_c <= d, with s the class's score, whatever it was trained to be: under a softmax, that
    /// is p_c >= exp(-d) * p_max. The top class always does.
    Distance {
        /// One distance per head in units of its scores, shallow to deep, at least 0; that of a disabled head is not used.
        threshold: Vec<f64>,
    },
    /// A head answers with its top class when it is certain; until then no class is excluded.
    Softmax {
        /// What makes it certain.
        measure: Measure,
        /// One threshold per head, shallow to deep, 0 to 1; that of a disabled head is not used.
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

/// What tells rules apart but for their arithmetic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleFacts {
    /// What its thresholds are; `None` without.
    pub threshold: Option<Threshold>,
    /// Whether classes are excluded before the exit.
    pub excludes: bool,
    /// What it takes a head's scores to be.
    pub reads: Reads,
    /// What a unit that decides by it is built for.
    pub unit: UnitRule,
}

impl RuleFacts {
    /// Whether it computes with probabilities from a table, which have bits; a rule that compares scores or classes does not.
    #[must_use]
    pub fn looks_up(&self) -> bool {
        self.computes() && self.unit.circuit().tables != Tables::NONE
    }

    /// Whether it computes with scores, in integers or in reals, and does not only ask which is the highest.
    #[must_use]
    pub fn computes(&self) -> bool {
        self.reads != Reads::Order
    }
}

/// What a rule takes a head's scores to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Logits of one sigmoid per class.
    Sigmoids,
    /// Logits of one softmax over all classes.
    Softmax,
    /// Logits, whatever they were trained for: only their differences count.
    Differences,
    /// Nothing but which one is the highest; or nothing at all.
    Order,
}

/// What the thresholds of a rule are: one per head, shallow to deep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Their key in policy files.
    pub key: &'static str,
    /// What they count.
    pub unit: ThresholdUnit,
    /// Which way they loosen.
    pub loosens: Loosens,
    /// What is written for a head that is off, which does not use it.
    pub unused: f64,
    /// A sensible one, as it would be written: for messages.
    pub example: &'static str,
}

/// What a threshold counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdUnit {
    /// A fraction, 0 to 1.
    Fraction,
    /// A difference of scores, at least 0.
    Score,
    /// Heads that agree, from 1 on.
    Heads,
}

/// Which way thresholds loosen: towards more samples that leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loosens {
    /// Larger thresholds let more samples leave.
    Upwards,
    /// Smaller ones do.
    Downwards,
}

impl Threshold {
    const BETA: Self = Self {
        key: "beta",
        unit: ThresholdUnit::Fraction,
        loosens: Loosens::Upwards,
        unused: 0.0,
        example: "0.1",
    };
    const DISTANCE: Self = Self {
        key: "threshold",
        unit: ThresholdUnit::Score,
        loosens: Loosens::Downwards,
        unused: 100.0,
        example: "4.0",
    };
    const CONFIDENCE: Self = Self {
        key: "threshold",
        unit: ThresholdUnit::Fraction,
        loosens: Loosens::Downwards,
        unused: 1.0,
        example: "0.9",
    };

    /// The least and the most that one can be.
    #[must_use]
    pub fn range(&self) -> std::ops::RangeInclusive<f64> {
        match self.unit {
            ThresholdUnit::Fraction => 0.0..=1.0,
            ThresholdUnit::Score => 0.0..=1e6,
            ThresholdUnit::Heads => 1.0..=f64::from(u16::MAX),
        }
    }
}

impl ThresholdUnit {
    /// What to write, where something else was.
    #[must_use]
    pub fn wanted(self) -> &'static str {
        match self {
            ThresholdUnit::Fraction => "write a value from 0 to 1",
            ThresholdUnit::Score => "write a difference of scores, at least 0",
            ThresholdUnit::Heads => "patience counts heads that agree, write 1 or more",
        }
    }

    /// A threshold as policy files hold it.
    #[must_use]
    pub fn written(self, threshold: f64) -> String {
        match self {
            ThresholdUnit::Fraction | ThresholdUnit::Score => format!("{threshold:?}"),
            ThresholdUnit::Heads => threshold.to_string(),
        }
    }
}

impl RuleKind {
    /// What tells the rule apart; `never` watches with the unit of class exclusion.
    #[must_use]
    pub fn facts(self) -> RuleFacts {
        let exclusion =
            RuleFacts { threshold: None, excludes: false, reads: Reads::Order, unit: UnitRule::Exclusion };
        let softmax = |unit, threshold| RuleFacts {
            threshold: Some(threshold),
            excludes: false,
            reads: Reads::Softmax,
            unit,
        };
        let confidence = Threshold::CONFIDENCE;
        match self {
            Self::RelativeToMax => RuleFacts {
                threshold: Some(Threshold::BETA),
                excludes: true,
                reads: Reads::Sigmoids,
                ..exclusion
            },
            Self::Distance => RuleFacts {
                threshold: Some(Threshold::DISTANCE),
                excludes: true,
                reads: Reads::Differences,
                unit: UnitRule::Distance,
            },
            Self::Confidence => softmax(UnitRule::Confidence, confidence),
            Self::Entropy => softmax(UnitRule::Entropy, Threshold { key: "threshold", ..Threshold::BETA }),
            Self::Margin => softmax(UnitRule::Margin, Threshold { example: "0.8", ..confidence }),
            Self::Patience => RuleFacts {
                threshold: Some(Threshold { unit: ThresholdUnit::Heads, example: "2", ..confidence }),
                unit: UnitRule::Patience,
                ..exclusion
            },
            Self::Oracle => RuleFacts { unit: UnitRule::Oracle, ..exclusion },
            Self::Never | Self::NoHeads => exclusion,
        }
    }
}

impl Rule {
    /// The rule of a kind with these thresholds, one per head, which must be in [`Threshold::range`]; a rule without
    /// thresholds takes none of them.
    #[must_use]
    pub fn with(kind: RuleKind, thresholds: Vec<f64>) -> Self {
        let softmax = |measure, threshold| Rule::Softmax { measure, threshold };
        match kind {
            RuleKind::RelativeToMax => Rule::RelativeToMax { beta: thresholds },
            RuleKind::Distance => Rule::Distance { threshold: thresholds },
            RuleKind::Confidence => softmax(Measure::Confidence, thresholds),
            RuleKind::Entropy => softmax(Measure::Entropy, thresholds),
            RuleKind::Margin => softmax(Measure::Margin, thresholds),
            RuleKind::Patience => {
                Rule::Patience { threshold: thresholds.into_iter().map(|heads| heads as u16).collect() }
            }
            RuleKind::Oracle => Rule::Oracle,
            RuleKind::Never => Rule::Never,
            RuleKind::NoHeads => Rule::NoHeads,
        }
    }

    /// Its thresholds, one per head; none of a rule without.
    #[must_use]
    pub fn thresholds(&self) -> Vec<f64> {
        match self {
            Rule::RelativeToMax { beta } => beta.clone(),
            Rule::Distance { threshold } | Rule::Softmax { threshold, .. } => threshold.clone(),
            Rule::Patience { threshold } => threshold.iter().copied().map(f64::from).collect(),
            Rule::Oracle | Rule::Never | Rule::NoHeads => Vec::new(),
        }
    }

    /// The rule's kind, which carries its name.
    pub fn kind(&self) -> RuleKind {
        match self {
            Rule::RelativeToMax { .. } => RuleKind::RelativeToMax,
            Rule::Distance { .. } => RuleKind::Distance,
            Rule::Softmax { measure, .. } => measure.kind(),
            Rule::Patience { .. } => RuleKind::Patience,
            Rule::Oracle => RuleKind::Oracle,
            Rule::Never => RuleKind::Never,
            Rule::NoHeads => RuleKind::NoHeads,
        }
    }

    /// The rule's name as it stands in `policy.toml`.
    pub fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// What tells it apart.
    #[must_use]
    pub fn facts(&self) -> RuleFacts {
        self.kind().facts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_made_of_its_kind_and_thresholds() {
        for kind in RuleKind::ALL {
            let values = if kind.facts().threshold.is_some() { vec![1.0, 1.0] } else { vec![] };
            let rule = Rule::with(kind, values.clone());
            assert_eq!((rule.kind(), rule.thresholds()), (kind, values));
        }
    }

    #[test]
    fn a_measure_has_the_name_of_its_rule() {
        assert!(Measure::ALL.iter().all(|measure| measure.name() == measure.kind().name()));
    }

    #[test]
    fn what_is_written_for_a_head_that_is_off_is_a_threshold() {
        for threshold in RuleKind::ALL.iter().filter_map(|kind| kind.facts().threshold) {
            assert!(threshold.range().contains(&threshold.unused));
            assert!(threshold.range().contains(&threshold.example.parse().unwrap()));
        }
    }
}
