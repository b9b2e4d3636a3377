//! Why a network could not be replayed.

use crate::shape::MapShape;

/// Images, labels or layers that do not go together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// Images of another shape than the network reads.
    #[error("the images are {}, the network reads {}", shown(.found), shown(.expected))]
    Image {
        /// What the network reads.
        expected: MapShape,
        /// What the images are.
        found: MapShape,
    },
    /// No images.
    #[error("there are no images")]
    Empty,
    /// Not as many pixels as labels say.
    #[error("{found} pixels for {samples} labels and images of {}", shown(.shape))]
    Pixels {
        /// Number of pixels.
        found: usize,
        /// Number of labels.
        samples: usize,
        /// Shape of an image.
        shape: MapShape,
    },
    /// A sample that is not there.
    #[error("there is no sample {sample}: the last of {samples} is {}", samples - 1)]
    Sample {
        /// Its index.
        sample: usize,
        /// Samples that there are.
        samples: usize,
    },
    /// A label that is no class.
    #[error("label {label} of sample {sample} is not below the network's {classes} classes")]
    Label {
        /// Index of the sample.
        sample: usize,
        /// Its label.
        label: u16,
        /// Number of classes.
        classes: usize,
    },
    /// Preprocessing that cannot be applied.
    #[error("[preprocess] {cause}")]
    Preprocess {
        /// What is wrong with it.
        cause: String,
    },
    /// A layer that cannot be computed.
    #[error("layer `{layer}`: {cause}")]
    Layer {
        /// Its name.
        layer: String,
        /// What is wrong with it.
        cause: String,
    },
}

fn shown(shape: &MapShape) -> String {
    format!("{} x {} x {} (channels x height x width)", shape.channels, shape.height, shape.width)
}
