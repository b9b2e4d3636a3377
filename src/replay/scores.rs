//! Scores of every head and of the classifier, for every sample: all that decisions and timing need of a replay.

/// Scores of one head (or of the classifier): `[samples][classes]`, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum ScoreTable {
    /// 8-bit codes as the network makes them; i8 codes are kept as they are, hence the wider type.
    Codes {
        /// `samples * classes` codes, -128 to 255.
        codes: Vec<i16>,
        /// real = scale * (code - zero_point).
        scale: f32,
        /// The code of real zero.
        zero_point: i32,
        /// i8 rather than u8 codes.
        signed: bool,
    },
    /// Real scores, from a trace of a framework.
    Reals(Vec<f32>),
}

/// The outcome of a replay, or of a recorded trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Number of samples, S.
    pub samples: usize,
    /// Number of classes, C.
    pub classes: usize,
    /// True class of every sample, below `classes`.
    pub labels: Vec<u16>,
    /// One table per head, shallow to deep.
    pub heads: Vec<ScoreTable>,
    /// The final classifier's scores.
    pub classifier: ScoreTable,
    /// Fraction of zero operands in the ifmap of every layer with weights, `[samples][layers]`, in layer order;
    /// `None` when a trace does not say. Padding is not counted.
    pub zero_fractions: Option<Vec<f32>>,
}

impl Scores {
    /// Number of scores, over all heads and the classifier, that differ from another table of the same samples.
    #[must_use]
    pub fn differing(&self, other: &Self) -> usize {
        let count = |(one, other): (&ScoreTable, &ScoreTable)| match (one, other) {
            (ScoreTable::Codes { codes: a, .. }, ScoreTable::Codes { codes: b, .. }) => {
                a.iter().zip(b).filter(|(a, b)| a != b).count()
            }
            (ScoreTable::Reals(a), ScoreTable::Reals(b)) => a.iter().zip(b).filter(|(a, b)| a != b).count(),
            (ScoreTable::Codes { codes, .. }, ScoreTable::Reals(_))
            | (ScoreTable::Reals(_), ScoreTable::Codes { codes, .. }) => codes.len(),
        };
        let heads: usize = self.heads.iter().zip(&other.heads).map(count).sum();
        heads + count((&self.classifier, &other.classifier))
    }

    /// The first `samples` samples, or all when there are fewer.
    #[must_use]
    pub fn first(mut self, samples: usize) -> Self {
        let samples = samples.min(self.samples);
        let cells = samples * self.classes;
        for table in self.heads.iter_mut().chain([&mut self.classifier]) {
            match table {
                ScoreTable::Codes { codes, .. } => codes.truncate(cells),
                ScoreTable::Reals(scores) => scores.truncate(cells),
            }
        }
        if let Some(fractions) = &mut self.zero_fractions {
            let layers = fractions.len() / self.samples.max(1);
            fractions.truncate(samples * layers);
        }
        self.labels.truncate(samples);
        self.samples = samples;
        self
    }

    /// Some of the samples, each as often as it is named.
    #[must_use]
    pub fn of_samples(&self, samples: &[usize]) -> Self {
        fn rows<T: Copy>(values: &[T], width: usize, samples: &[usize]) -> Vec<T> {
            samples.iter().flat_map(|sample| &values[sample * width..(sample + 1) * width]).copied().collect()
        }
        let those = |table: &ScoreTable| match table {
            ScoreTable::Codes { codes, scale, zero_point, signed } => ScoreTable::Codes {
                codes: rows(codes, self.classes, samples),
                scale: *scale,
                zero_point: *zero_point,
                signed: *signed,
            },
            ScoreTable::Reals(scores) => ScoreTable::Reals(rows(scores, self.classes, samples)),
        };
        Self {
            samples: samples.len(),
            classes: self.classes,
            heads: self.heads.iter().map(those).collect(),
            classifier: those(&self.classifier),
            labels: rows(&self.labels, 1, samples),
            zero_fractions: self
                .zero_fractions
                .as_ref()
                .map(|zeros| rows(zeros, zeros.len() / self.samples.max(1), samples)),
        }
    }
}
