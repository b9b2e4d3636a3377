//! Images with labels, and how their pixels become real numbers.

use std::collections::HashSet;

use super::ReplayError;
use crate::shape::MapShape;

/// Pixels of all samples, `[sample][channel][row][column]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// Bytes, as image files hold them.
    U8(Vec<u8>),
    /// Real numbers.
    F32(Vec<f32>),
}

impl Pixels {
    /// Number of pixels times channels, over all samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::F32(v) => v.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A labelled set of images of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// Shape of every image.
    pub shape: MapShape,
    /// All pixels, `samples * shape.elements()` of them.
    pub pixels: Pixels,
    /// True class of every image.
    pub labels: Vec<u16>,
}

impl Images {
    /// Number of images.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// How many of these images others have too, to the last bit of every pixel. None are of another shape's.
    #[must_use]
    pub fn shared_with(&self, others: &Self) -> usize {
        let size = self.shape.elements();
        if size == 0 || self.shape != others.shape {
            return 0;
        }
        match (&self.pixels, &others.pixels) {
            (Pixels::U8(ours), Pixels::U8(theirs)) => {
                let known: HashSet<&[u8]> = theirs.chunks_exact(size).collect();
                ours.chunks_exact(size).filter(|image| known.contains(image)).count()
            }
            (Pixels::F32(ours), Pixels::F32(theirs)) => {
                let bits = |image: &[f32]| image.iter().map(|pixel| pixel.to_bits()).collect::<Vec<_>>();
                let known: HashSet<Vec<u32>> = theirs.chunks_exact(size).map(bits).collect();
                ours.chunks_exact(size).filter(|image| known.contains(&bits(image))).count()
            }
            (Pixels::U8(_), Pixels::F32(_)) | (Pixels::F32(_), Pixels::U8(_)) => 0,
        }
    }

    /// The first `samples` images, or all when there are fewer.
    #[must_use]
    pub fn first(mut self, samples: usize) -> Self {
        self.labels.truncate(samples);
        let length = self.labels.len().saturating_mul(self.shape.elements());
        match &mut self.pixels {
            Pixels::U8(v) => v.truncate(length),
            Pixels::F32(v) => v.truncate(length),
        }
        self
    }
}

/// Preprocessing of a pixel x of channel c, in f32 and in this order: `(x * scale - mean[c]) / std[c]`.
///
/// Another order would flip input codes. It applies to u8 and f32 images alike; the default changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocess {
    /// Factor of all channels.
    pub scale: f32,
    /// One a channel; none means 0.
    pub mean: Vec<f32>,
    /// One a channel; none means 1.
    pub std: Vec<f32>,
}

impl Default for Preprocess {
    fn default() -> Self {
        Self { scale: 1.0, mean: Vec::new(), std: Vec::new() }
    }
}

impl Preprocess {
    /// The real number of a pixel.
    #[must_use]
    pub fn apply(&self, pixel: f32, channel: usize) -> f32 {
        let [mean, std] = [(&self.mean, 0.0), (&self.std, 1.0)]
            .map(|(list, default)| *list.get(channel).unwrap_or(&default));
        (pixel * self.scale - mean) / std
    }

    /// Checks lengths and numbers against a count of channels.
    pub(super) fn check(&self, channels: usize) -> Result<(), ReplayError> {
        let fault = |cause: String| Err(ReplayError::Preprocess { cause });
        if !self.scale.is_finite() || self.scale == 0.0 {
            return fault(format!("scale is {}; it must be finite and not 0", self.scale));
        }
        for (name, list) in [("mean", &self.mean), ("std", &self.std)] {
            if !list.is_empty() && list.len() != channels {
                return fault(format!(
                    "{name} has {} numbers, the images have {channels} channels",
                    list.len()
                ));
            }
            if let Some(bad) = list.iter().find(|v| !v.is_finite()) {
                return fault(format!("{name} contains {bad}"));
            }
        }
        if self.std.iter().any(|&s| s <= 0.0) {
            return fault("std contains a number that is not above 0".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_others_have_too_are_counted() {
        let shape = MapShape { channels: 1, height: 1, width: 2 };
        let bytes = |pixels: &[u8]| Images {
            shape,
            pixels: Pixels::U8(pixels.to_vec()),
            labels: vec![0; pixels.len() / 2],
        };
        let ours = bytes(&[1, 2, 3, 4, 1, 2, 2, 3]);
        assert_eq!(ours.shared_with(&bytes(&[5, 6, 1, 2])), 2);
        assert_eq!(ours.shared_with(&bytes(&[2, 3, 4, 1])), 1, "images, not runs of pixels");
        assert_eq!((ours.shared_with(&ours), ours.shared_with(&bytes(&[]))), (4, 0));
        let wide = Images { shape: MapShape { width: 1, ..shape }, ..ours.clone() };
        assert_eq!(ours.shared_with(&wide), 0);
        let reals = |pixels: &[f32]| Images { pixels: Pixels::F32(pixels.to_vec()), ..bytes(&[0; 4]) };
        assert_eq!(reals(&[0.5, 1.0, 2.0, 3.0]).shared_with(&reals(&[0.5, 1.0, 0.5, 2.0])), 1);
        assert_eq!(reals(&[0.0; 4]).shared_with(&bytes(&[0; 4])), 0);
    }
}
