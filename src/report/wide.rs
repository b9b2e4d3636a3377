//! A table that is wider than a terminal, made narrower without leaving anything out.

use super::table::Table;

/// A first column is not made narrower than this.
const LEAST_NAME: usize = 16;

impl Table {
    /// The text in at most `width` columns, if that can be. Steps, each only if the ones before do not suffice: cells stand closer,
    /// headers break into two lines, names in the first column do, columns that have no room go on in a second table below.
    #[must_use]
    pub fn within(&self, width: usize) -> String {
        let mut table = self.clone();
        if table.width(1) > width {
            table.break_header();
        }
        if table.width(1) > width {
            table.break_names(width);
        }
        let blocks = if table.width(1) > width { table.blocks(width) } else { vec![table] };
        blocks.iter().map(|block| block.aligned(width)).collect::<Vec<_>>().join("\n")
    }

    /// Breaks headers that are wider than the cells below them; the last line of each stands on the cells.
    fn break_header(&mut self) {
        let Some((header, rows)) = self.rows.split_first() else { return };
        let cells = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let broken: Vec<(String, String)> = header
            .iter()
            .enumerate()
            .map(|(column, title)| {
                let wide = column > 0 && title.chars().count() > cells(column);
                if wide { halves(title) } else { (String::new(), title.clone()) }
            })
            .collect();
        if broken.iter().all(|(above, _)| above.is_empty()) {
            return;
        }
        let (above, below) = broken.into_iter().unzip();
        self.rows.splice(..1, [above, below]);
    }

    /// Breaks names so that the table fits, as far as they have words; the cells stand beside the last line.
    fn break_names(&mut self, width: usize) {
        let names = |row: &Vec<String>| row.first().map_or(0, |name| name.chars().count());
        let longest = self.rows.iter().map(names).max().unwrap_or(0);
        let most = width.saturating_sub(self.width(1) - longest).max(LEAST_NAME);
        let broken = |row: &Vec<String>| {
            let name = row.first().filter(|name| name.chars().count() > most)?;
            let (start, end) = name.trim_end().rsplit_once(' ')?;
            let (start, end) = (start.trim_end().to_owned(), format!("  {end}"));
            (!start.is_empty()).then(|| {
                let mut row = row.clone();
                row[0] = end;
                [vec![start], row]
            })
        };
        let rows = std::mem::take(&mut self.rows);
        self.rows = rows
            .into_iter()
            .flat_map(|row| broken(&row).map_or_else(|| vec![row], |lines| lines.to_vec()))
            .collect();
    }

    /// The first column with as many of the others as fit, then again with the next ones.
    fn blocks(&self, width: usize) -> Vec<Self> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let part = |from: usize, to: usize| {
            let cells = |row: &Vec<String>| {
                let own = row.get(from..to.min(row.len())).unwrap_or_default();
                row.iter().take(1).chain(own).cloned().collect()
            };
            Self { rows: self.rows.iter().map(cells).collect() }
        };
        let (mut blocks, mut from) = (Vec::new(), 1);
        while from < columns {
            let fits = |to: &usize| part(from, *to).width(1) <= width;
            let to = (from + 1..=columns).rev().find(fits).unwrap_or(from + 1);
            blocks.push(part(from, to));
            from = to;
        }
        blocks
    }
}

/// A title in two lines of about the same length, broken between words or after a hyphen; in one if it has no such place.
fn halves(title: &str) -> (String, String) {
    let breaks = title.char_indices().filter(|(_, c)| matches!(c, ' ' | '-')).map(|(at, _)| at + 1);
    let cut = |at: usize| (title[..at].trim_end().to_owned(), title[at..].to_owned());
    let longest = |(above, below): &(String, String)| above.chars().count().max(below.chars().count());
    breaks.map(cut).min_by_key(longest).unwrap_or_else(|| (String::new(), title.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<&str> {
        text.lines().collect()
    }

    #[test]
    fn a_table_that_fits_stays_as_it_is() {
        let mut table = Table::new(["policy", "saved net"]);
        table.row(["a".into(), "1".into()]);
        assert_eq!(table.within(80), table.text());
    }

    #[test]
    fn headers_break_first_then_names_then_the_table() {
        let mut table = Table::new(["policy", "saved net", "a-long-title"]);
        table.row(["one: relative-to-max".into(), "12.5 %".into(), "3".into()]);
        assert_eq!(
            rows(&table.within(37)),
            [
                "                        saved a-long-",
                "  policy                  net   title",
                "  one: relative-to-max 12.5 %       3"
            ]
        );
        let narrow = table.within(34);
        assert!(rows(&narrow).contains(&"  one:"), "{narrow}");
        let narrower = table.within(28);
        assert_eq!(narrower.matches("policy").count(), 2, "{narrower}");
        for (text, width) in [(&narrow, 34), (&narrower, 28)] {
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            assert!(["12.5 %", "3", "net", "title"].iter().all(|cell| text.contains(cell)), "{text}");
        }
    }
}
