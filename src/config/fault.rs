//! What is wrong with an input: what, where, and what to write instead.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::Source;

/// What sort of thing is wrong: for code that treats faults differently. People read the title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// A text that is not in the language it should be in.
    Syntax,
    /// A key that nothing asks for.
    UnknownKey,
    /// A key without a default that is not there.
    MissingKey,
    /// What a key holds, by itself or beside others.
    Value,
    /// Anything else, such as a file that cannot be read.
    Other,
}

/// One thing wrong with the input.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What sort of thing.
    pub kind: FaultKind,
    /// What is wrong, in one line.
    pub title: String,
    /// Where: the source and the span of bytes in it; `None` when no text is to blame.
    pub place: Option<(Arc<Source>, Range<usize>)>,
    /// A short word at the place.
    pub label: String,
    /// What to write instead.
    pub help: String,
    /// The full path of the key that is to blame, such as `array.rows`, where one key is.
    pub key: Option<Box<str>>,
}

impl Fault {
    /// A fault that no line of a text file shows, such as a missing file.
    #[must_use]
    pub fn new(title: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            kind: FaultKind::Other,
            title: title.into(),
            place: None,
            label: String::new(),
            help: help.into(),
            key: None,
        }
    }

    /// The same fault as one of a kind.
    #[must_use]
    pub fn of(self, kind: FaultKind) -> Self {
        Self { kind, ..self }
    }

    /// The same fault as one of a key, by its full path.
    #[must_use]
    pub fn of_key(self, key: impl Into<Box<str>>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The line that is to blame, counted from 1, where a text shows it.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        let (source, span) = self.place.as_ref()?;
        let before = source.text.as_bytes().get(..span.start.min(source.text.len()))?;
        Some(before.iter().filter(|byte| **byte == b'\n').count() + 1)
    }

    /// The same fault with the bytes of a text that are to blame, and a short word for them.
    #[must_use]
    pub fn at(self, source: &Arc<Source>, span: Range<usize>, label: impl Into<String>) -> Self {
        Self { place: Some((Arc::clone(source), span)), label: label.into(), ..self }
    }
}

/// All faults of an input, never empty when returned as an error.
#[derive(Clone, Debug, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// `value` when there is no fault.
    ///
    /// # Errors
    /// The faults, when there is one.
    pub fn none<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(f, "{} ({})", fault.title, fault.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
