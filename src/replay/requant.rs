//! Which arithmetic turns the sums of convolutions and fully connected layers into codes.

/// Ways to requantize.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Requant {
    /// As onnxruntime, bit for bit: one f32 multiplication, rounded half to even.
    #[default]
    Float,
    /// A 31-bit integer multiplier and one shift that rounds half up.
    FixedPoint,
    /// The same with a 15-bit multiplier.
    FixedPoint15,
    /// The same with an 8-bit multiplier.
    FixedPoint8,
    /// A 31-bit multiplier and two roundings, as gemmlowp.
    Gemmlowp,
}

impl Requant {
    /// Their names in files.
    pub const NAMES: &'static [&'static str] =
        &["float", "fixed-point", "fixed-point-15", "fixed-point-8", "gemmlowp"];
}

impl std::str::FromStr for Requant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "float" => Ok(Self::Float),
            "fixed-point" => Ok(Self::FixedPoint),
            "fixed-point-15" => Ok(Self::FixedPoint15),
            "fixed-point-8" => Ok(Self::FixedPoint8),
            "gemmlowp" => Ok(Self::Gemmlowp),
            other => Err(format!("`{other}` is none of {}", Self::NAMES.join(", "))),
        }
    }
}
