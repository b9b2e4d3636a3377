//! Codes after every layer of one sample, to be compared with another runtime's or with hardware.

use super::ReplayError;
use super::images::{Images, Preprocess};
use super::integer::{Engine, Machine, Reader, prepared};
use super::kernel::Layout;
use super::npz::{NewArray, write};
use super::plan::offset;
use super::{DataError, Requant};
use crate::network::{Network, Value};

/// The tensors of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    /// How sums became codes.
    pub requant: Requant,
    /// Codes of every value of the network, channel by channel as ONNX orders them.
    pub values: Vec<Vec<i16>>,
}

/// Replays one sample and keeps every tensor.
///
/// # Errors
/// As [`super::replay`], and when there is no such sample.
pub fn codes(
    engine: Engine,
    network: &Network,
    images: &Images,
    preprocess: &Preprocess,
    sample: usize,
) -> Result<Codes, ReplayError> {
    let (kernel, plan) = prepared(engine, network, images, preprocess)?;
    if sample >= images.samples() {
        return Err(ReplayError::Sample { sample, samples: images.samples() });
    }
    let mut machine = Machine::new(kernel, &plan);
    Reader::new(network, &plan, images, preprocess).read(sample, machine.image(0));
    machine.run(1, |_| ());
    let of = |(value, &buffer): (&Value, &usize)| {
        let offset = offset(value.quantization) as i16;
        let bytes = channel_major(&plan.buffers[buffer].layout, machine.map(buffer));
        bytes.into_iter().map(|byte| i16::from(byte) - offset).collect()
    };
    Ok(Codes { requant: engine.requant, values: network.values.iter().zip(&plan.values).map(of).collect() })
}

/// A map's bytes, one channel after the other.
fn channel_major(layout: &Layout, map: &[u8]) -> Vec<u8> {
    let byte = |channel: usize| {
        let pixel = move |row: usize, column: usize| map[layout.at(row, column) + channel];
        (0..layout.height).flat_map(move |row| (0..layout.width).map(move |column| pixel(row, column)))
    };
    (0..layout.channels).flat_map(byte).collect()
}

impl Codes {
    /// The tensors `chosen` as NumPy's `.npz`, each under its name in the model and of its shape for one sample.
    ///
    /// # Errors
    /// When the archive cannot be made.
    pub fn to_npz(&self, network: &Network, chosen: &[usize]) -> Result<Vec<u8>, DataError> {
        let array = |&index: &usize| -> NewArray<'_> {
            let value = &network.values[index];
            let shape = value.shape;
            let shape = match [shape.height, shape.width] {
                [1, 1] => vec![shape.channels],
                [height, width] => vec![shape.channels, height, width],
            };
            let kind = if value.quantization.signed { "|i1" } else { "|u1" };
            // The low byte of a code is the code as i8 or u8.
            let bytes = self.values[index].iter().map(|&code| code as u8).collect();
            (&value.name, kind, shape, bytes)
        };
        write(&chosen.iter().map(array).collect::<Vec<_>>())
    }
}
