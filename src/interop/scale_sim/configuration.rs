//! SCALE-Sim configurations (`.cfg`) as architecture files.
//!
//! A `.cfg` has an array and three scratchpads, but no clock, no technology, no DRAM: what it does not say is chosen
//! so that the model comes as near to SCALE-Sim's meaning as it can, and the file says so in comments.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use crate::config::{Fault, Faults, Source};
use crate::map::DataflowChoice;
use crate::names::ClosedSet;
use crate::units::{BytesPerSecond, Written, real};

/// Clock of an imported architecture, in Hz: SCALE-Sim has none, and this is the shipped edge array's.
const CLOCK: u64 = 500_000_000;
/// Largest number taken, so that no product of them overflows.
const MOST: u64 = 1 << 20;

/// Writes the architecture file for a SCALE-Sim configuration, which faults show at `path` and the file calls `file`;
/// `technology` is the path it shall name.
///
/// # Errors
/// Every fault of the configuration at once.
pub fn architecture_file(path: &str, file: &str, text: &str, technology: &str) -> Result<String, Faults> {
    let mut ini = Ini::parse(path, text);
    let name = ini.text("general", "run_name", "my-array");
    let array = "architecture_presets";
    let [rows, cols, ifmap, filter, ofmap] =
        ["ArrayHeight", "ArrayWidth", "IfmapSramSzkB", "FilterSramSzkB", "OfmapSramSzkB"]
            .map(|key| ini.number(array, key));
    let dataflow = ini.choice(array, "Dataflow", &["os", "ws", "is"]);
    let mode = ini.choice("run_presets", "InterfaceBandwidth", &["CALC", "USER"]);
    let user = mode.as_deref() == Some("USER");
    let bandwidth = if user { ini.first_number(array, "Bandwidth") } else { None };
    ini.dense();
    let unused = ini.unused();
    let (Some(name), Some(rows), Some(cols), Some(ifmap), Some(filter), Some(ofmap), Some(dataflow), true) =
        (name, rows, cols, ifmap, filter, ofmap, dataflow, ini.faults.0.is_empty())
    else {
        return Err(ini.faults);
    };
    let head = Head { file, name, technology, array: [rows, cols], dataflow, memory: [ifmap, filter, ofmap] };
    let mut out = head.written(if user { ", and the bandwidth" } else { "" });
    out += &dram(bandwidth, rows, cols);
    out += "\n[vector]\n# chosen, as all of it: SCALE-Sim has no vector unit, no control and no exclusion unit\n";
    let _ = writeln!(out, "lanes = {cols}\nfused = true\n\n[control]\nlayer_setup = 0\ndecision = 0");
    if !unused.is_empty() {
        let _ = writeln!(out, "\n# Without a counterpart, and left out: {}", unused.join(", "));
    }
    // TOML has no place for what a terminal would obey, not even in a comment.
    let readable =
        |c: char| if c.is_control() && c != '\n' && c != '\t' { char::REPLACEMENT_CHARACTER } else { c };
    Ok(out.chars().map(readable).collect())
}

/// What the configuration gives, and what goes with it.
struct Head<'a> {
    file: &'a str,
    name: String,
    technology: &'a str,
    /// Rows and columns.
    array: [u64; 2],
    dataflow: String,
    /// Capacities of ifmap, filter and ofmap scratchpad, in KiB.
    memory: [u64; 3],
}

impl Head<'_> {
    /// The first tables; `more` is what the file gives beyond them.
    fn written(&self, more: &str) -> String {
        let ([rows, cols], [ifmap, filter, ofmap]) = (self.array, self.memory);
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let dataflow = DataflowChoice::from_name(&self.dataflow);
        format!(
            "\
# From the SCALE-Sim configuration {file}. SCALE-Sim gives the array, its dataflow and the capacities of the
# scratchpads{more}; every value marked `chosen` is not from that file.
name = {name}
clock = \"{clock} MHz\" # chosen: SCALE-Sim counts cycles only
technology = {technology} # chosen: SCALE-Sim has no prices

[array]
rows = {rows}
cols = {cols}
dataflow = \"{dataflow}\"
fold_overlap = \"none\" # SCALE-Sim's folds do not overlap

[memory]
ifmap = \"{ifmap} KiB\"
filter = \"{filter} KiB\"
ofmap = \"{ofmap} KiB\"
residency = \"none\" # SCALE-Sim keeps nothing on chip between layers
weights = \"stream\"

",
            file = self.file.lines().next().unwrap_or_default(),
            name = quoted(&self.name),
            technology = quoted(self.technology),
            clock = CLOCK / 1_000_000,
            dataflow = dataflow.map_or("", DataflowChoice::documented_name),
        )
    }
}

