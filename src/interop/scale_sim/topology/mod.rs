//! SCALE-Sim topology files: one layer a row, as a convolution or as a GEMM; the header tells which.
//!
//! A convolution's row is `name, ifmap height, ifmap width, filter height, filter width, channels, filters, stride,`;
//! the map's sizes already include the padding. A GEMM's row is `name, M, N, K,`. Both may end in a `Sparsity` column.
//! A convolution whose name contains `DP` is depthwise: every channel is a GEMM of its own with all of the row's
//! filters. The file has no heads, so it is one segment; its last layer's N is the number of classes.

mod rows;

use std::ops::Range;
use std::sync::Arc;

use crate::config::{Fault, Faults, Source};
use crate::network::segment::{LayerKind, MOST_ELEMENTS, MOST_MACS, Part, Segment, Segments, Step, Work};
use crate::shape::{Bands, Gemm};
use rows::{Columns, Row, columns, rows};

/// How the size of an ofmap follows from ifmap, filter and stride when the stride does not divide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputSize {
    /// floor((size - filter) / stride) + 1: whole windows only, as ONNX and every framework.
    Floor,
    /// ceil((size - filter + stride) / stride): SCALE-Sim's, whose last window may leave the map.
    Ceil,
}

impl OutputSize {
    fn along(self, size: u64, filter: u64, stride: u64) -> u64 {
        match self {
            Self::Floor => (size - filter) / stride + 1,
            Self::Ceil => (size - filter).div_ceil(stride) + 1,
        }
    }
}

/// A topology in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// The layers, as one segment without a head.
    pub segments: Segments,
    /// The rule its output sizes follow.
    pub rule: OutputSize,
    /// Layers that the other rule would make another size.
    pub rule_matters: Vec<String>,
}

/// Reads a topology named `name`, which faults show at `path`.
///
/// # Errors
/// Every fault of the file, in the order of its lines.
pub fn import(path: &str, name: &str, text: &str, rule: OutputSize) -> Result<Topology, Faults> {
    let source = Arc::new(Source::new(path.to_owned(), text.to_owned()));
    let mut reader = Reader { source, faults: Faults::default(), macs: 0, elements: 0 };
    let mut lines = rows(text);
    let Some(header) = lines.next() else {
        reader.blame(
            &(0..0),
            "the file is empty",
            "no layer",
            "start with a header line, then one line per layer",
        );
        return Err(reader.faults);
    };
    let columns = match columns(&header) {
        Ok(columns) => columns,
        Err((span, [title, remedy])) => {
            reader.blame(&span, title, "in the header", remedy);
            return Err(reader.faults);
        }
    };
    let layers: Vec<Option<Layer>> = lines.map(|row| reader.layer(&columns, &row, rule)).collect();
    if layers.is_empty() {
        reader.blame(
            &header.span,
            "there is no layer below the header",
            "the header",
            "write one line per layer",
        );
    }
    if !reader.faults.0.is_empty() {
        return Err(reader.faults);
    }
    let layers: Vec<Layer> = layers.into_iter().flatten().collect();
    let rule_matters =
        layers.iter().filter(|layer| layer.rule_matters).map(|layer| layer.name.clone()).collect();
    Ok(Topology { segments: segments(name, &layers), rule, rule_matters })
}

/// A row that was read well.
struct Layer {
    name: String,
    kind: LayerKind,
    gemm: Gemm,
    /// Elements of the map itself, not of its im2col matrix.
    ifmap: u64,
    /// The rows of a convolution.
    bands: Option<Bands>,
    rule_matters: bool,
}

fn segments(name: &str, layers: &[Layer]) -> Segments {
    let last_conv = layers.iter().rposition(|layer| layer.kind.is_convolution());
    // A list of layers: a row's map is the one before's result only where that made exactly such a map.
    let made_before =
        |i: usize, ifmap: u64| i.checked_sub(1).is_some_and(|i| layers[i].gemm.outputs() == ifmap);
    let step = |(i, layer): (usize, &Layer)| Step {
        name: layer.name.as_str().into(),
        kind: layer.kind,
        part: if last_conv.is_some_and(|last| i <= last) { Part::Body } else { Part::Tail },
        // Which N are classes is not known, so nothing can be left out.
        work: Work::Gemm { gemm: layer.gemm, class_wise: false },
        bands: layer.bands,
        ifmap_bytes: layer.ifmap,
        ofmap_bytes: layer.gemm.outputs(),
        reads_image: !made_before(i, layer.ifmap),
        streamed: false,
        waited: Vec::new(),
        waits: None,
        weighted: None,
    };
    let classes = layers.last().and_then(|layer| usize::try_from(layer.gemm.n).ok()).unwrap_or(1);
    let backbone = layers.iter().enumerate().map(step).collect();
    Segments {
        name: name.to_owned(),
        classes,
        batch: 1,
        segments: vec![Segment { backbone, ..Segment::default() }],
    }
}

