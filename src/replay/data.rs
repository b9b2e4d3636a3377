//! Labelled images from an `.npz` file: `images` u8 or f32 `[S, C, H, W]`, `labels` of any integer type `[S]`.

use super::images::{Images, Pixels};
use super::npz::{Array, Elements, Npz};
use crate::shape::MapShape;
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
    /// NaN or infinity.
    #[error("array `{array}` contains {value} at flat index {index}; all numbers must be finite")]
    NotFinite {
        /// Its name.
        array: String,
        /// Where, counted in C order.
        index: usize,
        /// NaN or an infinity.
        value: String,
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

fn listed(names: &[String]) -> String {
    if names.is_empty() { "no arrays".into() } else { names.join(", ") }
}

/// An array of the wrong type or shape.
pub(super) fn unexpected(name: &str, array: &Array, expected: impl Into<String>) -> DataError {
    let found = format!("{} {:?}", array.elements.kind(), array.shape);
    DataError::Unexpected { array: name.to_owned(), expected: expected.into(), found }
}

/// Refuses NaN and infinities.
pub(super) fn finite(name: &str, numbers: &[f32]) -> Result<(), DataError> {
    match numbers.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        None => Ok(()),
        Some((index, value)) => {
            Err(DataError::NotFinite { array: name.to_owned(), index, value: value.to_string() })
        }
    }
}

/// Reads the array `labels`, one for each of `samples`, each below `classes`.
pub(super) fn labels<R: Read + Seek>(
    npz: &mut Npz<R>,
    samples: usize,
    classes: usize,
) -> Result<Vec<u16>, DataError> {
    let array = npz.read("labels")?;
    let most = classes.saturating_sub(1).min(usize::from(u16::MAX));
    let integers = array.elements.integers().filter(|_| array.shape == [samples]);
    let integers = integers.ok_or_else(|| unexpected("labels", &array, format!("integers [{samples}]")))?;
    let label = |(index, label): (usize, i128)| match u16::try_from(label) {
        Ok(small) if usize::from(small) <= most => Ok(small),
        _ => Err(DataError::Label { index, label, most }),
    };
    integers.into_iter().enumerate().map(label).collect()
}

impl Images {
    /// Reads labelled images; every label must be below `classes`.
    ///
    /// # Errors
    /// When an array is missing, damaged, of another type or shape, empty or not finite, or a label is no class.
    pub fn read(file: impl Read + Seek, classes: usize) -> Result<Self, DataError> {
        let mut npz = Npz::open(file)?;
        let array = npz.read("images")?;
        let expected = "uint8 or float32 [samples, channels, height, width]";
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
                finite("images", &pixels)?;
                Pixels::F32(pixels)
            }
            elements => return Err(unexpected("images", &Array { shape: array.shape, elements }, expected)),
        };
        Ok(Self { shape: MapShape { channels, height, width }, pixels, labels })
    }
}
