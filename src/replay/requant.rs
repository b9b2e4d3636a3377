//! Which arithmetic turns the sums of convolutions and fully connected layers into codes.

use crate::names::closed_set;

closed_set! {
    /// Ways to requantize.
    #[derive(Default)]
    pub enum Requant {
        /// As onnxruntime, bit for bit: one f32 multiplication, rounded half to even.
        #[default]
        Float = "float",
        /// A 31-bit integer multiplier and one shift that rounds half up.
        FixedPoint = "fixed-point",
        /// The same with a 15-bit multiplier.
        FixedPoint15 = "fixed-point-15",
        /// The same with an 8-bit multiplier.
        FixedPoint8 = "fixed-point-8",
        /// A 31-bit multiplier and two roundings, as gemmlowp.
        Gemmlowp = "gemmlowp",
    }
}
