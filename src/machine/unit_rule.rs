//! What the decision unit is built to decide by: all that time and energy need to know of a rule.

/// The kind of decision that a head's unit takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnitRule {
    /// Rules classes out: every class against the maximum times beta.
    #[default]
    Exclusion,
    /// One class above a threshold, of the softmax.
    Confidence,
    /// The difference between the two highest, of the softmax.
    Margin,
    /// The entropy of the softmax.
    Entropy,
    /// Heads that agree in a row.
    Patience,
    /// Knows the answer, and costs nothing: a bound, not a unit.
    Oracle,
}
