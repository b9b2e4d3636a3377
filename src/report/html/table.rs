//! A CSV table of results as columns of JSON: the same digits.

use super::json::{array, is_number, object, string};

/// Columns that are names, whatever they look like.
const NAMES: [&str; 6] = ["layer", "results", "version", "inputs", "cell", "value"];

/// A table, and how many of its rows are left out.
pub(super) struct Columns {
    /// `{"columns": [names], "data": [columns], "rows": shown, "of": all}`.
    pub(super) json: String,
    /// Rows that are in it.
    pub(super) shown: usize,
    /// Rows that there are.
    pub(super) all: usize,
}

/// The first rows of a table that take at most `most` bytes.
pub(super) fn columns(csv: &str, most: usize) -> Columns {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(csv.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let mut cells: Vec<Vec<String>> = vec![Vec::new(); header.len()];
    let (mut bytes, mut shown, mut all) = (0, 0, 0);
    for row in reader.records().flatten() {
        all += 1;
        bytes += row.as_slice().len() + row.len();
        if bytes <= most {
            shown += 1;
            cells.iter_mut().zip(&row).for_each(|(column, cell)| column.push(cell.to_owned()));
        }
    }
    Columns { json: of_columns(header.iter(), &cells, shown, all), shown, all }
}

/// Columns with their names.
pub(super) fn of_columns<'a>(
    names: impl Iterator<Item = &'a str>,
    cells: &[Vec<String>],
    shown: usize,
    all: usize,
) -> String {
    let names: Vec<&str> = names.collect();
    let data = names.iter().zip(cells).map(|(name, cells)| column(name, cells));
    object([
        ("columns", array(names.iter().map(|name| string(name)))),
        ("data", array(data)),
        ("rows", shown.to_string()),
        ("of", all.to_string()),
    ])
}

/// A column: of numbers, or of texts where one cell is none; what is empty is `null`.
fn column(name: &str, cells: &[String]) -> String {
    let numbers = !NAMES.contains(&name) && cells.iter().all(|cell| cell.is_empty() || is_number(cell));
    array(cells.iter().map(|cell| match cell.as_str() {
        "" => "null".to_owned(),
        number if numbers => number.to_owned(),
        text => string(text),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay_and_names_are_texts() {
        let csv = "layer,cycles,kept\n1e5,0.30,\n\"a,</script>\",7,x\n";
        let found = columns(csv, 1000).json;
        assert_eq!(
            found,
            r#"{"columns":["layer","cycles","kept"],"data":[["1e5","a,</script>"],[0.30,7],[null,"x"]],"rows":2,"of":2}"#
        );
        let cut = columns("n\n1\n2\n3\n", 5);
        assert_eq!((cut.shown, cut.all), (2, 3));
    }
}
