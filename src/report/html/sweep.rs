//! The page of a sweep: its front, a sample of its points where there are too many, and how many points lie where.

use std::collections::BinaryHeap;
use std::fmt;
use std::io::Read;

use csv::ByteRecord;

use super::json::{array, object, short, string};
use super::table::{columns, of_columns};
use super::{MadeBy, page};

/// All that the page of a sweep is made of.
pub struct SweepPage<'a> {
    /// Name of the space.
    pub title: String,
    /// What made it.
    pub made: MadeBy,
    /// The text of `inputs.csv`.
    pub inputs: &'a str,
    /// Opens `points.csv`.
    pub points: &'a dyn Fn() -> std::io::Result<Box<dyn Read>>,
    /// The text of `pareto.csv`.
    pub front: &'a str,
    /// The text of `settings.csv`: what varies as people write it, and what the front is of.
    pub settings: &'a str,
}

/// Why there is no page.
#[derive(Debug)]
pub enum SweepError {
    /// The table cannot be read.
    Read(csv::Error),
}

impl fmt::Display for SweepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "points.csv: {error}"),
        }
    }
}

impl std::error::Error for SweepError {}

impl From<csv::Error> for SweepError {
    fn from(error: csv::Error) -> Self {
        Self::Read(error)
    }
}

/// Bytes that points may take, and so many of them at most.
const MOST_BYTES: usize = 1_000_000;
const MOST_POINTS: usize = 20_000;
const MOST_OF_FRONT: usize = 300_000;
/// Columns that are the same in every row.
const SAME: [&str; 2] = ["version", "inputs"];

/// Makes the page; reads the points once, one at a time.
///
/// # Errors
/// The table of points cannot be read.
pub fn sweep_page(sweep: &SweepPage<'_>) -> Result<String, SweepError> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .buffer_capacity(1 << 16)
        .from_reader((sweep.points)().map_err(csv::Error::from)?);
    let header = reader.byte_headers()?.clone();
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let (mut sample, mut density) = (Sample::default(), Density::of(&names));
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        density.take(&record);
        sample.take(&record);
    }
    let kept: Vec<usize> = (0..names.len()).filter(|at| !SAME.contains(&names[*at].as_str())).collect();
    let mut cells = vec![Vec::new(); kept.len()];
    let (all, rows) = sample.in_order();
    for row in &rows {
        for (column, at) in cells.iter_mut().zip(&kept) {
            column.push(String::from_utf8_lossy(row.get(*at).unwrap_or_default()).into_owned());
        }
    }
    let shown = rows.len();
    let points = of_columns(kept.iter().map(|at| names[*at].as_str()), &cells, shown, all);
    let front = columns(sweep.front, MOST_OF_FRONT);
    let mut notes = Vec::new();
    if shown < all {
        notes.push(format!(
            "This page holds the front and {shown} of {all} points, a sample by a hash of their numbers, the same every time; \
             the shading counts all points. points.csv beside it has all."
        ));
    }
    if front.shown < front.all {
        notes.push(format!("Of the front it holds {} of {} points.", front.shown, front.all));
    }
    let data = object([
        ("kind", string("sweep")),
        ("title", string(&sweep.title)),
        ("made", sweep.made.json()),
        ("notes", array(notes.iter().map(|note| string(note)))),
        ("inputs", columns(sweep.inputs, MOST_OF_FRONT).json),
        ("settings", columns(sweep.settings, MOST_OF_FRONT).json),
        ("points", points),
        ("front", front.json),
        ("density", if shown < all { array(density.json()) } else { "[]".to_owned() }),
    ]);
    Ok(page(&sweep.title, &data))
}

/// So many rows as a page takes: all, or those with the least hashes of their places.
#[derive(Default)]
struct Sample {
    kept: BinaryHeap<(u64, usize, Row)>,
    all: usize,
    most: usize,
}

/// A row in a heap that is ordered by hashes and places alone.
struct Row(ByteRecord);

impl PartialEq for Row {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Row {}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Row {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Sample {
    fn take(&mut self, row: &ByteRecord) {
        if self.all == 0 {
            self.most = (MOST_BYTES / (row.as_slice().len() + row.len()).max(1)).clamp(1, MOST_POINTS);
        }
        let (place, hash) = (self.all, hash(self.all));
        self.all += 1;
        if self.kept.len() == self.most {
            if self.kept.peek().is_some_and(|(largest, ..)| hash >= *largest) {
                return;
            }
            self.kept.pop();
        }
        self.kept.push((hash, place, Row(row.clone())));
    }

