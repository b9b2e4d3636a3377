//! `SPACE.toml`: what varies, from which base, and what is looked for.

use super::axis::{self, nearest};
use super::constraint::Constraint;
use super::grid::Grid;
use super::metric::{Combine, Metric, Objective, PerMetric};
use crate::config::{Data, Fault, FaultKind, Faults, Fields, Is, Node, Source};
use crate::names::{ClosedSet, closed_set};
use std::sync::Arc;

/// A space that was read and checked, before its files are.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Name for messages.
    pub name: String,
    /// The base architecture's file, relative to the space's.
    pub arch: String,
    /// Workloads, relative to the space's file.
    pub workloads: Vec<String>,
    /// The base policy's file; `None`: each workload's own.
    pub policy: Option<String>,
    /// How the results of several workloads become one.
    pub combine: Combine,
    /// What the Pareto front is of.
    pub objectives: Vec<Objective>,
    /// The file names none, so these are the usual ones.
    pub objectives_are_usual: bool,
    /// Which points are looked at.
    pub method: Method,
    /// What becomes of points whose architecture cannot be.
    pub invalid: Invalid,
    /// Conditions on axes alone.
    pub axis_constraints: Vec<Constraint>,
    /// Conditions on results.
    pub result_constraints: Vec<Constraint>,
    /// Every combination of what varies.
    pub grid: Grid,
    /// The text it was read from, to tell its own lines from those of other files.
    pub source: Arc<Source>,
}

/// Which points are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All.
    Grid,
    /// A low-discrepancy sequence.
    Sobol {
        /// Points at most.
        points: u64,
        /// Scramble.
        seed: u64,
    },
    /// At random, none twice.
    Random {
        /// Points at most.
        points: u64,
        /// Of the generator.
        seed: u64,
    },
    /// Evolution towards the front.
    Nsga2 {
        /// Evaluations at most.
        points: u64,
        /// Of the generator.
        seed: u64,
        /// Points in a generation.
        population: u64,
    },
}

closed_set! {
    enum MethodName {
        Grid = "grid",
        Sobol = "sobol",
        Random = "random",
        Nsga2 = "nsga2",
    }
}

closed_set! {
    /// What becomes of points whose architecture cannot be.
    pub enum Invalid {
        /// The first one ends the sweep.
        Stop = "stop",
        /// They are listed in `skipped.csv`.
        Skip = "skip",
    }
}

/// The Sobol sequence at hand has so many points.
const MOST_SOBOL: u64 = 1 << 16;
/// And so many dimensions.
const MOST_SOBOL_AXES: usize = 256;

/// Reads and checks a space.
///
/// # Errors
/// Every fault at once.
pub fn read(node: &Node) -> Result<Spec, Faults> {
    let mut faults = Faults::default();
    let mut fields = Fields::new(node, "", &mut faults);
    let name = fields.about("Name of the space, for folders").name("name");
    let name = fields.require("name", "\"my-space\"", name).unwrap_or_default();
    let arch = fields.about("Base architecture: a shipped one, or a file relative to this one").text("arch");
    let arch = fields.require("arch", "\"../edge-16x16.toml\"", arch).unwrap_or_default();
    let workloads = fields
        .about("Workloads that each point is evaluated on")
        .texts("workloads")
        .filter(|list| !list.is_empty());
    let workloads = fields.require("workloads", "[\"../../workloads/vgg-mini-fashion\"]", workloads);
    let policy = fields
        .about("Base policy, in the workload's folder or beside this file; each workload's own if left out")
        .text("policy");
    let combine = fields
        .about("How the results of several workloads become one")
        .choice("combine", Combine::GeometricMean);
    let objectives = objectives(&mut fields);
    let objectives_are_usual = fields.given("objectives").is_none();
    let method = method(&mut fields);
    let invalid = fields
        .about("Whether an architecture that cannot be ends the sweep, or is listed in skipped.csv")
        .choice("invalid", Invalid::Stop);
    // Read once the table is done with: their faults go to the same list.
    let about = "Conditions on axes and results, such as area_mm2 <= 4; points that break one are left out";
    let constraints = fields.about(about).node_of("constraints", || Is::List(Box::new(Is::Text))).cloned();
    let about = "What varies: keys of the architecture or of the policy, each with its values";
    let axes = fields.about(about).node_of("axes", || Is::Open).cloned();
    let about = "Axes whose keys change together: tables of keys with lists of equal length";
    let linked = fields.about(about).node_of("linked", || Is::Tables).cloned();
    fields.finish();
    let axes = axis::read(axes.as_ref(), linked.as_ref(), &mut faults);
    if axes.is_empty() && faults.0.is_empty() {
        let help = "write [axes] and below it, for example, array.rows = [8, 16, 32]";
        faults.0.push(node.fault("the space is empty: nothing varies", "no axes", help));
    }
    let Some(grid) = Grid::new(axes) else {
        let help = "leave out axes or values: samples are taken from numbered points, too";
        faults.0.push(node.fault("the space has more than 2^53 points", "these axes", help));
        return Err(faults);
    };
    if matches!(method, Method::Sobol { .. }) && grid.axes.len() > MOST_SOBOL_AXES {
        let title = format!("Sobol points have at most {MOST_SOBOL_AXES} axes");
        faults.0.push(node.fault(title, "these axes", "write method = \"random\""));
    }
    let constraints = read_constraints(constraints.as_ref(), &grid, &mut faults);
    let (axis_constraints, result_constraints): (Vec<_>, Vec<_>) =
        constraints.into_iter().partition(|(_, constraint)| constraint.is_of_axes());
    if faults.0.is_empty() {
        contradictions(&axis_constraints, &grid, &mut faults);
    }
    let only = |list: Vec<(Node, Constraint)>| list.into_iter().map(|(_, constraint)| constraint).collect();
    faults.none(Spec {
        name,
        arch,
        workloads: workloads.unwrap_or_default(),
        policy,
        combine,
        objectives,
        objectives_are_usual,
        method,
        invalid,
        axis_constraints: only(axis_constraints),
        result_constraints: only(result_constraints),
        grid,
        source: Arc::clone(&node.source),
    })
}

