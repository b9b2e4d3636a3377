//! Who leaves where and what is excluded where: one row per class and exit, one per head and class.

use serde::Serialize;

use super::csv_of;
use crate::decide::{Decisions, Exit};

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
        exits.iter().enumerate().map(move |(exit, answered)| Row {
            class,
            exit: Exit::at_head(exit).number(),
            samples: answered.samples,
            correct: answered.correct,
        })
    });
    csv_of(rows)
}

#[derive(Serialize)]
struct Excluded {
    head: usize,
    class: usize,
    excluded: u64,
}

/// `head,class,excluded`: samples for which a class, alive on reaching the head, was ruled out by it; heads count from 1.
#[must_use]
pub fn excluded_csv(decisions: &Decisions) -> String {
    let rows = (0..decisions.heads).flat_map(|head| {
        let row =
            move |(class, excluded): (usize, &u64)| Excluded { head: head + 1, class, excluded: *excluded };
        decisions.excluded_at_head(head).iter().enumerate().map(row)
    });
    csv_of(rows)
}
