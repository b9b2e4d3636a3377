//! Sentences in lines that fit a terminal.

/// Columns of a terminal that nobody has made wider.
pub const WIDTH: usize = 80;

/// The same text with no sentence longer than [`WIDTH`], broken between words; what goes on is indented as its line is. Rows of
/// tables, whose cells stand apart, stay as they are.
#[must_use]
pub fn prose(text: &str) -> String {
    let fits = |text: &str| text.chars().count() <= WIDTH || text.trim().contains("  ");
    text.lines().map(|text| if fits(text) { format!("{text}\n") } else { line(text) }).collect()
}

fn line(text: &str) -> String {
    let indent = &text[..text.len() - text.trim_start().len()];
    let (mut all, mut begun) = (String::new(), String::new());
    for word in text.split_whitespace() {
        let length = begun.chars().count() + word.chars().count() + 1;
        if !begun.is_empty() && indent.len() + length > WIDTH {
            all += &format!("{indent}{begun}\n");
            begun.clear();
        }
        if !begun.is_empty() {
            begun.push(' ');
        }
        begun += word;
    }
    all + &format!("{}\n", format!("{indent}{begun}").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words_and_keep_their_indent() {
        let long = format!("  {}\nshort\n\n", "word ".repeat(20).trim_end());
        let told = prose(&long);
        assert!(told.lines().all(|line| line.chars().count() <= WIDTH), "{told}");
        assert!(told.lines().take(2).all(|line| line.starts_with("  word")), "{told}");
        assert_eq!(told.split_whitespace().count(), 21);
        assert_eq!(prose(&"x".repeat(100)), "x".repeat(100) + "\n");
    }
}
