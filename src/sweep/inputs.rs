//! What a space's files hold, read once: everything that evaluating a point needs.

use std::collections::BTreeMap;

use super::axis::Target;
use super::metric::{FoundOn, Metric};
use super::spec::{Invalid, Spec};
use crate::arch::{self, Arch, Load};
use crate::config::{self, Data, Fault, FaultKind, Faults, Node};
use crate::cost::weighed;
use crate::decide::Policy;
use crate::network::segment::Segments;
use crate::replay::Scores;
use crate::tech::Technology;
use crate::tech::fpga::Device;
use crate::workload::read_policy;

/// Everything that results depend on.
pub struct Inputs {
    /// What the space's files describe.
    pub files: Files,
    /// Scores of the evaluation split, one per workload; none where policies were decided before.
    pub scores: Vec<Scores>,
    /// A short hash of the content of all files.
    pub hash: String,
}

/// What the files of a space describe: all but the data.
pub struct Files {
    /// Architecture files by the name that the space gives them.
    pub archs: BTreeMap<String, Node>,
    /// Technology files by the architecture file and the name that it, or an axis, gives them.
    pub technologies: BTreeMap<(String, String), Technology>,
    /// FPGA parts in the same way.
    pub devices: BTreeMap<(String, String), Device>,
    /// Networks with their policies.
    pub workloads: Vec<Workload>,
}

/// One network and the policies for it.
pub struct Workload {
    /// Name for columns.
    pub name: String,
    /// The network.
    pub segments: Segments,
    /// Whether its scores tell which answers are right; else its accuracies are empty.
    pub tells_accuracy: bool,
    /// Policies by the name that the space gives them; `None` is the base policy.
    pub policies: BTreeMap<Option<String>, Node>,
}

/// The architecture of a point.
///
/// # Errors
/// What the values of its axes make invalid.
pub fn arch_of(spec: &Spec, files: &Files, digits: &[usize]) -> Result<Arch, Faults> {
    let file = named(spec, digits, Target::ArchFile).unwrap_or_else(|| spec.arch.clone());
    let Some(base) = files.archs.get(&file) else {
        return Err(Fault::new(format!("{file} was not read"), "name it in the space").into());
    };
    let mut node = base.clone();
    set(spec, digits, Target::Arch, &mut node)?;
    let technology = |name: &str| loaded(&files.technologies, &file, name, "technology files");
    let device = |name: &str| loaded(&files.devices, &file, name, "FPGA parts");
    arch::read(&node, Load { technology: &technology, device: &device }).map(weighed)
}

/// What an architecture file names and was read before any point was looked at.
fn loaded<T: Clone>(
    read: &BTreeMap<(String, String), T>,
    arch: &str,
    name: &str,
    what: &str,
) -> Result<T, Faults> {
    let key = (arch.to_owned(), name.to_owned());
    let found = read.get(&key).cloned();
    found
        .ok_or_else(|| Fault::new(format!("{name} was not read"), format!("name {what} in the space")).into())
}

/// The policy of a point for one workload.
///
/// # Errors
/// What the values of its axes make invalid.
pub fn policy_of(spec: &Spec, workload: &Workload, digits: &[usize]) -> Result<Policy, Faults> {
    let file = named(spec, digits, Target::PolicyFile);
    let Some(base) = workload.policies.get(&file) else {
        let name = file.unwrap_or_default();
        return Err(Fault::new(format!("{name} was not read"), "name it in the space").into());
    };
    let mut node = base.clone();
    let heads = workload.segments.heads();
    all_heads_listed(&mut node, heads);
    set(spec, digits, Target::Policy, &mut node)?;
    one_for_all(&mut node, heads);
    read_policy(&node, heads)
}

/// Lets one number stand for the thresholds of all heads, so that `policy.beta = [0.01, 0.1]` is an axis of two values.
fn one_for_all(policy: &mut Node, heads: usize) {
    let Data::Table(table) = &mut policy.data else { return };
    for key in ["beta", "threshold"] {
        if let Some((_, value)) = table.get_mut(key)
            && matches!(value.data, Data::Real(_) | Data::Integer(_))
        {
            value.data = Data::List(vec![value.clone(); heads]);
        }
    }
}

/// The file that an axis names at a point.
fn named(spec: &Spec, digits: &[usize], target: Target) -> Option<String> {
    spec.grid.axes.iter().zip(digits).find_map(|(axis, digit)| {
        let at = axis.keys.iter().position(|key| key.target == target)?;
        Some(axis.values[*digit][at].text.clone())
    })
}