/// Reads rows and remembers what is wrong with them.
struct Reader {
    source: Arc<Source>,
    faults: Faults,
    /// Of the rows so far.
    macs: u64,
    elements: u64,
}

impl Reader {
    fn blame(
        &mut self,
        span: &Range<usize>,
        title: impl Into<String>,
        label: &'static str,
        remedy: impl Into<String>,
    ) {
        self.faults.0.push(Fault::new(title, remedy).at(&self.source, span.clone(), label));
    }

    fn layer(&mut self, columns: &Columns, row: &Row<'_>, rule: OutputSize) -> Option<Layer> {
        let name = self.name(row);
        self.nothing_beyond(columns, row);
        self.sparsity(columns, row);
        let numbers = self.numbers(columns, row)?;
        let layer = match *numbers {
            [m, n, k] => gemm_layer(name, m, n, k),
            [height, width, filter_height, filter_width, channels, filters, ref strides @ ..] => {
                let stride = [strides[0], *strides.last()?];
                let inside = self.fits(row, 1, ["height", "ifmap's"], filter_height, height)
                    & self.fits(row, 2, ["width", "ifmap's"], filter_width, width);
                if !inside {
                    return None;
                }
                let conv = Conv {
                    map: [height, width],
                    filter: [filter_height, filter_width],
                    stride,
                    channels,
                    filters,
                };
                conv.layer(name, rule)
            }
            _ => None,
        };
        let total = layer.as_ref().and_then(|layer| self.with(layer));
        if total.is_none() {
            let title = "the file's layers are too large to count in 64 bits";
            let remedy = "write layers that sum to at most 2^56 MACs and 2^42 elements of ifmap, filter and ofmap matrices";
            self.blame(&row.span, title, "with this layer", remedy);
        }
        [self.macs, self.elements] = total?;
        layer
    }

    fn name(&mut self, row: &Row<'_>) -> String {
        let name = row.cells.first().map_or("", |cell| cell.text);
        if name.is_empty() {
            let remedy = "write a name before the first comma";
            self.blame(&row.span, "a layer without a name", "its first column", remedy);
        }
        name.to_owned()
    }

    /// No cell is beyond the header's columns.
    fn nothing_beyond(&mut self, columns: &Columns, row: &Row<'_>) {
        let beyond = row.cells.iter().skip(columns.known() + 1).find(|cell| !cell.text.is_empty());
        if let Some(cell) = beyond {
            let title = format!("`{}` is in a column that the header does not name", cell.text);
            let remedy =
                format!("the header names {} columns: write {}", columns.known() + 1, columns.example());
            self.blame(&cell.span, title, "one too many", remedy);
        }
    }

    /// MACs and elements of the file with one more layer; `None` when there are too many.
    fn with(&self, layer: &Layer) -> Option<[u64; 2]> {
        let Gemm { groups, m, n, k } = layer.gemm;
        let product =
            |factors: &[u64]| factors.iter().try_fold(groups, |product, &factor| product.checked_mul(factor));
        // A map may be larger than its im2col matrix, when strides skip, and is fetched at most once a column.
        let fetched = layer.ifmap.checked_mul(n)?;
        let macs = self.macs.checked_add(product(&[m, n, k])?.max(fetched))?;
        let matrices = [product(&[m, k])?, product(&[k, n])?, product(&[m, n])?, layer.ifmap];
        let elements = matrices.iter().try_fold(self.elements, |sum, &more| sum.checked_add(more))?;
        (macs <= MOST_MACS && elements <= MOST_ELEMENTS).then_some([macs, elements])
    }

