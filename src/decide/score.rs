//! The highest of a row of scores.

use super::class_set::ClassSet;

/// A score as tables hold it.
pub(super) trait Score: PartialOrd + Copy {
    /// Class with the highest score of the row; the lowest such class if several tie.
    fn top(row: &[Self]) -> usize;
}

impl Score for i16 {
    fn top(row: &[i16]) -> usize {
        // Code above, class below and counted down: one maximum without a branch settles both score and tie.
        let key = |(class, code): (i32, &i16)| (i32::from(*code) << 16) | (i32::from(u16::MAX) - class);
        let highest = (0..).zip(row).map(key).fold(i32::MIN, i32::max);
        usize::from(u16::MAX - (highest & i32::from(u16::MAX)) as u16)
    }
}

impl Score for f32 {
    fn top(row: &[f32]) -> usize {
        (1..row.len()).fold(0, |top, class| if row[class] > row[top] { class } else { top })
    }
}

/// Class with the highest score of those in the set, which must not be empty; the lowest such class if several tie.
pub(super) fn top_among<T: Score>(row: &[T], set: &ClassSet) -> usize {
    let mut classes = set.iter();
    let lowest = classes.next().unwrap_or(0);
    classes.fold(lowest, |top, class| if row[class] > row[top] { class } else { top })
}