fn set(spec: &Spec, digits: &[usize], target: Target, node: &mut Node) -> Result<(), Faults> {
    for (axis, digit) in spec.grid.axes.iter().zip(digits) {
        for (key, value) in axis.keys.iter().zip(&axis.values[*digit]) {
            if key.target == target {
                config::put(node, key.inner(), &key.span, &value.node)?;
            }
        }
    }
    Ok(())
}

/// Writes out that all heads are on where a policy leaves it to the default, so that `policy.heads.2` can name one.
fn all_heads_listed(policy: &mut Node, heads: usize) {
    let (source, span) = (policy.source.clone(), policy.span.start..policy.span.start);
    let on = Node { data: Data::Boolean(true), source: source.clone(), span: span.clone() };
    if let Data::Table(table) = &mut policy.data {
        let list = Node { data: Data::List(vec![on; heads]), source, span: span.clone() };
        table.entry("heads".to_owned()).or_insert((span, list));
    }
}

/// What is wrong with the values of axes, one at a time: each with the first value of every other axis.
///
/// All faults are told where points that cannot be are to stop the sweep; else only keys that are none.
///
/// # Errors
/// Every fault, each once.
pub fn check(spec: &Spec, files: &Files) -> Result<(), Faults> {
    let mut faults = Faults::default();
    columns_are_found(spec, files, &mut faults);
    let mut look = |digits: &[usize]| {
        if !spec.admits(digits) {
            return;
        }
        let policies = files.workloads.iter().filter_map(|workload| policy_of(spec, workload, digits).err());
        let found =
            arch_of(spec, files, digits).err().into_iter().chain(policies).flat_map(|faults| faults.0);
        for fault in
            found.filter(|fault| spec.invalid == Invalid::Stop || fault.kind == FaultKind::UnknownKey)
        {
            let span = |fault: &Fault| fault.place.as_ref().map(|(_, span)| span.clone());
            if !faults.0.iter().any(|known| known.title == fault.title && span(known) == span(&fault)) {
                faults.0.push(spec.fault_at(digits, fault));
            }
        }
    };
    let mut digits = vec![0; spec.grid.axes.len()];
    look(&digits);
    for (axis, of) in spec.grid.axes.iter().enumerate() {
        for digit in 1..of.values.len().min(MOST_CHECKED) {
            digits[axis] = digit;
            look(&digits);
        }
        digits[axis] = 0;
    }
    faults.none(())
}

/// On what the machines of a space are built: a chip of their own, an FPGA, or some on each.
fn built_on(spec: &Spec, files: &Files) -> FoundOn {
    let varied = spec.grid.axes.iter().flat_map(|axis| &axis.keys).any(|key| key.path.starts_with("fpga."));
    let on_fpga =
        |node: &Node| matches!(&node.data, Data::Table(table) if varied || table.contains_key("fpga"));
    let count = files.archs.values().filter(|node| on_fpga(node)).count();
    match count {
        0 => FoundOn::Chips,
        all if all == files.archs.len() => FoundOn::Fpgas,
        _ => FoundOn::All,
    }
}

/// The columns that the machines of a space have: those on which some of them have no value are left empty there.
#[must_use]
pub(super) fn columns(spec: &Spec, files: &Files) -> Vec<Metric> {
    let on = built_on(spec, files);
    let there = |metric: &Metric| on == FoundOn::All || [FoundOn::All, on].contains(&metric.found_on());
    Metric::ALL.iter().copied().filter(there).collect()
}

/// Blames objectives and constraints of columns that some machine of the space has no value in.
fn columns_are_found(spec: &Spec, files: &Files, faults: &mut Faults) {
    let on = built_on(spec, files);
    let objectives = spec.objectives.iter().map(|objective| ("an objective".to_owned(), objective.metric()));
    let constraints = spec.result_constraints.iter().flat_map(|constraint| {
        let of = format!("the constraint `{}`", constraint.text);
        constraint.metrics().into_iter().map(move |metric| (of.clone(), metric))
    });
    for (what, metric) in objectives.chain(constraints) {
        let (name, help) = match metric.found_on() {
            FoundOn::All => continue,
            found if found == on => continue,
            FoundOn::Chips => (metric.name(), "an FPGA takes blocks: write lut, ff, dsp, bram18 or uram"),
            FoundOn::Fpgas => {
                (metric.name(), "a chip of its own has an area: write area_mm2, or give its file [fpga]")
            }
        };
        faults.0.push(Fault::new(
            format!("{what} asks for {name}, which not every machine of the space has"),
            help,
        ));
    }
}

/// Values of an axis that are looked at before anything is simulated.
const MOST_CHECKED: usize = 1000;
