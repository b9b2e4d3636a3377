//! Functions of corresponding elements: what is part of the product before them, what is one table, what is a layer.

use super::Shapes;
use super::call::{Call, Function, Output};
use super::tensor::{Map, elements as count};
use crate::network::onnx::error::Fault;
use crate::network::segment::Operation;
use crate::network::{Op, ValueId};

impl Shapes<'_> {
    /// A function of corresponding elements of maps and constants.
    pub(super) fn function(
        &mut self,
        call: &Call<'_>,
        operands: &[usize],
        function: Function,
        outputs: Vec<Output>,
    ) -> Result<(), Fault> {
        let Some((output, name)) = outputs.into_iter().next().zip(call.node.proto.output.first()) else {
            return Ok(());
        };
        let (maps, constants): (Vec<usize>, Vec<usize>) = operands.iter().partition(|&&i| call.is_map(i));
        let found: Vec<Map> = maps.iter().filter_map(|&index| call.map(index)).collect();
        let Some(&first) = found.first() else { return Ok(()) };
        call.count(&output.dims)?;
        let whole = |&index: &usize| call.dims(index).is_ok_and(|dims| count(dims) == count(&output.dims));
        let scalar = |&index: &usize| call.dims(index).is_ok_and(|dims| count(dims) == Some(1));
        let one =
            found.iter().all(|map| (map.id, map.order) == (first.id, first.order)) && maps.iter().all(whole);
        let factor = matches!(function, Function::Affine | Function::Sum | Function::Product);
        let function_of_one = one && constants.iter().all(scalar);
        if self.ends(call) && one && first.product && function == Function::Table {
            self.insert(name, output.dims, first);
            return Ok(());
        }
        if function_of_one && maps.len() == 1 && (factor || function == Function::Quantize) {
            // A change of scale and zero point.
            let product = first.product && function != Function::Quantize;
            self.insert(name, output.dims, Map { product, ..first });
        } else if function_of_one && function == Function::Clamp {
            self.insert(name, output.dims, Map { product: false, ..first });
        } else if function_of_one {
            self.insert(name, output.dims, Map { product: false, function: true, ..first });
        } else if one
            && maps.len() == 1
            && factor
            && first.product
            && !first.function
            && constants.iter().all(|&index| per_channel(call, index))
        {
            self.insert(name, output.dims, first);
        } else {
            return self.joined(call, &maps, function, output, name);
        }
        Ok(())
    }

    /// A layer that reads maps element by element: an operation for each, and one where a constant differs from element
    /// to element.
    fn joined(
        &mut self,
        call: &Call<'_>,
        maps: &[usize],
        function: Function,
        output: Output,
        name: &str,
    ) -> Result<(), Fault> {
        let inputs: Vec<ValueId> =
            maps.iter().map(|&index| self.map(call, index).map(|map| map.id)).collect::<Result<_, _>>()?;
        let same = maps.iter().all(|&index| call.dims(index).is_ok_and(|dims| dims == output.dims));
        let op = if function == Function::Sum && maps.len() == 2 && same {
            Op::Add
        } else {
            let work = count(&output.dims).and_then(|n| n.checked_mul(maps.len()));
            let elements = call.per_sample(work.unwrap_or(usize::MAX));
            Op::Vector { kind: function.kind(), elements, operation: Operation::Rescale, streams: same }
        };
        let shape = self.shape(&output.dims);
        let id = self.walk.layer(call.node.name().to_owned(), name, op, inputs, shape);
        self.insert(name, output.dims, Map { id, product: false, function: false, order: 0 });
        Ok(())
    }
}

/// Whether a constant has one number per channel of a product, or one in all.
fn per_channel(call: &Call<'_>, index: usize) -> bool {
    call.dims(index).is_ok_and(|dims| dims.iter().filter(|&&size| size > 1).count() <= 1)
}
