//! What a step asks of the array: for those who look into its schedule.

use super::Flow;
use crate::network::segment::Work;
use crate::shape::Gemm;
use crate::time::lay::{Place, Product};
use crate::time::steps::Steps;

impl<'a> Flow<'a> {
    /// The product of a step, all classes alive, and the room that it may use.
    pub(in crate::time) fn asked<'s>(&self, steps: Steps<'s>, i: usize) -> Option<(Product<'s>, Place<'a>)> {
        let Work::Gemm { gemm, .. } = &steps.at(i)[0].work else { return None };
        Some(self.asked_of(steps, i, gemm))
    }

    /// The same of a product that may lack excluded classes.
    pub(in crate::time) fn asked_of<'s>(
        &self,
        steps: Steps<'_>,
        i: usize,
        gemm: &'s Gemm,
    ) -> (Product<'s>, Place<'a>) {
        let at = steps.at(i);
        let (planned, beside) = self.planned(steps, i);
        let room = self.room.without(beside, 0).unwrap_or(self.room);
        let (product, _) = self.product(&at[0], gemm, &at[1..], planned);
        (product, Place { machine: self.machine, pace: self.pace, room })
    }

    /// Bytes of maps on chip while a step runs.
    pub(in crate::time) fn maps_beside(&self, steps: Steps<'_>, i: usize) -> u64 {
        self.planned(steps, i).1
    }
}