    /// How many rows there were, and those that are kept, in their order.
    fn in_order(self) -> (usize, Vec<ByteRecord>) {
        let mut rows: Vec<(usize, ByteRecord)> =
            self.kept.into_iter().map(|(_, place, Row(row))| (place, row)).collect();
        rows.sort_by_key(|(place, _)| *place);
        (self.all, rows.into_iter().map(|(_, row)| row).collect())
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): neighbours fall far apart.
fn hash(place: usize) -> u64 {
    let mut z = (place as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// How many points lie where on planes of accuracy against a cost.
struct Density {
    accuracy: Option<usize>,
    costs: Vec<(String, usize)>,
    /// Accuracy and costs of every point that has all of them.
    places: Vec<[f32; 3]>,
}

/// Costs that differ by more than this have a logarithmic axis, as `sweep.js` has it.
const WIDE: f32 = 50.0;
/// Cells along cost and accuracy.
const CELLS: [usize; 2] = [96, 64];

impl Density {
    fn of(names: &[String]) -> Self {
        let at = |name: &str| names.iter().position(|column| column == name);
        let costs =
            ["energy_pj", "latency_s"].iter().filter_map(|name| Some(((*name).to_owned(), at(name)?)));
        Self { accuracy: at("accuracy"), costs: costs.collect(), places: Vec::new() }
    }

    fn take(&mut self, row: &ByteRecord) {
        let Some(accuracy) = self.accuracy else { return };
        let number = |at: usize| {
            let cell = std::str::from_utf8(row.get(at)?).ok()?;
            cell.parse::<f32>().ok().filter(|number| number.is_finite())
        };
        let cost = |at: usize| self.costs.get(at).map_or(Some(0.0), |(_, column)| number(*column));
        if let (Some(accuracy), Some(one), Some(other)) = (number(accuracy), cost(0), cost(1)) {
            self.places.push([accuracy, one, other]);
        }
    }

    /// `{"x", "y", "log", "from": [x, y], "to": [x, y], "cells": [nx, ny], "counts": [[i, j, points]]}` per cost.
    fn json(&self) -> Vec<String> {
        self.costs.iter().enumerate().filter_map(|(at, (name, _))| self.plane(at + 1, name)).collect()
    }

    fn plane(&self, at: usize, name: &str) -> Option<String> {
        let range = |axis: usize| {
            let all = self.places.iter().map(|place| place[axis]);
            let least = all.clone().fold(f32::INFINITY, f32::min);
            let most = all.fold(f32::NEG_INFINITY, f32::max);
            (least < most).then_some([least, most])
        };
        let ([x0, x1], [y0, y1]) = (range(at)?, range(0)?);
        // As the chart has it: costs that differ widely on a logarithmic axis.
        let log = x0 > 0.0 && x1 / x0 > WIDE;
        let scale = |x: f32| if log { x.ln() } else { x };
        let cell = |value: f32, from: f32, to: f32, cells: usize| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "from 0 to the number of cells"
            )]
            let at = ((value - from) / (to - from) * cells as f32) as usize;
            at.min(cells - 1)
        };
        let mut counts = vec![0_u64; CELLS[0] * CELLS[1]];
        for place in &self.places {
            let i = cell(scale(place[at]), scale(x0), scale(x1), CELLS[0]);
            let j = cell(place[0], y0, y1, CELLS[1]);
            counts[j * CELLS[0] + i] += 1;
        }
        let filled = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let filled = filled.map(|(at, count)| format!("[{},{},{count}]", at % CELLS[0], at / CELLS[0]));
        let pair = |x: f32, y: f32| array([x, y].map(|value| short(f64::from(value))));
        Some(object([
            ("x", string(name)),
            ("y", string("accuracy")),
            ("log", log.to_string()),
            ("from", pair(x0, y0)),
            ("to", pair(x1, y1)),
            ("cells", format!("[{},{}]", CELLS[0], CELLS[1])),
            ("counts", array(filled)),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(points: usize) -> String {
        let row = |at: usize| {
            format!("0.1.0,abc,{at},{},{},{}\n", at % 7, 0.5 + (at % 100) as f64 / 250.0, 10 * (at + 1))
        };
        "version,inputs,point,array.rows,accuracy,energy_pj\n".to_owned()
            + &(0..points).map(row).collect::<String>()
    }

    fn data(points: usize) -> serde_json::Value {
        let text = table(points);
        let open = || -> std::io::Result<Box<dyn Read>> {
            Ok(Box::new(std::io::Cursor::new(text.clone().into_bytes())))
        };
        let page = sweep_page(&SweepPage {
            title: "t".to_owned(),
            made: MadeBy::default(),
            inputs: "",
            points: &open,
            front: "point\n3\n",
            settings: "target,key,column,cell,value\n",
        })
        .unwrap();
        let (_, rest) = page.split_once("type=\"application/json\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn few_points_are_all_there() {
        let found = data(50);
        assert_eq!((found["points"]["rows"].as_u64(), found["points"]["of"].as_u64()), (Some(50), Some(50)));
        assert_eq!(found["points"]["columns"][0], "point");
        assert_eq!(found["notes"].as_array().unwrap().len(), 0);
    }

    #[test]
    fn of_many_points_a_sample_is_there_and_all_are_counted() {
        let found = data(60_000);
        let numbers: Vec<u64> = found["points"]["data"][0]
            .as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_u64().unwrap())
            .collect();
        assert_eq!((numbers.len(), found["points"]["of"].as_u64()), (20_000, Some(60_000)));
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        // A third of any part of the table, as of the whole: within five standard deviations.
        let early = numbers.iter().filter(|number| **number < 6000).count();
        assert!(early.abs_diff(2000) < 190, "{early}");
        let density = &found["density"][0];
        let counted: u64 =
            density["counts"].as_array().unwrap().iter().map(|cell| cell[2].as_u64().unwrap()).sum();
        assert_eq!((counted, density["x"].as_str()), (60_000, Some("energy_pj")));
    }
}
