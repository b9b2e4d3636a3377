//! Labelled images from an `.npz` file: `images` u8 or f32 `[S, C, H, W]`, `labels` of any integer type `[S]`.

use super::images::{Images, Pixels};
use super::npz::{Array, Elements, Npz};
use crate::shape::MapShape;
use std::fmt::Display;
use std::io::{Read, Seek};

/// What can be wrong with a file of images or of recorded scores.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataError {
    /// Not a zip archive, or a damaged one.
    #[error("not a readable .npz file: {cause}")]
    NotNpz {
        /// What stopped the reader.
        cause: String,
    },
    /// An array that must be there.
    #[error("array `{array}` is missing; the file has {}", listed(.found))]
    Missing {
        /// Its name.
        array: String,
        /// Names of the arrays that are there.
        found: Vec<String>,
    },
    /// An array that cannot be decoded.
    #[error("array `{array}`: {cause}")]
    Corrupt {
        /// Its name.
        array: String,
        /// What stopped the reader.
        cause: String,
    },
    /// An array of another type or shape.
    #[error("array `{array}` is {found}; expected is {expected}")]
    Unexpected {
        /// Its name.
        array: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A label that is no class.
    #[error("labels[{index}] = {label} is not from 0 to {most}")]
    Label {
        /// Index of the sample.
        index: usize,
        /// The label found.
        label: i128,
        /// The largest possible label.
        most: usize,
    },
    /// A number that cannot be: NaN, an infinity, or out of range.
    #[error("{array}{} is {value}, not {expected}", bracketed(.index))]
    Number {
        /// Name of the array.
        array: String,
        /// Where, an index an axis.
        index: Vec<usize>,
        /// The number found.
        value: String,
        /// What it must be.
        expected: String,
    },
    /// No samples.
    #[error("array `{array}` has no samples")]
    Empty {
        /// Its name.
        array: String,
    },
    /// Scores that the format cannot hold, or an archive too large.
    #[error("the trace cannot be written: {cause}")]
    Unwritten {
        /// Why not.
        cause: String,
    },
}

/// An index; nothing for the only number of a scalar.
fn bracketed(index: &[usize]) -> String {
    if index.is_empty() { String::new() } else { format!("{index:?}") }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "no arrays".into() } else { names.join(", ") }
}

/// An array of the wrong type or shape.
pub(super) fn unexpected(name: &str, array: &Array, expected: impl Into<String>) -> DataError {
    let found = format!("{} {:?}", array.elements.kind(), array.shape);
    DataError::Unexpected { array: name.to_owned(), expected: expected.into(), found }
}

/// Refuses numbers of an array that do not fit; `expected` says what does.
pub(super) fn all<T: Display + Copy>(
    name: &str,
    shape: &[usize],
    numbers: &[T],
    expected: &str,
    fits: impl Fn(T) -> bool,
) -> Result<(), DataError> {
    let Some(at) = numbers.iter().position(|&number| !fits(number)) else { return Ok(()) };
    Err(DataError::Number {
        array: name.to_owned(),
        index: place(shape, at),
        value: numbers[at].to_string(),
        expected: expected.to_owned(),
    })
}

/// Refuses NaN and infinities.
pub(super) fn finite(name: &str, shape: &[usize], numbers: &[f32]) -> Result<(), DataError> {
    all(name, shape, numbers, "a finite number", f32::is_finite)
}

/// The index an axis of an element counted in C order.
fn place(shape: &[usize], mut at: usize) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let along = at % size.max(1);
            at /= size.max(1);
            along
        })
        .collect();
    index.reverse();
    index
}

/// Reads the array `labels`, one for each of `samples`, each below `classes`.
pub(super) fn labels<R: Read + Seek>(
    npz: &mut Npz<R>,
    samples: usize,
    classes: usize,
) -> Result<Vec<u16>, DataError> {
    let expected = format!("integers [{samples}]");
    let array = npz.read_shaped("labels", &expected, |shape| *shape == [samples])?;
    let integers = array.elements.integers();
    let integers = integers.ok_or_else(|| unexpected("labels", &array, expected))?;
    checked_labels(integers, classes)
}

