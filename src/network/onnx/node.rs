//! One node with its attributes and inputs, read strictly: what is not asked for is a fault.

use super::error::Fault;
use super::operators::{Operator, find};
use super::proto::{AttributeProto, NodeProto, attribute_proto::AttributeType};
use super::tensor::{Constant, Elements};
use crate::network::Quantization;
use std::collections::BTreeMap;

/// Constants by name; `Err` says why one cannot be used.
pub(super) type Constants = BTreeMap<String, Result<Constant, String>>;

/// A node and the constants it may read.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) proto: &'a NodeProto,
    pub(super) constants: &'a Constants,
    /// What is known of its operator; `None` when nothing is.
    pub(super) operator: Option<&'static Operator>,
    /// What it reads are codes, not the real numbers they stand for.
    pub(super) reads_codes: bool,
}

impl<'a> Node<'a> {
    /// A node that reads real numbers.
    pub(super) fn new(proto: &'a NodeProto, constants: &'a Constants) -> Self {
        Self { proto, constants, operator: find(proto.domain(), proto.op_type()), reads_codes: false }
    }

    /// Its name, or that of its first output.
    pub(super) fn name(&self) -> &'a str {
        match self.proto.name() {
            "" => self.proto.output.first().map_or("", String::as_str),
            name => name,
        }
    }

    /// A fault of this node.
    pub(super) fn fault(&self, cause: impl Into<String>, remedy: impl Into<String>) -> Fault {
        let operator = match self.proto.domain() {
            "" | "ai.onnx" => self.proto.op_type().to_owned(),
            domain => format!("{domain}.{}", self.proto.op_type()),
        };
        Fault::Node { node: self.name().to_owned(), operator, cause: cause.into(), remedy: remedy.into() }
    }

    /// Refuses attributes that are not `known`: ignoring one could change what is computed.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Fault> {
        match self.proto.attribute.iter().find(|a| !known.contains(&a.name())) {
            None => Ok(()),
            Some(a) => Err(self.fault(
                format!("unknown attribute `{}`", a.name()),
                format!("known are {}", known.join(", ")),
            )),
        }
    }

    fn attribute(&self, name: &str, kind: AttributeType) -> Result<Option<&'a AttributeProto>, Fault> {
        let Some(found) = self.proto.attribute.iter().find(|a| a.name() == name) else { return Ok(None) };
        if found.r#type == Some(kind as i32) {
            return Ok(Some(found));
        }
        Err(self
            .fault(format!("attribute `{name}` has the wrong type"), format!("write {}", kind.as_str_name())))
    }

    /// An integer attribute, or its default.
    pub(super) fn int(&self, name: &str, default: i64) -> Result<i64, Fault> {
        Ok(self.attribute(name, AttributeType::Int)?.map_or(default, AttributeProto::i))
    }

    /// Refuses any other value of an integer attribute than `supported`, which is also its default.
    pub(super) fn fixed_int(&self, name: &str, supported: i64) -> Result<(), Fault> {
        match self.int(name, supported)? {
            found if found == supported => Ok(()),
            found => {
                Err(self.fault(format!("{name} = {found}"), format!("supported is {name} = {supported}")))
            }
        }
    }

    /// A float attribute, or its default.
    pub(super) fn float(&self, name: &str, default: f32) -> Result<f32, Fault> {
        match self.attribute(name, AttributeType::Float)?.map_or(default, AttributeProto::f) {
            number if number.is_nan() => {
                Err(self.fault(format!("attribute `{name}` is NaN"), "write a number"))
            }
            number => Ok(number),
        }
    }

    /// A list of integers, or `None` when absent.
    pub(super) fn ints(&self, name: &str) -> Result<Option<&'a [i64]>, Fault> {
        Ok(self.attribute(name, AttributeType::Ints)?.map(|found| found.ints.as_slice()))
    }

    /// A text attribute, or its default.
    pub(super) fn text(&self, name: &str, default: &'static str) -> Result<&'a [u8], Fault> {
        Ok(self.attribute(name, AttributeType::String)?.map_or(default.as_bytes(), AttributeProto::s))
    }

    /// A list of floats, or `None` when absent.
    pub(super) fn floats(&self, name: &str) -> Result<Option<&'a [f32]>, Fault> {
        Ok(self.attribute(name, AttributeType::Floats)?.map(|found| found.floats.as_slice()))
    }

    /// Refuses any other text than `supported`, which is also the default.
    pub(super) fn fixed_text(&self, name: &str, supported: &str) -> Result<(), Fault> {
        match self.attribute(name, AttributeType::String)?.map_or(supported.as_bytes(), |a| a.s()) {
            found if found == supported.as_bytes() => Ok(()),
            found => {
                let cause = format!("{name} = {}", String::from_utf8_lossy(found));
                Err(self.fault(cause, format!("supported is {name} = {supported}")))
            }
        }
    }

    /// Refuses any other value of a float attribute than 1, its default.
    pub(super) fn unit_float(&self, name: &str) -> Result<(), Fault> {
        match self.float(name, 1.0)? {
            1.0 => Ok(()),
            found => Err(self.fault(format!("{name} = {found}"), format!("supported is {name} = 1"))),
        }
    }

    /// Refuses automatic padding: it is deprecated, and exporters write the numbers.
    pub(super) fn no_auto_pad(&self) -> Result<(), Fault> {
        match self.attribute("auto_pad", AttributeType::String)?.map_or(&b"NOTSET"[..], |a| a.s()) {
            b"NOTSET" | b"" => Ok(()),
            found => Err(self.fault(
                format!("auto_pad = {}", String::from_utf8_lossy(found)),
                "write the padding as numbers in `pads`",
            )),
        }
    }

    /// A list of `N` numbers from `least` to 65535, or `None` when absent.
    pub(super) fn sizes<const N: usize>(
        &self,
        name: &str,
        least: usize,
    ) -> Result<Option<[usize; N]>, Fault> {
        let Some(found) = self.attribute(name, AttributeType::Ints)? else { return Ok(None) };
        let numbers: Option<Vec<usize>> = found
            .ints
            .iter()
            .map(|&i| usize::try_from(i).ok().filter(|n| (least..=usize::from(u16::MAX)).contains(n)))
            .collect();
        numbers.and_then(|n| n.try_into().ok()).map(Some).ok_or_else(|| {
            self.fault(
                format!("{name} = {:?}", found.ints),
                format!("supported are {N} numbers from {least} to {} (two spatial axes)", u16::MAX),
            )
        })
    }

    /// The name of input `index`; empty when left out.
    pub(super) fn input(&self, index: usize) -> &'a str {
        self.proto.input.get(index).map_or("", String::as_str)
    }

    /// Refuses a wrong number of inputs or outputs.
    pub(super) fn arity(&self, least: usize, most: usize) -> Result<(), Fault> {
        let (inputs, outputs) = (self.proto.input.len(), self.proto.output.len());
        if !(least..=most).contains(&inputs) {
            return Err(self.fault(format!("{inputs} inputs"), format!("it needs {least} to {most}")));
        }
        if outputs != 1 || self.proto.output[0].is_empty() {
            return Err(self.fault(format!("{outputs} outputs"), "supported is exactly one"));
        }
        Ok(())
    }

    /// The constant at input `index`.
    pub(super) fn constant(&self, index: usize) -> Result<&'a Constant, Fault> {
        let name = self.input(index);
        match self.constants.get(name) {
            Some(Ok(constant)) => Ok(constant),
            Some(Err(why)) => Err(self.fault(
                format!("constant `{name}` cannot be used: {why}"),
                "supported are float32, uint8, int8, int32 and int64 data, in the model file or in files inside its folder",
            )),
            None => Err(self.fault(
                format!("input {index} (`{name}`) is no constant"),
                "supported are initializers and Constant nodes with a tensor",
            )),
        }
    }

    /// A fault about the type or shape of the constant at input `index`.
    pub(super) fn misfit(&self, index: usize, what: &str) -> Fault {
        let found =
            self.constant(index).map(|c| format!("{} {:?}", c.elements.kind(), c.shape)).unwrap_or_default();
        self.fault(
            format!("input {index} (`{}`) is {found}", self.input(index)),
            format!("supported is {what}"),
        )
    }

    /// Positive finite float scales.
    pub(super) fn scales(&self, index: usize) -> Result<&'a [f32], Fault> {
        let Elements::F32(scales) = &self.constant(index)?.elements else {
            return Err(self.misfit(index, "a float32 scale"));
        };
        match scales.iter().find(|s| !(s.is_normal() && **s > 0.0)) {
            None => Ok(scales),
            Some(bad) => Err(self.fault(
                format!("scale `{}` contains {bad}", self.input(index)),
                "scales must be positive, finite and not denormal",
            )),
        }
    }

    /// One scale and one 8-bit zero point, at inputs `scale` and `zero_point`; without a zero point it is u8 and 0.
    pub(super) fn quantization(&self, scale: usize, zero_point: usize) -> Result<Quantization, Fault> {
        let &[step] = self.scales(scale)? else {
            return Err(self.misfit(scale, "one scale for the whole tensor"));
        };
        if self.input(zero_point).is_empty() {
            return Ok(Quantization { scale: step, zero_point: 0, signed: false });
        }
        let (zero_point, signed) = match &self.constant(zero_point)?.elements {
            Elements::U8(v) if v.len() == 1 => (i32::from(v[0]), false),
            Elements::I8(v) if v.len() == 1 => (i32::from(v[0]), true),
            _ => return Err(self.misfit(zero_point, "one uint8 or int8 zero point")),
        };
        Ok(Quantization { scale: step, zero_point, signed })
    }
}
