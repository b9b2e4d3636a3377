//! A set of classes, as bits: one word up to 64 classes, as many as it takes beyond.

/// A set of classes out of a fixed number of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSet {
    classes: usize,
    /// Bit `c % 64` of word `c / 64`; bits at or beyond `classes` are zero.
    words: Vec<u64>,
}

impl ClassSet {
    /// No class out of `classes`.
    pub fn empty(classes: usize) -> Self {
        ClassSet { classes, words: vec![0; classes.div_ceil(64)] }
    }

    /// All of `classes` classes.
    pub fn full(classes: usize) -> Self {
        let mut set = ClassSet::empty(classes);
        set.fill();
        set
    }

    /// How many classes there are, in the set or not.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Puts every class in.
    pub fn fill(&mut self) {
        self.words.fill(u64::MAX);
        let beyond = self.words.len() * 64 - self.classes;
        if let Some(last) = self.words.last_mut() {
            *last >>= beyond;
        }
    }

    /// Leaves `class` as the only one in the set.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn keep_only(&mut self, class: usize) {
        self.words.fill(0);
        self.insert(class);
    }

    /// Makes this the same set as `other`, without a new allocation where both are out of as many classes.
    pub fn copy_from(&mut self, other: &ClassSet) {
        self.classes = other.classes;
        match (self.words.as_mut_slice(), other.words.as_slice()) {
            // Up to 64 classes a copy is one move; the general case is a call.
            ([word], [other]) => *word = *other,
            _ => self.words.clone_from(&other.words),
        }
    }

    /// Puts `class` in.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn insert(&mut self, class: usize) {
        assert!(class < self.classes, "class {class} of {}", self.classes);
        self.words[class / 64] |= 1 << (class % 64);
    }

    /// Whether `class` is in.
    pub fn contains(&self, class: usize) -> bool {
        self.words.get(class / 64).is_some_and(|word| word >> (class % 64) & 1 == 1)
    }

    /// How many classes are in the set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The lowest class in the set, if any.
    pub fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    /// Keeps the classes for which `keep` holds, asked in ascending order of those in the set.
    pub fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        for (index, word) in self.words.iter_mut().enumerate() {
            let mut left = *word;
            // From the lowest class in the set to the highest; `left & (left - 1)` takes the lowest one out.
            while left != 0 {
                let bit = left.trailing_zeros();
                let kept = keep(index * 64 + bit as usize);
                *word &= !(u64::from(!kept) << bit);
                left &= left - 1;
            }
        }
    }

    /// Keeps the classes for whose value in `row`, `[classes]`, `keep` holds. It is asked of every class, in the set
    /// or not: without a branch per class, that is faster than [`ClassSet::retain`] where asking costs little.
    ///
    /// # Panics
    /// If the row does not have one value per class.
    pub fn retain_by_row<T: Copy>(&mut self, row: &[T], keep: impl Fn(T) -> bool) {
        assert_eq!(row.len(), self.classes, "values in a row of {} classes", self.classes);
        for (word, values) in self.words.iter_mut().zip(row.chunks(64)) {
            let kept = |(bit, value): (usize, &T)| u64::from(keep(*value)) << bit;
            *word &= values.iter().enumerate().map(kept).fold(0, |mask, bit| mask | bit);
        }
    }

    /// The classes in the set, ascending.
    pub fn iter(&self) -> Classes<'_> {
        Classes { words: &self.words, index: 0, left: self.words.first().copied().unwrap_or(0) }
    }

    /// Adds 1 to the count of every class that is in this set and not in `other`; `counts` is `[classes]`.
    ///
    /// # Panics
    /// If there is not one count per class, or `other` is out of another number of classes.
    pub fn count_without(&self, other: &ClassSet, counts: &mut [u32]) {
        assert_eq!((counts.len(), other.classes), (self.classes, self.classes), "classes counted");
        for ((word, without), counts) in self.words.iter().zip(&other.words).zip(counts.chunks_mut(64)) {
            let gone = word & !without;
            // Adding every bit beats finding those that are set: which they are, no processor can predict.
            if gone != 0 {
                counts.iter_mut().enumerate().for_each(|(bit, count)| *count += (gone >> bit & 1) as u32);
            }
        }
    }
}

/// Classes in ascending order.
#[derive(Clone, Debug)]
pub struct Classes<'a> {
    words: &'a [u64],
    index: usize,
    left: u64,
}

impl Iterator for Classes<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            let next = self.index + 1;
            self.left = *self.words.get(next)?;
            self.index = next;
        }
        let bit = self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(self.index * 64 + bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        for classes in [0, 1, 10, 63, 64, 65, 128, 1000] {
            let mut set = ClassSet::full(classes);
            assert_eq!(set.count(), classes);
            assert!(set.iter().eq(0..classes));
            assert!(!set.contains(classes));

            set.retain(|class| class % 3 == 0);
            assert!(set.iter().eq((0..classes).step_by(3)));
            let mut counts = vec![1; classes];
            ClassSet::full(classes).count_without(&set, &mut counts);
            assert!(counts.iter().copied().eq((0..classes).map(|class| if class % 3 == 0 { 1 } else { 2 })));

            let row: Vec<usize> = (0..classes).collect();
            let mut by_row = ClassSet::full(classes);
            by_row.retain_by_row(&row, |class| class % 3 == 0);
            assert_eq!(by_row, set);

            let mut again = ClassSet::empty(classes);
            assert_eq!(again.first(), None);
            (0..classes).step_by(3).for_each(|class| again.insert(class));
            assert_eq!(again, set);
        }
    }

    #[test]
    fn an_exhausted_iterator_stays_so() {
        let set = ClassSet::full(2);
        let mut classes = set.iter();
        assert_eq!(classes.by_ref().count(), 2);
        assert_eq!((classes.next(), classes.next()), (None, None));
    }

    #[test]
    #[should_panic(expected = "class 10 of 10")]
    fn a_class_that_is_not_there_is_refused() {
        ClassSet::empty(10).insert(10);
    }
}