/// The memory off chip: three interfaces of `bandwidth` words per cycle each, or what never stalls a fold.
fn dram(bandwidth: Option<u64>, rows: u64, cols: u64) -> String {
    let (bytes, why) = match bandwidth {
        Some(words) => (
            3 * words,
            format!(
                "# Bandwidth {words}: words (of one byte) per cycle for each of ifmap, filter and ofmap, here one memory of three times that"
            ),
        ),
        None => (
            rows + 2 * cols,
            format!(
                "# chosen: CALC means a bandwidth that never stalls; {rows} + 2 * {cols} bytes per cycle keep every edge of the array busy"
            ),
        ),
    };
    format!(
        "\
[dram]
kind = \"lpddr4\" # chosen: decides the price of a bit only
{why}
bandwidth = \"{}\"
efficiency = 1.0 # chosen: SCALE-Sim's bandwidth is the net one
latency = \"0 ns\" # chosen: SCALE-Sim has none
",
        BytesPerSecond(real(bytes * CLOCK)).written()
    )
}

/// A key with its value and where both stand.
struct Entry {
    section: String,
    key: String,
    key_span: Range<usize>,
    value: String,
    span: Range<usize>,
    used: bool,
}

/// An INI file as Python's configparser reads it: `key : value` or `key = value`, keys in any case.
struct Ini {
    source: Arc<Source>,
    entries: Vec<Entry>,
    /// Where each section begins.
    sections: Vec<(String, Range<usize>)>,
    faults: Faults,
}

