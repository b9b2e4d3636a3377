//! A node with the tensors it reads, and what it makes of them.

use super::tensor::{Map, Numbers, Source, Tensor, elements};
use crate::network::Op;
use crate::network::onnx::error::Fault;
use crate::network::onnx::node::Node;
use crate::network::onnx::operators::MAX_ELEMENTS;
use crate::network::segment::{LayerKind, Operation};

/// A node, and what is known of its inputs.
pub(in super::super) struct Call<'a> {
    pub(super) node: &'a Node<'a>,
    /// `None` for an input that is left out.
    pub(super) inputs: Vec<Option<&'a Tensor>>,
    /// Samples that the graph computes at once.
    pub(super) batch: usize,
}

/// What a node makes, and the work it is.
pub(in super::super) struct Shaped {
    pub(super) outputs: Vec<Output>,
    pub(super) does: Does,
}

/// A tensor that a node makes.
pub(super) struct Output {
    pub(super) dims: Vec<usize>,
    pub(super) numbers: Option<Numbers>,
}

/// What a node asks of the hardware when it reads a map.
pub(super) enum Does {
    /// Nothing: it depends on extents only.
    Known,
    /// Elements of this input, in the same order.
    Renames(usize),
    /// Elements of this input, in another order, some left out or repeated: addresses.
    Moves(usize),
    /// A function of corresponding elements of these inputs.
    Function(Vec<usize>, Function),
    /// Layers one after the other: the first reads inputs, each next one what the layer before it made.
    Layers(Vec<Piece>),
}

/// A function of corresponding elements.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// A factor and a term: by one number a change of scale, per channel part of the product before it.
    Affine,
    /// The end of the exact sums: what follows is a function of codes.
    Quantize,
    /// The nearest number between two: the clamp of whatever makes the map.
    Clamp,
    /// Any other function: of one map by a table.
    Table,
    /// A sum of maps.
    Sum,
    /// A product of maps.
    Product,
    /// Another function of several maps.
    Several,
}

impl Function {
    /// The kind of its step in reports.
    pub(super) fn kind(self) -> LayerKind {
        match self {
            Self::Sum => LayerKind::Add,
            Self::Product => LayerKind::Mul,
            Self::Affine => LayerKind::Scale,
            Self::Quantize | Self::Clamp | Self::Table | Self::Several => LayerKind::Elementwise,
        }
    }
}

/// One layer of a node.
pub(super) struct Piece {
    /// What is behind the node's name when it has several layers.
    pub(super) suffix: &'static str,
    pub(super) op: Op,
    /// Inputs that it reads, of the first layer; the first is the ifmap.
    pub(super) reads: Vec<usize>,
    /// Extents of what it makes.
    pub(super) dims: Vec<usize>,
    /// Its result are exact sums.
    pub(super) product: bool,
}

impl<'a> Call<'a> {
    /// The tensor at an input.
    pub(super) fn tensor(&self, index: usize) -> Result<&'a Tensor, Fault> {
        self.optional(index).ok_or_else(|| self.node.fault(format!("input {index} is missing"), "connect it"))
    }

    /// The tensor at an input that may be left out.
    pub(super) fn optional(&self, index: usize) -> Option<&'a Tensor> {
        self.inputs.get(index).copied().flatten()
    }

    pub(super) fn dims(&self, index: usize) -> Result<&'a [usize], Fault> {
        Ok(&self.tensor(index)?.dims)
    }

    pub(super) fn numbers(&self, index: usize) -> Option<&'a Numbers> {
        self.optional(index)?.numbers.as_ref()
    }

    /// Integers that a shape depends on.
    pub(super) fn integers(&self, index: usize) -> Result<Vec<i64>, Fault> {
        let known = self.tensor(index)?.numbers.as_ref();
        known.map(Numbers::whole).ok_or_else(|| {
            self.node.fault(
                format!(
                    "its shape depends on `{}`, whose numbers are not known before an inference",
                    self.node.input(index)
                ),
                "export the model with fixed sizes, or cut it before this node (onnx.utils.extract_model)",
            )
        })
    }

    /// Integers that are an attribute in older operator sets, an input since; `None` when they are left out.
    pub(super) fn list(&self, name: &str, index: usize) -> Result<Option<Vec<i64>>, Fault> {
        match self.node.ints(name)? {
            Some(numbers) => Ok(Some(numbers.to_vec())),
            None if self.optional(index).is_some() => self.integers(index).map(Some),
            None => Ok(None),
        }
    }

    /// An axis of a tensor of some rank, counted from the last when negative.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, Fault> {
        let whole = i64::try_from(rank).unwrap_or(i64::MAX);
        let found = if axis < 0 { axis.saturating_add(whole) } else { axis };
        usize::try_from(found).ok().filter(|&axis| axis < rank).ok_or_else(|| {
            self.node.fault(format!("axis {axis} of a tensor of rank {rank}"), "give an axis that is there")
        })
    }

    /// Refuses operands beyond what can be counted: every product of an extent and a number of a window then fits.
    pub(super) fn countable(&self) -> Result<(), Fault> {
        const MOST: usize = 1 << 40;
        let large = |tensor: &&&Tensor| elements(&tensor.dims).is_none_or(|n| n > MOST);
        match self.inputs.iter().flatten().find(large) {
            None => Ok(()),
            Some(tensor) => {
                let cause = format!("it reads a tensor of {:?}", tensor.dims);
                Err(self.node.fault(cause, format!("supported are at most {MOST} elements")))
            }
        }
    }

    /// Whether an input depends on the image.
    pub(super) fn is_map(&self, index: usize) -> bool {
        self.map(index).is_some()
    }

    pub(super) fn map(&self, index: usize) -> Option<Map> {
        match self.optional(index)?.source {
            Source::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Elements of extents, in bounds.
    pub(super) fn count(&self, dims: &[usize]) -> Result<usize, Fault> {
        let most = MAX_ELEMENTS.saturating_mul(self.batch);
        elements(dims).filter(|&n| n <= most && n > 0).ok_or_else(|| {
            self.node.fault(
                format!("it makes a tensor of {dims:?}"),
                format!("supported are 1 to {MAX_ELEMENTS} elements per sample"),
            )
        })
    }

    /// What a count of the whole batch is for one sample.
    pub(super) fn per_sample(&self, whole: usize) -> u64 {
        u64::try_from(whole.div_ceil(self.batch.max(1))).unwrap_or(u64::MAX)
    }

    /// An output whose numbers are not known.
    pub(super) fn made(&self, dims: Vec<usize>, does: Does) -> Result<Shaped, Fault> {
        self.count(&dims)?;
        Ok(Shaped { outputs: vec![Output { dims, numbers: None }], does })
    }

    /// A layer on the first input that works on so many elements of the whole batch on the vector unit.
    pub(super) fn vector(
        &self,
        kind: LayerKind,
        elements: Option<usize>,
        operation: Operation,
        dims: Vec<usize>,
    ) -> Result<Shaped, Fault> {
        let op = self.vector_op(kind, elements, operation)?;
        let piece = Piece { suffix: "", op, reads: vec![0], dims: dims.clone(), product: false };
        self.made(dims, Does::Layers(vec![piece]))
    }

    /// Work of the vector unit on so many elements of the whole batch.
    pub(super) fn vector_op(
        &self,
        kind: LayerKind,
        elements: Option<usize>,
        operation: Operation,
    ) -> Result<Op, Fault> {
        let elements =
            elements.ok_or_else(|| self.node.fault("its work is too large to count", "make it smaller"))?;
        Ok(Op::Vector { kind, elements: self.per_sample(elements), operation, streams: false })
    }
}