fn objectives(fields: &mut Fields<'_>) -> Vec<Objective> {
    let names = || {
        let names = Objective::documented();
        Is::List(Box::new(Is::Choice { names: names.clone(), documented: names }))
    };
    let about =
        "What the Pareto front is of; energy, latency and, of workloads with scores, accuracy if left out";
    let Some(node) = fields.about(about).node_of("objectives", names) else {
        return vec![Objective::Energy, Objective::Latency, Objective::Accuracy];
    };
    let names = Objective::documented();
    let help = format!("write a list of some of \"{}\"", names.join("\", \""));
    let Data::List(items) = &node.data else {
        let title = format!("`objectives` is {}, not a list", node.data.kind());
        fields.blame(Some(node), title, help);
        return Vec::new();
    };
    if items.is_empty() {
        fields.blame(Some(node), "`objectives` is empty".into(), help.clone());
    }
    let mut found = Vec::new();
    for item in items {
        let text = if let Data::Text(text) = &item.data { text.as_str() } else { item.data.kind() };
        match Objective::from_name(text) {
            Some(objective) if found.contains(&objective) => {
                fields.blame(Some(item), format!("`objectives` names {text} twice"), "name it once".into());
            }
            Some(objective) => found.push(objective),
            None => {
                let near = nearest(text, names.iter().copied());
                let help = near.map_or(help.clone(), |near| format!("did you mean \"{near}\"? {help}"));
                fields.blame(Some(item), format!("`objectives` has `{text}`, which is not known"), help);
            }
        }
    }
    found
}

fn method(fields: &mut Fields<'_>) -> Method {
    let name = fields.about("Which points are looked at").choice("method", MethodName::Grid);
    let points = fields.about("Points at most, of any method but grid").integer_if_any("points", 1..=1 << 40);
    let seed = fields.about("Of the method's random numbers").integer_if_any("seed", 0..=u64::MAX >> 1);
    let about = "Points per generation, of nsga2";
    let population = fields.about(about).integer_if_any("population", 4..=100_000);
    let (given_seed, given_population) = (seed.is_some(), population.is_some());
    let seed = seed.unwrap_or(1);
    let with_points = |fields: &mut Fields<'_>| fields.require("points", "1000", points).unwrap_or(1);
    let mut unused = Vec::new();
    let method = match name {
        MethodName::Grid => {
            unused.extend([
                ("points", points.is_some()),
                ("seed", given_seed),
                ("population", given_population),
            ]);
            Method::Grid
        }
        MethodName::Sobol => {
            unused.push(("population", given_population));
            let points = with_points(fields);
            if points > MOST_SOBOL {
                let title = format!("`points = {points}` is more than a Sobol sequence has here");
                let help = format!("write at most {MOST_SOBOL}, or method = \"random\"");
                fields.blame(fields.given("points"), title, help);
            }
            Method::Sobol { points, seed }
        }
        MethodName::Random => {
            unused.push(("population", given_population));
            Method::Random { points: with_points(fields), seed }
        }
        MethodName::Nsga2 => {
            let population = population.unwrap_or(64);
            Method::Nsga2 { points: with_points(fields), seed, population }
        }
    };
    for (key, _) in unused.into_iter().filter(|(_, given)| *given) {
        let title = format!("`{key}` has no use with this `method`");
        fields.blame(fields.given(key), title, "leave it out, or choose another method".into());
    }
    method
}

fn read_constraints(node: Option<&Node>, grid: &Grid, faults: &mut Faults) -> Vec<(Node, Constraint)> {
    let Some(node) = node else { return Vec::new() };
    let help = "write constraints = [\"area_mm2 <= 4\", \"rows * cols <= 4096\"]";
    let Data::List(items) = &node.data else {
        faults.0.push(node.fault("`constraints` is no list", "this value", help));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let Data::Text(text) = &item.data else {
            faults.0.push(item.fault("a constraint is no string", "this value", help));
            continue;
        };
        match Constraint::read(text, &grid.axes) {
            Ok(constraint) => found.push((item.clone(), constraint)),
            Err([title, help]) => faults.0.push(item.fault(title, "in this constraint", help)),
        }
    }
    found
}

