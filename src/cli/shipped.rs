//! `exclusim list` and `show`: what is shipped in the program.

use super::Failure;
use super::args::{List, Show};
use super::print::print;
use crate::config::{Fault, Faults};
use crate::load::{self, Kind, Place};

/// Columns of a terminal that nobody has made wider.
const WIDTH: usize = 80;

pub(super) fn list(args: &List) -> Result<(), Failure> {
    let mut text = String::new();
    match args.kind {
        Some(kind) => text += &names(kind, "")?,
        None => {
            for kind in Kind::ALL {
                text += &format!("{}\n{}\n", kind.plural(), names(kind, "  ")?);
            }
            text += "exclusim show NAME prints one; exclusim init FILE begins a file of your own\n";
        }
    }
    print(&text)
}

/// The names of a kind, each with what it is, a line each.
fn names(kind: Kind, indent: &str) -> Result<String, Faults> {
    let names: Vec<&str> = kind.names().collect();
    let wide = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for name in names {
        let about = about(kind, name)?;
        let line = format!("{indent}{name:wide$}  {}", cut(&about, WIDTH - indent.len() - wide - 2));
        text += &format!("{}\n", line.trim_end());
    }
    Ok(text)
}

/// What something shipped is, in a sentence: the first of the comment that its file begins with.
fn about(kind: Kind, name: &str) -> Result<String, Faults> {
    let Some(place) = kind.shipped(name) else { return Ok(String::new()) };
    if kind == Kind::Workload {
        let data = load::toml(&place, "workload")?;
        let has =
            |key: &str| matches!(&data.data, crate::config::Data::Table(table) if table.contains_key(key));
        return Ok(if has("data") {
            "a quantized network with its images"
        } else {
            "the shapes of a network"
        }
        .to_owned());
    }
    let text = load::text(&place, kind.singular())?;
    let comment: Vec<&str> = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
    let comment = comment.join(" ");
    let sentence = comment.split(". ").next().unwrap_or_default();
    Ok(sentence.trim_end_matches('.').to_owned())
}

/// A text of at most so many characters, cut between words.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(4)).collect();
    let end = kept.rfind(' ').unwrap_or(kept.len());
    format!("{} ...", kept[..end].trim_end_matches([',', ':', ';', ' ']))
}

pub(super) fn show(args: &Show) -> Result<(), Failure> {
    let found = Kind::ALL.into_iter().find_map(|kind| Some((kind, kind.shipped(&args.name)?)));
    let Some((kind, place)) = found else { return Err(missing(&args.name).into()) };
    let text = load::text(&place, kind.singular()).map_err(|faults| not_text(&place, faults))?;
    print(&text)
}

fn not_text(place: &Place, faults: Faults) -> Faults {
    let fault = |fault: Fault| Fault::new(fault.title, format!("{place} is no file that can be shown"));
    Faults(faults.0.into_iter().map(fault).collect())
}

fn missing(name: &str) -> Fault {
    let near: Vec<&str> = Kind::ALL.into_iter().flat_map(|kind| kind.nearest(name)).collect();
    let help = if near.is_empty() {
        "`exclusim list` names everything that is shipped".to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    Fault::new(format!("nothing shipped is called {name}"), help)
}
