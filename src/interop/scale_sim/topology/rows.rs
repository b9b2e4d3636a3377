//! Rows and cells of a topology file with their places, and what its header says.

use std::ops::Range;

/// A cell without the spaces around it.
pub(super) struct Cell<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

/// A line that is not blank.
pub(super) struct Row<'a> {
    /// Its cells, at least one; commas at the end make none.
    pub(super) cells: Vec<Cell<'a>>,
    /// The line without the spaces around it.
    pub(super) span: Range<usize>,
}

/// The lines of a text that hold more than spaces and commas; a byte order mark and DOS line ends do not matter.
pub(super) fn rows(text: &str) -> impl Iterator<Item = Row<'_>> {
    let mut start = 0;
    text.split('\n').filter_map(move |line| {
        let at = start;
        start += line.len() + 1;
        let (cells, span) = cells(line, at)?;
        Some(Row { cells, span })
    })
}

fn cells(line: &str, at: usize) -> Option<(Vec<Cell<'_>>, Range<usize>)> {
    let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    let mut cells = Vec::new();
    let mut start = 0;
    for piece in line.split(',') {
        let text = piece.trim_matches(blank);
        let begin = at + start + (piece.len() - piece.trim_start_matches(blank).len());
        cells.push(Cell { text, span: begin..begin + text.len() });
        start += piece.len() + 1;
    }
    let used = cells.iter().rposition(|cell| !cell.text.is_empty())? + 1;
    cells.truncate(used);
    let span = cells[0].span.start..cells[used - 1].span.end;
    Some((cells, span))
}

/// What the columns after the name are.
pub(super) struct Columns {
    /// Names of the numbers, in order.
    pub(super) numbers: Vec<&'static str>,
    /// Where a cell says how sparse the layer is.
    pub(super) sparsity: Option<usize>,
}

const GEMM: [&str; 3] = ["M", "N", "K"];
const CONV: [&str; 7] =
    ["ifmap height", "ifmap width", "filter height", "filter width", "channels", "filters", "stride"];

impl Columns {
    /// Columns after the name.
    pub(super) fn known(&self) -> usize {
        self.numbers.len() + usize::from(self.sparsity.is_some())
    }

    /// A row as it should be.
    pub(super) fn example(&self) -> String {
        format!("`name, {},`", self.numbers.join(", "))
    }
}

/// Reads the header: a GEMM file names M, N and K, a convolution file begins with the ifmap's sizes.
///
/// Columns are taken by their place, as SCALE-Sim takes them; a header that names others in these places is refused
/// rather than misread.
pub(super) fn columns(header: &Row<'_>) -> Result<Columns, (Range<usize>, [String; 2])> {
    let names: Vec<String> = header.cells.iter().skip(1).map(|cell| cell.text.to_lowercase()).collect();
    let starts = |at: usize, with: &str| names.get(at).is_some_and(|name| name.starts_with(with));
    let mut numbers = if (0..3).all(|at| names.get(at).is_some_and(|name| *name == GEMM[at].to_lowercase())) {
        GEMM.to_vec()
    } else if names.len() >= 7
        && ["ifmap", "ifmap", "filter", "filter", "channel"]
            .iter()
            .enumerate()
            .all(|(at, word)| starts(at, word))
    {
        CONV.to_vec()
    } else {
        return Err((header.span.clone(), [
            "the first line is not the header of a SCALE-Sim topology".into(),
            "write `Layer, M, N, K,` for GEMMs, or `Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,` for convolutions".into(),
        ]));
    };
    if numbers.len() == CONV.len() && names[6].starts_with("stride") && starts(7, "stride") {
        numbers.push("stride along the width");
    }
    let rest = &header.cells[(numbers.len() + 1).min(header.cells.len())..];
    let sparsity = rest
        .first()
        .filter(|cell| cell.text.to_lowercase().starts_with("sparsity"))
        .map(|_| numbers.len() + 1);
    match rest.get(usize::from(sparsity.is_some())) {
        Some(cell) => Err((
            cell.span.clone(),
            [
                format!("column `{}` is not known", cell.text),
                "leave it out: only a Sparsity column may follow".into(),
            ],
        )),
        None => Ok(Columns { numbers, sparsity }),
    }
}
