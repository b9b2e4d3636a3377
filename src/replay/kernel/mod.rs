//! The inner loops: 8-bit products and pools over channel-innermost maps, one implementation per instruction set.
//!
//! All of them compute the same integers and the same floats. Codes are bytes from 0 to 255: i8 codes are stored
//! with 128 added, zero points likewise. `unsafe` is confined to the modules for instruction sets; every entry
//! point checks its slices before it hands out pointers.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
mod depthwise;
mod elementwise;
mod pool;
mod product;
mod scalar;
mod scaling;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod vnni;

pub(super) use depthwise::{Depthwise, DepthwiseConvolution};
pub(super) use elementwise::{Add, Flattened, LookUp, Moved, Sum};
pub(super) use pool::{AveragePool, CountZeros, GlobalAveragePool, Layout, MaxPool, Rescale};
pub(super) use product::{Filters, Places, Product};
pub(super) use scaling::Scaling;

/// An instruction set to compute with. The results do not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Portable Rust, the reference.
    Scalar,
    /// AVX2 and FMA: products of 16-bit pairs (`vpmaddwd`), which cannot saturate as the 8-bit ones do.
    Avx2,
    /// AVX-512 with VNNI: four 8-bit products per lane (`vpdpbusd`).
    Vnni,
}

/// A loop that the compiler vectorizes by itself, given the registers. Mark `run` with `#[inline(always)]`, so that
/// it is compiled anew for each instruction set.
pub(super) trait Vectorizable {
    /// Runs the loop.
    fn run(self);
}

impl Kernel {
    /// All of them, slowest first.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Vnni];

    /// Whether this processor can run it.
    #[must_use]
    pub fn available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Vnni => false,
        }
    }

    /// The fastest one this processor can run.
    #[must_use]
    pub fn best() -> Self {
        Self::ALL.into_iter().rev().find(|k| k.available()).unwrap_or(Self::Scalar)
    }

    /// Computes every output of `product`.
    ///
    /// # Panics
    /// When `input` or `output` is shorter than the product's layout says, or the processor cannot run `self`.
    pub(super) fn multiply(self, product: &Product, input: &[u8], output: &mut [u8]) {
        assert!(self.available() && product.fits(input, output), "a product outside its buffers");
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::multiply(product, input, output),
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => vnni::multiply(product, input, output),
            _ => scalar::multiply(product, input, output),
        }
    }

    /// Applies a table to a map.
    ///
    /// # Panics
    /// When the processor cannot run `self`.
    pub(super) fn look_up(self, work: LookUp<'_>) {
        assert!(self.available(), "the processor has no {self:?}");
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Vnni if is_x86_feature_detected!("avx512vbmi") => work.by(vnni::translate),
            _ => work.by(elementwise::translate),
        }
    }

    /// Runs a loop with this instruction set's registers.
    ///
    /// # Panics
    /// When the processor cannot run `self`.
    pub(super) fn run(self, work: impl Vectorizable) {
        assert!(self.available(), "the processor has no {self:?}");
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::run(work),
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => vnni::run(work),
            _ => work.run(),
        }
    }
}
