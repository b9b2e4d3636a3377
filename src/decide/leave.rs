//! Heads that answer without excluding: what makes one of them the exit.

use super::score::Score;
use super::softmax::Certainty;
use crate::replay::ScoreTable;

/// When a head answers.
pub(super) enum Leave<'a> {
    /// It is certain by the softmax of its scores.
    Certain(Certainty<'a>),
    /// Heads have agreed so many times in a row.
    Patient { tops: Tops<'a>, agreements: u16 },
    /// It says what the classifier will say.
    Knowing { tops: Tops<'a>, end: Tops<'a> },
}

/// What one sample's heads so far agree on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Agreed {
    /// The top class of the head before, if there was one.
    class: Option<usize>,
    /// Heads in a row that confirmed it.
    times: u16,
}

impl Agreed {
    /// How often the class that is top now has been confirmed in a row.
    pub(super) fn times(self) -> u16 {
        self.times
    }

    /// Takes the next head's top class; gives how often it has been confirmed in a row.
    fn with(&mut self, class: usize) -> u16 {
        self.times = if self.class == Some(class) { self.times.saturating_add(1) } else { 0 };
        self.class = Some(class);
        self.times
    }
}

impl Leave<'_> {
    /// The class this head answers a sample with, if it answers.
    pub(super) fn answer(&self, sample: usize, agreed: &mut Agreed) -> Option<usize> {
        match self {
            Leave::Certain(certainty) => certainty.answer(sample),
            Leave::Patient { tops, agreements } => {
                let top = tops.of(sample);
                (agreed.with(top) >= *agreements).then_some(top)
            }
            Leave::Knowing { tops, end } => {
                let top = tops.of(sample);
                (top == end.of(sample)).then_some(top)
            }
        }
    }
}

/// The top class of every row of a table.
#[must_use]
pub fn top_classes(table: &ScoreTable, classes: usize) -> Vec<usize> {
    let samples = match table {
        ScoreTable::Codes { codes, .. } => codes.len(),
        ScoreTable::Reals(scores) => scores.len(),
    } / classes.max(1);
    let tops = Tops::new(table, classes);
    (0..samples).map(|sample| tops.of(sample)).collect()
}

/// The top class of every sample's row of scores; the lowest such class if several tie.
pub(super) struct Tops<'a> {
    table: &'a ScoreTable,
    classes: usize,
}

impl<'a> Tops<'a> {
    pub(super) fn new(table: &'a ScoreTable, classes: usize) -> Self {
        Tops { table, classes }
    }

    pub(super) fn of(&self, sample: usize) -> usize {
        let row = sample * self.classes..(sample + 1) * self.classes;
        match self.table {
            ScoreTable::Codes { codes, .. } => i16::top(&codes[row]),
            ScoreTable::Reals(scores) => f32::top(&scores[row]),
        }
    }
}
