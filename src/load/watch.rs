//! Who is told what goes on while inputs are read and images replayed.

/// Hears notes and progress. Every method does nothing unless it is written.
pub trait Watch: Sync {
    /// Something that was assumed and that a reader of results should know.
    fn note(&self, _note: &str) {}
    /// A replay of so many samples begins.
    fn begin(&self, _samples: usize) {}
    /// So many more samples are replayed; called from any thread.
    fn advance(&self, _samples: usize) {}
    /// The replay has ended, well or not.
    fn end(&self) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Watch for Silent {}
