//! Only `map/` tells dataflows apart; all others ask it (`Layout::sums_stay`, `Layout::role`). Held on tokens, so that it
//! does not matter which dataflow, which operand or which spelling of a comparison it is.

/// Fields of `map::Layout` from whose value the dataflow follows.
const FIELDS: &[&str] = &["stationary", "row_stream", "column_stream"];

/// Names, numbers and the operators that matter here; everything else is a token per character. A string is one token.
fn tokens(text: &str) -> Vec<&str> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("'\"'") {
            3
        } else if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if ["::", "==", "!=", "=>", "<=", ">="].iter().any(|operator| rest.starts_with(operator)) {
            2
        } else {
            first.len_utf8()
        };
        found.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    found
}

/// The tokens before a field's path (`self.plan.layout`, `layout(dataflow)`), nearest first. `dot` is the place of the dot
/// before the field.
fn before<'a>(tokens: &'a [&'a str], dot: usize) -> impl Iterator<Item = &'a str> {
    let mut at = dot;
    let mut depth = 0;
    while at > 0 {
        let token = tokens[at - 1];
        let in_path = token.starts_with(|c: char| c.is_alphanumeric() || c == '_') && token != "match";
        match token {
            ")" | "]" => depth += 1,
            "(" | "[" if depth > 0 => depth -= 1,
            "." | "::" | "&" | "*" => {}
            _ if in_path || depth > 0 => {}
            _ => break,
        }
        at -= 1;
    }
    tokens[..at].iter().rev().copied()
}

/// Every place where text outside `map/` tells dataflows apart, as it is written there.
pub(super) fn told_apart(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let at = |place: usize| tokens.get(place).copied().unwrap_or_default();
    let names_one = |word: &str| word.starts_with(char::is_uppercase) && word != "ALL";
    let compares = |token: &str| matches!(token, "==" | "!=");
    let mut found = Vec::new();
    for place in 0..tokens.len() {
        let variant = at(place + 1) == "::" && names_one(at(place + 2));
        let wrong = match at(place) {
            // A row of a table of names may mention a dataflow; nothing else may.
            "Dataflow" if variant => {
                let mut after = tokens[place + 3..].iter().skip_while(|token| **token == ")");
                !(after.next() == Some(&",") && after.next() == Some(&"&"))
            }
            // Which axis lies where tells the dataflow, too.
            "Axis" if variant => true,
            "Operand" if variant => {
                let left = before(&tokens, place).next().unwrap_or_default();
                compares(at(place + 3)) || compares(left)
            }
            "." if FIELDS.contains(&at(place + 1)) && !matches!(at(place + 2), "." | "(") => {
                let mut left = before(&tokens, place);
                let (first, second, third) = (left.next(), left.next(), left.next());
                let matched = first == Some("match")
                    || (first, second, third) == (Some("("), Some("!"), Some("matches"))
                    || first == Some("=");
                compares(at(place + 2)) || first.is_some_and(compares) || matched
            }
            _ => false,
        };
        if wrong {
            let from = place.saturating_sub(6);
            found.push(tokens[from..(place + 6).min(tokens.len())].join(" "));
        }
    }
    found
}

#[test]
fn every_spelling_is_seen() {
    let wrong = [
        "if plan.layout.stationary == Operand::Ofmap {",
        "layout(dataflow).stationary != operand",
        "operand == self.plan.layout.stationary",
        "any(|one| Operand::Filter == layout(one).row_stream)",
        "let stays = layout.stationary; if stays == Operand::Ofmap",
        "match plan.layout.stationary { Operand::Ofmap => 1, _ => 0 }",
        "matches!(layout.column_stream, Operand::Ofmap)",
        "if let Operand::Ofmap = layout(dataflow).stationary {",
        "Dataflow::WeightStationary => 1,",
        "Some(Dataflow::WeightStationary) => 1,",
        "Dataflow::WeightStationary | Dataflow::InputStationary => 1,",
        "array.dataflow == Dataflow::OutputStationary",
        "layout.time == Axis::K",
    ];
    for text in wrong {
        assert!(!told_apart(text).is_empty(), "{text}");
    }
    let right = [
        "(Self::Only(Dataflow::OutputStationary), &[\"output-stationary\", \"os\"]),",
        "Dataflow::ALL.into_iter().filter(|dataflow| choice.allows(dataflow))",
        "text.split('\"').map(|part| part == \"Dataflow::X == \")",
        "let layout = plan.layout; if layout.sums_stay() && plan.row_folds > 1",
        "bits(layout.row_stream) + bits(layout.stationary)",
        "self.row_stream.fetch == Fetch::Once",
        "share(bytes, part.stationary, whole.stationary)",
        "Operand::Ifmap => OPERAND_BITS, Operand::Filter | Operand::Ofmap => (0, 0)",
        "layout.role(operand) != Role::RowStream",
        "\"Dataflow::OutputStationary == \\\" in words\"",
    ];
    for text in right {
        assert_eq!(told_apart(text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(tokens("a!=b::c(\"x \\\" y\")"), ["a", "!=", "b", "::", "c", "(", "\"x \\\" y\"", ")"]);
    assert_eq!(before(&["x", "==", "layout", "(", "a", ")", ".", "stationary"], 6).next(), Some("=="));
}
