//! From files to plain data: architectures with what they name, networks, workloads with their scores and policies, the
//! inputs of sweeps.
//!
//! Everything is checked on the way, and all faults are told at once. Nothing is printed: what a reader assumed, and how
//! far a replay is, goes to a [`Watch`]. Beside this module, only `cli` and a sweep's folder touch files.

mod arch;
mod files;
mod fits;
mod inputs;
mod near;
mod network;
mod place;
mod scores;
mod shipped;
mod space;
mod watch;
mod what;
mod workload;

pub use arch::{
    Beside, WrittenArch, arch, arch_at, arch_on, arrival_times, device, shipped_families, technology,
};
pub use files::{ReadSeek, open, read, text, toml, yaml};
pub use inputs::{InputFile, InputFiles, hash};
pub use network::{network, network_at};
pub(crate) use place::normal;
pub use place::{Kind, Place};
pub use scores::Split;
pub use shipped::packed_size;
pub(crate) use space::hexadecimal;
pub use space::{Given, Space, space, space_of, space_without_scores};
pub use watch::{Silent, Watch};
pub use what::{Wanted, What, expect, in_order, what};
pub use workload::{GivenImages, Workload, workload, workload_at};

use crate::config::Faults;

/// Two inputs, or the faults of both.
///
/// # Errors
/// The faults of one, or of both.
pub fn both<A, B>(one: Result<A, Faults>, other: Result<B, Faults>) -> Result<(A, B), Faults> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let faults = one.err().into_iter().chain(other.err()).flat_map(|faults| faults.0);
            Err(Faults(faults.collect()))
        }
    }
}