    /// The row's numbers; `None` when one is missing or wrong. All faults are found.
    fn numbers(&mut self, columns: &Columns, row: &Row<'_>) -> Option<Vec<u64>> {
        let mut numbers = Vec::new();
        for (i, what) in columns.numbers.iter().enumerate() {
            match row.cells.get(i + 1) {
                Some(cell) if !cell.text.is_empty() => match number(cell.text) {
                    Ok(number) => numbers.push(number),
                    Err(found) => {
                        let title = format!("{what} `{}` {found}", cell.text);
                        self.blame(
                            &cell.span,
                            title,
                            "this number",
                            format!("write {what} as a whole number from 1"),
                        );
                    }
                },
                _ => {
                    let missing = columns.numbers[i..].join(", ");
                    let end = row.span.end;
                    self.blame(
                        &(end..end),
                        format!("{missing} missing"),
                        "here",
                        format!("write {}", columns.example()),
                    );
                    return None;
                }
            }
        }
        (numbers.len() == columns.numbers.len()).then_some(numbers)
    }

    /// A filter lies inside its map.
    fn fits(&mut self, row: &Row<'_>, at: usize, [what, whose]: [&str; 2], filter: u64, map: u64) -> bool {
        if filter > map {
            let span = row.cells[at + 2].span.clone();
            let title = format!("filter {what} {filter} is larger than the {whose} {what} {map}");
            let remedy = format!("write a filter of at most {map}, or the ifmap's {what} with its padding");
            self.blame(&span, title, "this filter", remedy);
        }
        filter <= map
    }

    /// Only dense layers are modelled.
    fn sparsity(&mut self, columns: &Columns, row: &Row<'_>) {
        let Some(cell) = columns.sparsity.and_then(|at| row.cells.get(at)) else { return };
        let dense = cell.text.split_once(':').is_some_and(|(n, m)| {
            let (n, m) = (number(n.trim()), number(m.trim()));
            n.is_ok() && n == m
        });
        if !cell.text.is_empty() && !dense {
            let title = format!("sparsity `{}` is not modelled", cell.text);
            self.blame(&cell.span, title, "not dense", "write 1:1, or leave the column empty");
        }
    }
}

/// A count from 1.
fn number(text: &str) -> Result<u64, &'static str> {
    match text.parse::<u64>() {
        Ok(0) => Err("must not be zero"),
        Ok(number) => Ok(number),
        Err(_) if text.bytes().all(|byte| byte.is_ascii_digit()) => Err("does not fit in 64 bits"),
        Err(_) => Err("is not a whole number"),
    }
}

fn gemm_layer(name: String, m: u64, n: u64, k: u64) -> Option<Layer> {
    let kind = if m == 1 { LayerKind::FullyConnected } else { LayerKind::Gemm };
    Some(Layer {
        name,
        kind,
        gemm: Gemm { groups: 1, m, n, k },
        ifmap: m.checked_mul(k)?,
        bands: None,
        rule_matters: false,
    })
}

/// A convolution's row, its filter inside its map.
struct Conv {
    map: [u64; 2],
    filter: [u64; 2],
    stride: [u64; 2],
    channels: u64,
    filters: u64,
}

impl Conv {
    /// The layer; `None` when a size leaves 64 bits.
    fn layer(&self, name: String, rule: OutputSize) -> Option<Layer> {
        let pixels = |rule: OutputSize| {
            let along = |axis: usize| rule.along(self.map[axis], self.filter[axis], self.stride[axis]);
            along(0).checked_mul(along(1))
        };
        let window = self.filter[0].checked_mul(self.filter[1])?;
        let (groups, k) = if name.contains("DP") {
            (self.channels, window)
        } else {
            (1, window.checked_mul(self.channels)?)
        };
        let gemm = Gemm { groups, m: pixels(rule)?, n: self.filters, k };
        let kind = match groups {
            // One window over the whole map is a fully connected layer.
            1 if gemm.m == 1 => LayerKind::FullyConnected,
            1 => LayerKind::Convolution,
            _ => LayerKind::Depthwise,
        };
        let ifmap = self.map[0].checked_mul(self.map[1])?.checked_mul(self.channels)?;
        let rule_matters = pixels(OutputSize::Floor)? != pixels(OutputSize::Ceil)?;
        let [rows, width] =
            [0, 1].map(|axis| rule.along(self.map[axis], self.filter[axis], self.stride[axis]));
        let bands = Bands {
            samples: 1,
            rows,
            width,
            input_rows: self.map[0],
            row_bytes: self.map[1].checked_mul(self.channels)? / groups,
            kernel: self.filter[0],
            stride: self.stride[0],
            above: 0,
            taps: window,
        };
        Some(Layer { name, kind, gemm, ifmap, bands: Some(bands), rule_matters })
    }
}

#[cfg(test)]
mod tests;
