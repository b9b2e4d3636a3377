//! A table: aligned for people, or as Markdown or LaTeX have it.

use super::WIDTH;

/// Most characters of a cell of a table for people.
const LONGEST: usize = 200;

/// What a table is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Aligned columns.
    #[default]
    Plain,
    /// A table of GitHub's Markdown.
    Markdown,
    /// A `tabular` with the rules of the package `booktabs`.
    Latex,
}

/// Rows of cells; the first column is aligned left, the others right.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with a header.
    #[must_use]
    pub fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { rows: vec![header.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a column to the header.
    pub fn column(&mut self, title: &str) {
        self.rows[0].push(title.to_owned());
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table in a form, and a line break after it; aligned columns take no more than a terminal has.
    #[must_use]
    pub fn written(&self, form: Form) -> String {
        match form {
            Form::Plain => self.within(WIDTH),
            Form::Markdown => self.markdown(),
            Form::Latex => self.latex(),
        }
    }

    fn columns(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let cells = |row: &Vec<String>| -> Vec<String> {
            (0..self.columns())
                .map(|column| row.get(column).map_or("", String::as_str).trim().replace('|', "\\|"))
                .collect()
        };
        let rule: Vec<String> =
            (0..self.columns()).map(|column| if column == 0 { ":--" } else { "--:" }.to_owned()).collect();
        let mut rows = self.rows.iter().map(|row| line(&cells(row)));
        let header = rows.next().unwrap_or_default();
        // What follows a table without an empty line would be its next row.
        header + &line(&rule) + &rows.collect::<String>() + "\n"
    }

    fn latex(&self) -> String {
        let line = |row: &Vec<String>| {
            let cells =
                (0..self.columns()).map(|column| row.get(column).map_or(String::new(), |cell| escaped(cell)));
            format!("{} \\\\\n", cells.collect::<Vec<_>>().join(" & "))
        };
        let mut rows = self.rows.iter().map(line);
        let header = rows.next().unwrap_or_default();
        let aligned = "r".repeat(self.columns().saturating_sub(1));
        format!(
            "\\begin{{tabular}}{{l{aligned}}}\n\\toprule\n{header}\\midrule\n{}\\bottomrule\n\\end{{tabular}}\n",
            rows.collect::<String>()
        )
    }

    /// Leaves columns out, the first named first, until the text is no wider; says which.
    pub fn narrow(&mut self, width: usize, order: &[&str]) -> Vec<String> {
        let mut left_out = Vec::new();
        for title in order {
            if self.width(1) <= width {
                break;
            }
            if let Some(column) = self.rows[0].iter().position(|found| found == title) {
                self.rows
                    .iter_mut()
                    .filter(|row| column < row.len())
                    .for_each(|row| drop(row.remove(column)));
                left_out.push((*title).to_owned());
            }
        }
        left_out
    }

    /// Shortens names of the first column in their middle to so many characters.
    pub fn shorten(&mut self, most: usize) {
        for row in &mut self.rows {
            if let Some(name) = row.first_mut() {
                shorten(name, most);
            }
        }
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0).min(LONGEST)
        };
        (0..self.columns()).map(width).collect()
    }

    /// Columns that the text takes with so many spaces between cells.
    #[must_use]
    pub fn width(&self, gap: usize) -> usize {
        let widths = self.widths();
        2 + widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1)
    }

    /// The text, each line indented by two spaces; cells stand closer where that makes it fit a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        self.aligned(WIDTH)
    }

    /// The same for so many columns.
    pub(super) fn aligned(&self, columns: usize) -> String {
        let closer = self.width(2) > columns && self.width(1) <= columns;
        let gap = if closer { " " } else { "  " };
        let widths = self.widths();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::from(" ");
            for (column, cell) in row.iter().enumerate() {
                let (width, mut cell) = (widths[column], cell.clone());
                shorten(&mut cell, LONGEST);
                line +=
                    &if column == 0 { format!(" {cell:<width$}") } else { format!("{gap}{cell:>width$}") };
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// Shortens a text in its middle to so many characters.
fn shorten(text: &mut String, most: usize) {
    if text.chars().count() <= most {
        return;
    }
    let letters: Vec<char> = text.chars().collect();
    let (start, end) = (most / 2 - 1, letters.len() - (most - most / 2 - 1));
    let [before, after]: [String; 2] = [letters[..start].iter().collect(), letters[end..].iter().collect()];
    *text = format!("{before}..{after}");
}

/// A cell without what LaTeX would take for commands; what stands further in stays so.
fn escaped(cell: &str) -> String {
    let trimmed = cell.trim_start();
    let indent = if trimmed.len() < cell.len() { "\\quad " } else { "" };
    let mut text = String::from(indent);
    for c in trimmed.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => text.extend(['\\', c]),
            '\\' => text += "\\textbackslash{}",
            '~' => text += "\\textasciitilde{}",
            '^' => text += "\\textasciicircum{}",
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["layer", "util %"]);
        table.row(["fc_1".to_owned(), "99.5".to_owned()]);
        table.row(["  a|b".to_owned()]);
        table
    }

    #[test]
    fn markdown_has_every_cell() {
        let text = "| layer | util % |\n| :-- | --: |\n| fc_1 | 99.5 |\n| a\\|b |  |\n\n";
        assert_eq!(table().written(Form::Markdown), text);
    }

    #[test]
    fn a_cell_of_any_length_is_written() {
        let mut table = table();
        table.row(["x".repeat(100_000), "1".to_owned()]);
        assert!(table.text().lines().all(|line| line.len() < 2 * LONGEST));
    }

    #[test]
    fn latex_takes_nothing_for_a_command() {
        let text = "\\begin{tabular}{lr}\n\\toprule\nlayer & util \\% \\\\\n\\midrule\nfc\\_1 & 99.5 \\\\\n\\quad a|b &  \\\\\n\\bottomrule\n\\end{tabular}\n";
        assert_eq!(table().written(Form::Latex), text);
    }
}