impl Ini {
    fn parse(path: &str, text: &str) -> Self {
        let source = Arc::new(Source::new(path, text));
        let mut ini = Self { source, entries: Vec::new(), sections: Vec::new(), faults: Faults::default() };
        let (mut section, mut start) = (None, 0);
        for line in text.split('\n') {
            let at = start;
            start += line.len() + 1;
            let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
            let inner = line.trim_matches(blank);
            let begin = at + line.len() - line.trim_start_matches(blank).len();
            let span = begin..begin + inner.len();
            if inner.is_empty() || inner.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = inner.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = Some(name.trim().to_owned());
                ini.sections.push((name.trim().to_owned(), span));
            } else if let (Some(section), Some(split)) = (&section, inner.find([':', '='])) {
                ini.entry(section, inner, split, begin);
            } else {
                ini.blame(
                    span,
                    format!("`{inner}` is neither a [section] nor a key"),
                    "this line",
                    "write key : value below a [section]",
                );
            }
        }
        ini
    }

    fn entry(&mut self, section: &str, line: &str, split: usize, begin: usize) {
        let key = line[..split].trim_end();
        let rest = &line[split + 1..];
        let value = rest.trim();
        let value_start = begin + split + 1 + (rest.len() - rest.trim_start().len());
        let entry = Entry {
            section: section.to_owned(),
            key: key.to_owned(),
            key_span: begin..begin + key.len(),
            value: value.to_owned(),
            span: value_start..value_start + value.len(),
            used: false,
        };
        if self.entries.iter().any(|other| other.section == section && other.key.eq_ignore_ascii_case(key)) {
            self.blame(
                entry.key_span,
                format!("`{key}` of [{section}] is there twice"),
                "the second",
                "keep one of them",
            );
            return;
        }
        self.entries.push(entry);
    }

    fn blame(&mut self, span: Range<usize>, title: String, label: &str, help: impl Into<String>) {
        self.faults.0.push(Fault::new(title, help).at(&self.source, span, label));
    }

    fn find(&mut self, section: &str, key: &str) -> Option<(String, Range<usize>)> {
        let entry =
            self.entries.iter_mut().find(|e| e.section == section && e.key.eq_ignore_ascii_case(key))?;
        entry.used = true;
        Some((entry.value.clone(), entry.span.clone()))
    }

    /// A value that must be there and not empty.
    fn take(&mut self, section: &str, key: &str, example: &str) -> Option<(String, Range<usize>)> {
        match self.find(section, key) {
            Some((value, span)) if !value.is_empty() => Some((value, span)),
            found => {
                let begins = self.sections.iter().find(|(name, _)| name == section);
                let span = found.map(|(_, span)| span).or(begins.map(|(_, span)| span.clone()));
                let help = format!("write `{key} : {example}` under [{section}]");
                let title = format!("`{key}` of [{section}] is missing");
                self.blame(span.unwrap_or(0..0), title, "should be here", help);
                None
            }
        }
    }

    fn text(&mut self, section: &str, key: &str, example: &str) -> Option<String> {
        self.take(section, key, example).map(|(value, _)| value)
    }

    fn number(&mut self, section: &str, key: &str) -> Option<u64> {
        let (value, span) = self.take(section, key, "64")?;
        self.number_of(key, &value, span)
    }

    fn number_of(&mut self, key: &str, value: &str, span: Range<usize>) -> Option<u64> {
        let number = value.parse().ok().filter(|number| (1..=MOST).contains(number));
        if number.is_none() {
            let help = format!("write a whole number from 1 to {MOST}");
            self.blame(span, format!("`{key}` is `{value}`, not a size"), "this value", help);
        }
        number
    }

    /// The first number of a list: SCALE-Sim gives it to all three interfaces.
    fn first_number(&mut self, section: &str, key: &str) -> Option<u64> {
        let (value, span) = self.take(section, key, "10")?;
        let first = value.split(',').next().unwrap_or_default().trim();
        self.number_of(key, first, span.start..span.start + first.len())
    }

    fn choice(&mut self, section: &str, key: &str, names: &[&str]) -> Option<String> {
        let (value, span) = self.take(section, key, names[0])?;
        if names.contains(&value.as_str()) {
            return Some(value);
        }
        let help = format!("write one of {}", names.join(", "));
        self.blame(span, format!("`{key}` is `{value}`, which SCALE-Sim does not know"), "this value", help);
        None
    }

    /// What would change the results and has no counterpart here.
    fn dense(&mut self) {
        let unsupported = [
            ("sparsity", "SparsitySupport", "sparsity"),
            ("layout", "IfmapCustomLayout", "a custom layout"),
            ("layout", "FilterCustomLayout", "a custom layout"),
            ("run_presets", "UseRamulatorTrace", "a DRAM trace"),
        ];
        for (section, key, what) in unsupported {
            if let Some((value, span)) = self.find(section, key)
                && value.eq_ignore_ascii_case("true")
            {
                let title = format!("`{key}` is on, but {what} is not modelled");
                self.blame(span, title, "this value", format!("write `{key} : False`"));
            }
        }
    }

    fn unused(&self) -> Vec<String> {
        self.entries.iter().filter(|entry| !entry.used).map(|entry| entry.key.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CFG: &str = "[general]\r\nrun_name = a \"b\"\r\n[architecture_presets]\narrayheight : 12\nArrayWidth:   14\n\
        IfmapSramSzkB: 108\nFilterSramSzkB: 100\nOfmapSramSzkB: 90\n; a comment\nDataflow : os\nBandwidth : 20,10\n\
        MemoryBanks: 1\n[run_presets]\nInterfaceBandwidth: CALC\n";

    #[test]
    fn what_is_written_is_toml_with_the_given_values() {
        let toml = architecture_file("x.cfg", "x.cfg", CFG, "tech/45nm.toml").unwrap();
        let table: toml::Table = toml.parse().unwrap();
        assert_eq!(table["name"].as_str(), Some("a \"b\""));
        assert_eq!(table["array"]["rows"].as_integer(), Some(12));
        assert_eq!(table["array"]["cols"].as_integer(), Some(14));
        assert_eq!(table["array"]["dataflow"].as_str(), Some("output-stationary"));
        assert_eq!(table["memory"]["filter"].as_str(), Some("100 KiB"));
        assert_eq!(table["dram"]["bandwidth"].as_str(), Some("20 GB/s"));
        assert!(toml.contains("left out: Bandwidth, MemoryBanks"), "{toml}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_written() {
        let cfg = CFG.replace("a \"b\"", "a \u{7}\u{1b}[2J");
        for file in ["x.cfg", "x\u{7f}\u{1}.cfg"] {
            let toml = architecture_file("x.cfg", file, &cfg, "t").unwrap();
            assert!(toml.parse::<toml::Table>().is_ok(), "{toml:?}");
        }
    }

    #[test]
    fn a_given_bandwidth_is_taken_for_each_interface() {
        let toml = architecture_file("x.cfg", "x.cfg", &CFG.replace("CALC", "USER"), "t").unwrap();
        let table: toml::Table = toml.parse().unwrap();
        assert_eq!(table["dram"]["bandwidth"].as_str(), Some("30 GB/s"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in ["", "[", "[]", "x", "[a]\nb", "[a]\n: :", "é : ü", "[general]\nrun_name :\n"] {
            assert!(architecture_file("x", "x", text, "t").is_err(), "{text}");
        }
    }
}
