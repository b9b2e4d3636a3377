//! Design-space exploration: many architectures and policies, each evaluated once, the best of them found.
//!
//! A space (`spec`) has axes (`axis`, `values`) whose combinations are numbered (`grid`), less those that constraints
//! exclude. A method chooses points: all, `sobol`, `random` or `nsga2`. Points are evaluated in chunks (`run`): a policy
//! is decided once (`decided`, `policies`), a machine timed and priced once (`costs`), and a point is a few sums over
//! both (`evaluate`). Rows (`record`) go in order to a folder that survives any interruption (`journal`); the front
//! (`pareto`) grows on the way. Shards of a sweep are merged into what one process would have written (`merge`).

mod axis;
mod constraint;
mod costs;
mod decided;
mod evaluate;
mod grid;
mod hypervolume;
mod inputs;
pub mod journal;
mod kept;
pub mod merge;
mod metric;
mod nsga2;
mod pareto;
pub mod parquet;
mod policies;
mod random;
mod record;
mod run;
mod settings;
mod sobol;
mod spec;
mod values;

pub use axis::{Axis, Key, Target, Value};
pub use constraint::Constraint;
pub use evaluate::{Evaluated, Evaluator};
pub use grid::Grid;
pub use hypervolume::hypervolume;
pub use inputs::{Files, Inputs, Workload, arch_of, check, policy_of};
pub use kept::KeptError;
pub use metric::{Combine, FoundOn, Metric, Objective, PerMetric};
pub use nsga2::Nsga2;
pub use pareto::{Front, Member, Order, compare};
pub use policies::Policies;
pub use record::{Kind, Reader, Rows};
pub use run::{Chunk, Plan, PointCounts, Stop, Task, run, search};
pub use settings::settings_csv;
pub use spec::{Invalid, Method, Spec, read};
