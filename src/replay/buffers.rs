//! Where every tensor lies: which share a buffer, and how wide a border their readers need.

use super::ReplayError;
use super::kernel::Layout;
use super::plan::zero_point;
use crate::network::{Layer, Network, Op, Value, ValueId};
use crate::shape::MapShape;

/// Bytes behind the last pixel that the last group of operands may touch.
const SLACK: usize = 64;

/// A buffer of codes as bytes.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    pub(super) layout: Layout,
    pub(super) bytes: usize,
    /// Fills the border.
    pub(super) zero_point: u8,
}

/// Whether a flattened map can stay where it is: a fully connected layer reads it in any order, and so do scores.
fn stays(network: &Network, layer: &Layer) -> bool {
    let reads = |reader: &&Layer| reader.inputs.contains(&layer.output);
    layer.op == Op::Flatten
        && network.layers.iter().filter(reads).all(|reader| matches!(reader.op, Op::FullyConnected { .. }))
}

/// The value whose buffer each value uses: a flattened map mostly stays where it is. Also checks that every layer reads
/// what is there.
pub(super) fn storage(network: &Network) -> Result<Vec<ValueId>, ReplayError> {
    let mut stored: Vec<Option<ValueId>> = vec![None; network.values.len()];
    let set = |stored: &mut Vec<Option<ValueId>>, id: ValueId, to: ValueId| {
        stored.get_mut(id.0).filter(|slot| slot.is_none()).map(|slot| *slot = Some(to))
    };
    if set(&mut stored, network.input, network.input).is_none() {
        return Err(ReplayError::Layer {
            layer: "input".into(),
            cause: "the network has no such tensor".into(),
        });
    }
    for layer in &network.layers {
        let fault = |cause: &str| ReplayError::Layer { layer: layer.name.clone(), cause: cause.into() };
        let fits = match layer.op {
            Op::Add => layer.inputs.len() == 2,
            Op::Concat => !layer.inputs.is_empty(),
            _ => layer.inputs.len() == 1,
        };
        if !fits {
            return Err(fault("it reads another number of tensors than its operation takes"));
        }
        let sources: Option<Vec<ValueId>> =
            layer.inputs.iter().map(|input| stored.get(input.0).copied().flatten()).collect();
        let sources = sources.ok_or_else(|| fault("it reads a tensor not yet made"))?;
        let to = if stays(network, layer) { sources[0] } else { layer.output };
        set(&mut stored, layer.output, to).ok_or_else(|| fault("its output is unknown, or made twice"))?;
    }
    let outputs = network.heads.iter().chain([&network.classifier]);
    if let Some(id) = outputs.into_iter().find(|id| stored.get(id.0).copied().flatten().is_none()) {
        let layer = format!("output {}", id.0);
        return Err(ReplayError::Layer { layer, cause: "no layer makes it".into() });
    }
    // Values that no layer makes are never read.
    Ok(stored.into_iter().enumerate().map(|(id, to)| to.unwrap_or(ValueId(id))).collect())
}

/// Border of every value: the widest padding of the convolutions that read it.
pub(super) fn borders(network: &Network, stored: &[ValueId]) -> Vec<[usize; 4]> {
    let mut borders = vec![[0; 4]; network.values.len()];
    for layer in &network.layers {
        if let Op::Conv(conv) = layer.op {
            let border = &mut borders[stored[layer.inputs[0].0].0];
            border.iter_mut().zip(conv.window.padding).for_each(|(b, p)| *b = (*b).max(p));
        }
    }
    borders
}

/// A buffer of a value with a border: top, left, bottom, right.
pub(super) fn buffer(value: &Value, border: [usize; 4]) -> Result<Buffer, ReplayError> {
    let fault = |cause: &str| ReplayError::Layer { layer: value.name.clone(), cause: cause.into() };
    let MapShape { channels, height, width } = value.shape;
    let [top, left, bottom, right] = border;
    let bytes = || {
        let pitch = width.checked_add(left)?.checked_add(right)?.checked_mul(channels)?;
        let bytes = height.checked_add(top)?.checked_add(bottom)?.checked_mul(pitch)?.checked_add(SLACK)?;
        (channels > 0 && height > 0 && width > 0 && bytes <= i32::MAX as usize).then_some((pitch, bytes))
    };
    let (pitch, bytes) = bytes().ok_or_else(|| fault("its shape is empty or above 2 GiB"))?;
    let zero_point =
        u8::try_from(zero_point(value.quantization)).map_err(|_| fault("its zero point is no code"))?;
    let scale = value.quantization.scale;
    if !(scale.is_normal() && scale > 0.0) {
        return Err(fault("its scale is not a positive number"));
    }
    let layout = Layout { origin: top * pitch + left * channels, pitch, height, width, channels };
    Ok(Buffer { layout, bytes, zero_point })
}
