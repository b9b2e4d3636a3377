//! Exits that others decided, sample by sample, `decisions.npz`: as scores from which every threshold decides the same.

use std::io::{Read, Seek};

use super::assume::scores_of;
use super::data::{DataError, unexpected};
use super::npz::Npz;
use super::scores::Scores;

impl Scores {
    /// Reads decisions for a network of so many heads and classes: `exit` `[S]`, the head where each sample leaves, counted from 1,
    /// heads + 1 for those that run to the end; optionally `survivors` `[S, E]`, the classes alive after each head that it goes on
    /// from, else all of them.
    ///
    /// # Errors
    /// When an array is missing, damaged, of another type or shape, empty, or holds a number that cannot be.
    pub fn read_decisions(file: impl Read + Seek, heads: usize, classes: usize) -> Result<Self, DataError> {
        let mut npz = Npz::open(file)?;
        let exits = whole(&mut npz, "exit", &|shape| shape.len() == 1, "whole numbers [samples]")?;
        if exits.is_empty() {
            return Err(DataError::Empty { array: "exit".into() });
        }
        let samples = exits.len();
        let expected = format!("whole numbers [{samples}, {heads}]");
        let survivors = if npz.contains("survivors") {
            Some(whole(&mut npz, "survivors", &|shape| *shape == [samples, heads], &expected)?)
        } else {
            None
        };
        let mut order = Vec::with_capacity(samples);
        for (sample, exit) in exits.iter().enumerate() {
            let head = usize::try_from(*exit).ok().and_then(|exit| exit.checked_sub(1));
            let head = head.filter(|head| *head <= heads);
            let expected = || format!("1 to {}: a head, or {0} to run to the end", heads + 1);
            order.push(head.ok_or_else(|| wrong("exit", &[sample], *exit, expected()))?);
        }
        let mut alive = vec![classes; samples * heads];
        for (sample, &exit) in order.iter().enumerate() {
            let mut most = classes;
            for head in 0..exit.min(heads) {
                let Some(found) = survivors.as_ref().map(|found| found[sample * heads + head]) else { break };
                let count = usize::try_from(found).ok().filter(|count| (2..=most).contains(count));
                let expected = || format!("2 to {most}: it goes on from there, and classes do not come back");
                most = count.ok_or_else(|| wrong("survivors", &[sample, head], found, expected()))?;
                alive[sample * heads + head] = most;
            }
        }
        Ok(scores_of(&order, heads, classes, &|head, sample| alive[sample * heads + head]))
    }
}

fn wrong(array: &str, index: &[usize], value: i128, expected: String) -> DataError {
    DataError::Number { array: array.to_owned(), index: index.to_vec(), value: value.to_string(), expected }
}

/// An array of whole numbers of a shape.
fn whole<R: Read + Seek>(
    npz: &mut Npz<R>,
    name: &str,
    fits: &dyn Fn(&[usize]) -> bool,
    expected: &str,
) -> Result<Vec<i128>, DataError> {
    let array = npz.read_shaped(name, expected, fits)?;
    match array.elements.integers() {
        Some(numbers) => Ok(numbers.collect()),
        None => Err(unexpected(name, &array, expected)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::replay::npz::write;
    use crate::replay::scores::ScoreTable;
    use std::io::Cursor;

    fn archive(exits: &[u8], survivors: Option<(&[u8], usize)>) -> Cursor<Vec<u8>> {
        let mut arrays = vec![("exit", "|u1", vec![exits.len()], exits.to_vec())];
        if let Some((numbers, heads)) = survivors {
            arrays.push(("survivors", "|u1", vec![exits.len(), heads], numbers.to_vec()));
        }
        Cursor::new(write(&arrays).unwrap())
    }

    /// Classes of a sample that a head finds likely.
    fn alive(scores: &Scores, head: usize, sample: usize) -> usize {
        let ScoreTable::Codes { codes, zero_point, .. } = &scores.heads[head] else { panic!("no codes") };
        let row = &codes[sample * scores.classes..(sample + 1) * scores.classes];
        row.iter().filter(|code| i32::from(**code) > *zero_point).count()
    }

    #[test]
    fn one_class_is_left_where_a_sample_leaves() {
        let (exits, survivors) = ([1, 2, 3, 3], [0, 0, 4, 0, 5, 3, 10, 2]);
        let scores = Scores::read_decisions(archive(&exits, Some((&survivors, 2))), 2, 10).unwrap();
        let found: Vec<[usize; 2]> =
            (0..4).map(|sample| [0, 1].map(|head| alive(&scores, head, sample))).collect();
        assert_eq!(found, [[1, 1], [4, 1], [5, 3], [10, 2]]);
        let scores = Scores::read_decisions(archive(&exits, None), 2, 10).unwrap();
        assert_eq!([alive(&scores, 0, 1), alive(&scores, 1, 1), alive(&scores, 1, 2)], [10, 1, 10]);
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        let refused = |exits: &[u8], survivors: Option<(&[u8], usize)>| {
            Scores::read_decisions(archive(exits, survivors), 2, 10).unwrap_err().to_string()
        };
        assert!(refused(&[0], None).contains("exit[0] is 0, not 1 to 3"));
        assert!(refused(&[1, 4], None).contains("exit[1] is 4"));
        assert!(refused(&[], None).contains("no samples"));
        assert!(refused(&[3], Some((&[3, 4], 2))).contains("survivors[0, 1] is 4, not 2 to 3"));
        assert!(refused(&[3], Some((&[3], 1))).contains("expected is whole numbers [1, 2]"));
    }
}
