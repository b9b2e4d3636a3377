//! `samples.csv` read again: what was decided for every sample of a run, and what it took.

use std::path::Path;

use crate::config::{Fault, Faults};
use crate::load;
use crate::time::timeline::Passing;

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) label: usize,
    pub(super) answer: usize,
    /// From 1; heads + 1: to the end.
    pub(super) exit: usize,
    /// Behind each head; `None` where the sample does not run it.
    pub(super) survivors: Vec<Option<usize>>,
    pub(super) cycles: u64,
    pub(super) energy_pj: f64,
    pub(super) plain_answer: usize,
}

/// Reads all rows.
pub(super) fn read(folder: &Path) -> Result<Vec<Sample>, Faults> {
    let file = folder.join("samples.csv");
    let text = load::text(&file, "file of results")?;
    let faulty = |line: u64, what: &str| {
        let title = format!("{}, line {line}: {what}", file.display());
        Fault::new(title, "make the results again with exclusim run")
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| faulty(1, &error.to_string()))?.clone();
    let at = |name: &str| {
        header.iter().position(|cell| cell == name).ok_or_else(|| faulty(1, &format!("no column `{name}`")))
    };
    let [label, answer, exit] = [at("label")?, at("answer")?, at("exit")?];
    let [cycles, energy, plain] = [at("cycles")?, at("energy_pj")?, at("plain_answer")?];
    let survivors: Vec<usize> =
        (0..header.len()).filter(|column| header[*column].starts_with("survivors_")).collect();
    let mut samples = Vec::new();
    for (row, line) in reader.records().zip(2..) {
        let row = row.map_err(|error| faulty(line, &error.to_string()))?;
        let cell = |column: usize| row.get(column).unwrap_or_default();
        let wrong = |column: usize| faulty(line, &format!("`{}` is no {}", cell(column), &header[column]));
        let whole = |column: usize| cell(column).parse::<usize>().map_err(|_| wrong(column));
        let behind = |column: &usize| match cell(*column) {
            "" => Ok(None),
            _ => whole(*column).map(Some),
        };
        samples.push(Sample {
            label: whole(label)?,
            answer: whole(answer)?,
            exit: whole(exit)?,
            survivors: survivors.iter().map(behind).collect::<Result<_, _>>()?,
            cycles: cell(cycles).parse().map_err(|_| wrong(cycles))?,
            energy_pj: cell(energy).parse().map_err(|_| wrong(energy))?,
            plain_answer: whole(plain)?,
        });
    }
    Ok(samples)
}

impl Sample {
    /// The segments that it runs, of a network with so many classes.
    pub(super) fn path(&self, classes: usize) -> Vec<Passing> {
        let mut alive = classes;
        let heads = self.survivors.len();
        let passing = |s: usize| {
            let entering = alive;
            alive = self.survivors.get(s).copied().flatten().unwrap_or(alive);
            Passing { entering, left: alive, leaves: s + 1 == self.exit && s < heads }
        };
        (0..self.exit.min(heads + 1)).map(passing).collect()
    }
}

/// The sample of a number, or that there is none.
pub(super) fn sample(folder: &Path, all: &[Sample], number: usize) -> Result<Sample, Fault> {
    all.get(number).cloned().ok_or_else(|| {
        let title = format!("{} has {} samples and no sample {number}", folder.display(), all.len());
        Fault::new(title, format!("samples count from 0: give 0 to {}", all.len().saturating_sub(1)))
    })
}
