//! The formats of the files that people write: every key of each, as its reader knows it, and what is made of that list.

mod begin;
mod schema;

pub use begin::{Begun, begin};
pub use schema::schema;

use crate::arch::{self, Load};
use crate::config::{Key, Node, keys_of};
use crate::load::{Kind, Place, device, technology, text};
use crate::lock;
use crate::names::closed_set;
use crate::sweep;
use crate::tech;
use crate::workload;

closed_set! {
    /// Formats of files.
    pub enum Format {
        /// Architectures.
        Arch = "arch",
        /// Technologies.
        Tech = "tech",
        /// Workloads.
        Workload = "workload",
        /// Policies.
        Policy = "policy",
        /// Spaces of sweeps.
        Sweep = "sweep",
        /// Lock files of `exclusim check`.
        Lock = "lock",
    }
}

/// Every key of a format, in the order in which its reader asks for them.
#[must_use]
pub fn keys(format: Format) -> Vec<Key> {
    let shipped = |kind: Kind, name: &str| {
        kind.shipped(name).and_then(|place| text(place, kind.singular()).ok()).unwrap_or_default()
    };
    let asked = |examples: &[&str], read: &dyn Fn(&Node)| keys_of(examples, read);
    match format {
        Format::Arch => {
            let chip = shipped(Kind::Arch, "edge-16x16");
            let fpga = shipped(Kind::Arch, "zcu104-16x16");
            let unified = shipped(Kind::Arch, "nvdla-2048");
            asked(&[&chip, &fpga, &unified], &read_arch)
        }
        Format::Tech => {
            let (own, between) = (shipped(Kind::Technology, "45nm"), shipped(Kind::Technology, "28nm"));
            asked(&[&own, &between, "base = \"45nm\""], &read_technology)
        }
        Format::Workload => {
            let example = shipped(Kind::Workload, "vgg-mini-fashion");
            asked(&[&example], &|node| drop(workload::read(node)))
        }
        Format::Policy => asked(&["beta = [0.1]"], &|node| drop(workload::read_policy(node, 1))),
        Format::Sweep => {
            let example = shipped(Kind::Sweep, "shape-dataflow");
            asked(&[&example], &|node| drop(sweep::read(node)))
        }
        Format::Lock => asked(&["lock = 1\n[[held]]\n"], &|node| drop(lock::read_lock(node))),
    }
}

fn read_arch(node: &Node) {
    let technologies = |name: &str| technology(&Place::here(), name, &|_, _| ());
    let devices = |name: &str| device(&Place::here(), name, &|_, _| ());
    drop(arch::read(node, Load { technology: &technologies, device: &devices }));
}

/// Reads a technology; what it names is left out, since none of its keys depends on that.
fn read_technology(node: &Node) {
    let nothing = |name: &str| Ok((name.to_owned(), String::new()));
    drop(tech::read_technology(node, &nothing));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Is;

    #[test]
    fn every_key_says_what_it_means() {
        for format in Format::ALL {
            let silent: Vec<String> = keys(format)
                .into_iter()
                .filter(|key| key.about.is_empty() && key.is != Is::Table)
                .map(|key| key.path)
                .collect();
            assert!(silent.is_empty(), "{format}: {silent:?}");
        }
    }

    #[test]
    fn keys_that_only_some_choices_have_are_seen() {
        let all = keys(Format::Arch);
        let paths: Vec<&str> = all.iter().map(|key| key.path.as_str()).collect();
        for path in
            ["array.rows", "arrivals.rate", "arrivals.file", "fpga.device", "power.idle", "technology"]
        {
            assert!(paths.contains(&path), "{path}: {paths:?}");
        }
        let required = |path: &str| all.iter().any(|key| key.path == path && key.required);
        assert!(required("array.rows") && required("arrivals.process") && required("fpga.device"));
        assert!(!required("arrivals.rate") && !required("technology") && !required("clock"));
        let policy = keys(Format::Policy);
        assert!(policy.iter().any(|key| key.path == "threshold" && !key.required));
    }
}