/// Labels that are classes, each below `classes`.
fn checked_labels(labels: impl Iterator<Item = i128>, classes: usize) -> Result<Vec<u16>, DataError> {
    let most = classes.saturating_sub(1).min(usize::from(u16::MAX));
    let label = |(index, label): (usize, i128)| match u16::try_from(label) {
        Ok(small) if usize::from(small) <= most => Ok(small),
        _ => Err(DataError::Label { index, label, most }),
    };
    labels.enumerate().map(label).collect()
}

impl DataError {
    /// What to save instead.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotNpz { .. } => "save arrays with numpy.savez or numpy.savez_compressed",
            Self::Missing { .. } => {
                "save it in the same numpy.savez, by its name; docs/formats.md lists the arrays"
            }
            Self::Corrupt { .. } => "save the array again, with numpy.savez",
            Self::Unexpected { .. } => "save it so; docs/formats.md lists the arrays",
            Self::Label { .. } => "labels are indices of the network's classes, from 0 on",
            Self::Number { .. } => "find out what made it so, and save the array again",
            Self::Empty { .. } => "give at least one sample",
            Self::Unwritten { .. } => "this network's scores make no trace",
        }
    }
}

impl Images {
    /// Reads labelled images; every label must be below `classes`.
    ///
    /// # Errors
    /// When an array is missing, damaged, of another type or shape, empty or not finite, or a label is no class.
    pub fn read(file: impl Read + Seek, classes: usize) -> Result<Self, DataError> {
        let mut npz = Npz::open(file)?;
        let expected = "uint8 or float32 [samples, channels, height, width]";
        let array = npz.read_shaped("images", expected, |shape| shape.len() == 4)?;
        let &[samples, channels, height, width] = array.shape.as_slice() else {
            return Err(unexpected("images", &array, expected));
        };
        if samples == 0 {
            return Err(DataError::Empty { array: "images".into() });
        }
        if channels == 0 || height == 0 || width == 0 {
            return Err(unexpected("images", &array, expected));
        }
        let labels = labels(&mut npz, samples, classes)?;
        let pixels = match array.elements {
            Elements::U8(pixels) => Pixels::U8(pixels),
            Elements::F32(pixels) => {
                finite("images", &array.shape, &pixels)?;
                Pixels::F32(pixels)
            }
            elements => return Err(unexpected("images", &Array { shape: array.shape, elements }, expected)),
        };
        Ok(Self { shape: MapShape { channels, height, width }, pixels, labels })
    }

    /// Labelled images from arrays in memory, of shape `[samples, channels, height, width]`; every label must be below
    /// `classes`.
    ///
    /// # Errors
    /// As [`Images::read`], and when there are not as many labels as images.
    pub fn of(shape: [usize; 4], pixels: Pixels, labels: &[i64], classes: usize) -> Result<Self, DataError> {
        let [samples, channels, height, width] = shape;
        let expected = "uint8 or float32 [samples, channels, height, width]";
        let fits = shape.iter().try_fold(1usize, |all, axis| all.checked_mul(*axis)) == Some(pixels.len());
        if samples == 0 {
            return Err(DataError::Empty { array: "images".into() });
        }
        if channels == 0 || height == 0 || width == 0 || !fits {
            let found = format!("{shape:?} of {} pixels", pixels.len());
            return Err(DataError::Unexpected { array: "images".into(), expected: expected.into(), found });
        }
        if let Pixels::F32(pixels) = &pixels {
            finite("images", &shape, pixels)?;
        }
        if labels.len() != samples {
            let (expected, found) = (format!("integers [{samples}]"), format!("[{}]", labels.len()));
            return Err(DataError::Unexpected { array: "labels".into(), expected, found });
        }
        let labels = checked_labels(labels.iter().map(|label| i128::from(*label)), classes)?;
        Ok(Self { shape: MapShape { channels, height, width }, pixels, labels })
    }
}