/// Most combinations of the axes under constraint that are tried before anything is simulated.
const MOST_TRIED: u64 = 2_000_000;

/// Constraints that no combination of their axes meets, alone or together.
fn contradictions(constraints: &[(Node, Constraint)], grid: &Grid, faults: &mut Faults) {
    let impossible = |some: &[&(Node, Constraint)]| {
        let all: Vec<&Constraint> = some.iter().map(|(_, constraint)| constraint).collect();
        !can_hold(&all, grid)
    };
    for (at, one) in constraints.iter().enumerate() {
        if impossible(&[one]) {
            let title = format!("no point meets `{}`: the space is empty", one.1.text);
            faults.0.push(one.0.fault(title, "never true", "loosen it, or add values to its axes"));
            return;
        }
        for other in &constraints[..at] {
            if impossible(&[one, other]) {
                let title = format!("`{}` and `{}` contradict each other", other.1.text, one.1.text);
                faults.0.push(one.0.fault(title, "never true together", "loosen one of them"));
                return;
            }
        }
    }
    if let Some(last) = constraints.last()
        && impossible(&constraints.iter().collect::<Vec<_>>())
    {
        let title = "the constraints contradict each other: the space is empty";
        faults.0.push(last.0.fault(title, "never true with those before", "loosen one of them"));
    }
}

/// Whether some combination of the axes that they look at meets all; taken for granted where there are too many.
fn can_hold(constraints: &[&Constraint], grid: &Grid) -> bool {
    let mut axes: Vec<usize> = constraints.iter().flat_map(|constraint| constraint.axes()).collect();
    axes.sort_unstable();
    axes.dedup();
    let sizes: Vec<u64> = axes.iter().map(|axis| grid.sizes()[*axis]).collect();
    let Some(all) = sizes.iter().try_fold(1u64, |all, size| all.checked_mul(*size)) else { return true };
    if all > MOST_TRIED {
        return true;
    }
    let (mut digits, nothing) = (vec![0; grid.axes.len()], PerMetric::of(|_: Metric| 0.0));
    (0..all).any(|mut rest| {
        for (axis, size) in axes.iter().zip(&sizes) {
            digits[*axis] = usize::try_from(rest % size).unwrap_or(0);
            rest /= size;
        }
        constraints.iter().all(|constraint| constraint.holds(&digits, &nothing))
    })
}

impl Spec {
    /// Whether a point meets the conditions on axes.
    #[must_use]
    pub fn admits(&self, digits: &[usize]) -> bool {
        let nothing = PerMetric::of(|_: Metric| 0.0);
        self.axis_constraints.iter().all(|constraint| constraint.holds(digits, &nothing))
    }

    /// Every architecture file that it names, each once.
    #[must_use]
    pub fn arch_files(&self) -> Vec<String> {
        let mut files = self.values_of("arch");
        files.push(self.arch.clone());
        files.sort();
        files.dedup();
        files
    }

    /// The values of one key, each as text; empty when it does not vary.
    #[must_use]
    pub fn values_of(&self, path: &str) -> Vec<String> {
        let of = |axis: &axis::Axis| {
            let at = axis.keys.iter().position(|key| key.path == path)?;
            Some(axis.values.iter().map(|step| step[at].text.clone()).collect())
        };
        self.grid.axes.iter().find_map(of).unwrap_or_default()
    }

    /// What a point's keys are set to, for messages: `array.rows = 8, array.cols = 16`.
    #[must_use]
    pub fn settings(&self, digits: &[usize]) -> String {
        let one = |(axis, digit): (&axis::Axis, &usize)| {
            let step = &axis.values[*digit];
            axis.keys
                .iter()
                .zip(step)
                .map(|(key, value)| format!("{} = {}", key.path, value.text))
                .collect::<Vec<_>>()
        };
        self.grid.axes.iter().zip(digits).flat_map(one).collect::<Vec<_>>().join(", ")
    }

    /// A fault of a point, told with the values that made it unless a line of the space shows them.
    #[must_use]
    pub fn fault_at(&self, digits: &[usize], fault: Fault) -> Fault {
        let shown = fault.place.as_ref().is_some_and(|(source, _)| Arc::ptr_eq(source, &self.source));
        let title =
            if shown { fault.title } else { format!("{} (with {})", fault.title, self.settings(digits)) };
        // What is not even a key is a slip, and no point of the space can be.
        let help = if self.invalid == Invalid::Stop && fault.kind != FaultKind::UnknownKey {
            format!("{}; or write invalid = \"skip\" in the space to leave such points out", fault.help)
        } else {
            fault.help
        };
        Fault { title, help, ..fault }
    }
}
