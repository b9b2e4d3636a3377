//! The steps of a segment, one after the other.

use crate::network::segment::{Segment, Step, Work};

/// A segment's steps in the order they run: its backbone's, then its head's where that is on.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    backbone: &'a [Step],
    head: &'a [Step],
    /// Steps of the backbone before this segment.
    first: usize,
}

impl<'a> Steps<'a> {
    pub(super) fn new(segment: &'a Segment, head: bool, first: usize) -> Self {
        Self { backbone: &segment.backbone, head: if head { &segment.head } else { &[] }, first }
    }

    pub(super) fn len(self) -> usize {
        self.backbone.len() + self.head.len()
    }

    /// One step by itself.
    pub(super) fn one(step: &'a Step) -> Self {
        Self { backbone: std::slice::from_ref(step), head: &[], first: 0 }
    }

    /// Steps of the backbone before this segment.
    pub(super) fn first(self) -> usize {
        self.first
    }

    /// How many of them are the backbone's.
    pub(super) fn backbone(self) -> usize {
        self.backbone.len()
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'a Step> {
        self.backbone.iter().chain(self.head)
    }

    /// Whether the backbone has a product.
    pub(super) fn multiplies(self) -> bool {
        self.multiplies_before(self.backbone.len())
    }

    /// Whether a product comes before a step.
    pub(super) fn multiplies_before(self, i: usize) -> bool {
        self.iter().take(i).any(|step| matches!(step.work, Work::Gemm { .. }))
    }

    /// A step with those after it in the same list.
    pub(super) fn at(self, i: usize) -> &'a [Step] {
        match i.checked_sub(self.backbone.len()) {
            None => &self.backbone[i..],
            Some(i) => &self.head[i..],
        }
    }
}
