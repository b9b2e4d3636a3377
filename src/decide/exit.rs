//! Where a sample leaves a network.

/// The exit of a sample: one of the heads, shallow to deep, or the end of the network behind them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exit(u16);

impl Exit {
    /// At a head, by its index from 0.
    ///
    /// [`super::decide()`] refuses networks of more heads than a `u16` counts.
    #[must_use]
    pub fn at_head(head: usize) -> Self {
        Self(head as u16)
    }

    /// At the end of a network with so many heads.
    #[must_use]
    pub fn at_end(heads: usize) -> Self {
        Self(heads as u16)
    }

    /// The last segment that the sample runs: that of the head it leaves at, or the one behind all heads.
    #[must_use]
    pub fn segment(self) -> usize {
        usize::from(self.0)
    }

    /// Its number in files: heads count from 1, and the end is one more than the last head.
    #[must_use]
    pub fn number(self) -> usize {
        self.segment() + 1
    }
}
