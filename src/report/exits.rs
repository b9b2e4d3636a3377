//! One row a class and exit.

use serde::Serialize;

use super::csv_of;
use crate::exclude::Decisions;

#[derive(Serialize)]
struct Row {
    class: usize,
    exit: usize,
    samples: u64,
    correct: u64,
}

/// `class,exit,samples,correct`; exits count from 1, one more than the heads = ran to the end.
#[must_use]
pub fn exits_csv(decisions: &Decisions) -> String {
    let table = decisions.by_class();
    let rows = table.iter().enumerate().flat_map(|(class, exits)| {
        exits.iter().enumerate().map(move |(exit, tally)| Row {
            class,
            exit: exit + 1,
            samples: tally.samples,
            correct: tally.correct,
        })
    });
    csv_of(rows)
}
