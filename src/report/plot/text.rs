//! The bundled font: what a text takes, and how it is cut to a width.

use std::sync::OnceLock;

use plotters::style::{FontStyle, IntoFont, register_font};

use super::PlotError;

/// The family as it stands in the file: fonts of the same metrics follow the bundled one.
pub(super) const FAMILY: &str = "Liberation Sans, Arial, Helvetica, sans-serif";
pub(super) static FONT: &[u8] = include_bytes!("../fonts/LiberationSans-Regular.ttf");
/// Ascent less descent of the font, in em: what its size means where text is measured.
const MEASURED_SIZE: f64 = 2288.0 / 2048.0;
/// Names longer than this never fit beside a figure.
const MOST_CHARS: usize = 200;

/// The width of a text.
pub(super) fn text_width(text: &str, size: i32) -> Result<i32, PlotError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    if !REGISTERED.get_or_init(|| register_font(FAMILY, FontStyle::Normal, FONT).is_ok()) {
        return Err(unreadable());
    }
    let font = (FAMILY, f64::from(size) * MEASURED_SIZE).into_font();
    let ((left, _), (right, _)) = font.layout_box(&plain(text)).map_err(super::svg::drawing)?;
    Ok(right - left)
}

/// The widest of some texts.
pub(super) fn widest(texts: impl Iterator<Item = impl AsRef<str>>, size: i32) -> Result<i32, PlotError> {
    texts.map(|text| text_width(text.as_ref(), size)).try_fold(0, |most, width| Ok(most.max(width?)))
}

/// A text cut short so that it fits into a width, with an ellipsis where it was cut.
pub(super) fn fit(text: &str, size: i32, width: i32) -> Result<String, PlotError> {
    let mut kept: String = text.chars().take(MOST_CHARS).collect();
    if kept.len() == text.len() && text_width(text, size)? <= width {
        return Ok(kept);
    }
    while !kept.is_empty() && text_width(&kept, size)? + text_width("…", size)? > width {
        kept.pop();
    }
    kept.truncate(kept.trim_end().len());
    Ok(kept + "…")
}

/// A text in lines no wider than `width`, broken between words; what is no word wide is cut.
pub(super) fn wrap(text: &str, size: i32, width: i32) -> Result<Vec<String>, PlotError> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer {
            Some(longer) if text_width(&longer, size)? <= width => {
                let _ = lines.pop();
                lines.push(longer);
            }
            _ => lines.push(fit(word, size, width)?),
        }
    }
    Ok(lines)
}

/// A text without the characters that XML has no way to write.
pub(super) fn plain(text: &str) -> String {
    let allowed = |c: char| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c };
    text.chars().map(allowed).collect()
}

/// The bundled font cannot be read: a fault of the build.
pub(super) fn unreadable() -> PlotError {
    PlotError::Drawing("the bundled font cannot be read".to_owned())
}
