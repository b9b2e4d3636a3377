//! `--against POLICY`, `POLICY@WORKLOAD` or `@WORKLOAD`: other policies on the same architecture, on the same network or
//! on a twin of it.

use std::path::{Path, PathBuf};

use super::progress::terminal;
use crate::arch::Arch;
use crate::config::{Fault, Faults};
use crate::decide::Policy;
use crate::load::{self, InputFiles, Workload};
use crate::replay::Scores;
use crate::run::{Rival, Subject};
use crate::simulate::agreed;

/// Another policy, checked.
pub(super) struct Other {
    /// Name of its file, without folder and ending.
    name: String,
    /// Its own workload; `None` for that of the run.
    twin: Option<Workload>,
    /// Its file; `None` for its workload's own.
    file: Option<PathBuf>,
    policy: Policy,
}

/// Reads every other policy; the faults of all of them at once.
pub(super) fn others(given: &[String], arch: &Arch, workload: &Workload) -> Result<Vec<Other>, Faults> {
    let mut faults = Faults::default();
    let mut others = Vec::new();
    for text in given {
        match other(text, arch, workload) {
            Ok(other) => others.push(other),
            Err(more) => faults.0.extend(more.0),
        }
    }
    faults.none(others)
}

fn other(text: &str, arch: &Arch, workload: &Workload) -> Result<Other, Faults> {
    let (file, twin) = match text.rsplit_once('@') {
        Some((file, twin)) => (file, Some(load::workload(Path::new(twin), terminal())?)),
        None => (text, None),
    };
    let on = twin.as_ref().unwrap_or(workload);
    let named = (!file.is_empty()).then(|| PathBuf::from(file));
    let policy = on.policy(named.as_deref())?;
    agreed(arch, &on.segments, Some(&policy))?;
    let file = if file.is_empty() { &on.manifest.policy } else { file };
    let name = Path::new(file)
        .file_stem()
        .map_or_else(|| text.to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok(Other { name, twin, file: named, policy })
}

impl Other {
    /// Adds the files that it is made of.
    pub(super) fn add_to(&self, inputs: &mut InputFiles, own: &Workload) -> Result<(), Faults> {
        inputs.workload(self.twin.as_ref().unwrap_or(own), self.file.as_deref())
    }

    /// The twin's scores of the same samples; `None` on the run's own workload.
    pub(super) fn scores(&self, samples: Option<usize>, own: &Scores) -> Result<Option<Scores>, Faults> {
        let Some(twin) = &self.twin else { return Ok(None) };
        let scores = twin.evaluation(samples, terminal())?;
        if scores.labels != own.labels {
            let title = format!(
                "--against {}@{}: {} samples with labels of its own, not those of the run",
                self.name, twin.manifest.name, scores.samples
            );
            let help = "compare on the same evaluation data, in the same order";
            return Err(Fault::new(title, help).into());
        }
        Ok(Some(scores))
    }
}

/// Every other policy as it stands beside the run: on its twin's scores, or on the run's own.
pub(super) fn rivals<'a>(
    others: &'a [Other],
    twins: &'a [Option<Scores>],
    own: Subject<'a>,
) -> Vec<Rival<'a>> {
    let rival = |(other, scores): (&'a Other, &'a Option<Scores>)| Rival {
        name: other.name.clone(),
        subject: Subject {
            workload: other.twin.as_ref().unwrap_or(own.workload),
            scores: scores.as_ref().unwrap_or(own.scores),
            policy: &other.policy,
        },
    };
    others.iter().zip(twins).map(rival).collect()
}
