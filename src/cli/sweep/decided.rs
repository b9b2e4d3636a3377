//! What policies decide, in a file that shards share.

use std::path::Path;

use crate::cli::print::print;
use crate::cli::results::Results;
use crate::cli::{Failure, manner};
use crate::config::{Fault, Faults};
use crate::load::{self, Space};
use crate::report::grouped;
use crate::sweep::{Method, Policies};

/// Decides every policy of a space and writes what comes of it.
pub(super) fn write(space: &Space, file: &Path) -> Result<(), Failure> {
    let policies = space.spec.grid.policies();
    if policies > Policies::MOST_KEPT {
        let title = format!("the space has {} policies, more than can be kept", grouped(policies));
        return Err(Fault::new(title, "leave --decide out: every shard decides what it meets").into());
    }
    can_be_kept(space, "--decide")?;
    let mut results = Results::default();
    results.add(file, Policies::all_as_text(&space.spec, &space.inputs));
    results.write()?;
    if !manner::quiet() {
        print(&format!("{} policies decided, in {}\n", grouped(policies), file.display()))?;
    }
    Ok(())
}

/// Policies as a file has them; none without one.
pub(super) fn policies(space: &Space, file: Option<&Path>) -> Result<Policies, Faults> {
    let Some(file) = file else { return Ok(Policies::default()) };
    can_be_kept(space, "--decided")?;
    let text = load::text(file, "decisions")?;
    Policies::restored(&space.spec, &space.inputs, &text).map_err(|error| {
        let help = "write it again with exclusim sweep SPACE --decide FILE, or leave --decided out";
        Fault::new(format!("{}: {error}", file.display()), help).into()
    })
}

/// A search decides what it proposes, and has no shards.
fn can_be_kept(space: &Space, option: &str) -> Result<(), Faults> {
    if matches!(space.spec.method, Method::Nsga2 { .. }) {
        let title = format!("{option} does not go with method = \"nsga2\", which decides what it proposes");
        return Err(Fault::new(title, format!("leave {option} out")).into());
    }
    Ok(())
}
