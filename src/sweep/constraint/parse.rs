//! Reading a condition: by recursive descent, straight into what is asked of points.

use super::unit::Unit;
use super::{Condition, Relation, Term};
use crate::sweep::axis::{Axis, nearest};
use crate::sweep::metric::Metric;

type Trouble = [String; 2];

/// Most numbers, names and signs of a condition: terms nest, and every level is a call.
const LONGEST: usize = 500;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64, Unit),
    Name(String),
    Word(String),
    Sign(char),
}

/// Reads a whole condition.
pub(super) fn condition(text: &str, axes: &[Axis]) -> Result<Condition, Trouble> {
    let found =
        Relation::NAMES.iter().filter_map(|(name, relation)| Some((text.find(name)?, *name, *relation)));
    // The longer of two that begin at the same place: `<=`, not `<`.
    let Some((at, name, relation)) = found.min_by_key(|(at, name, _)| (*at, std::cmp::Reverse(name.len())))
    else {
        return Err([
            format!("`{text}` compares nothing"),
            "write a condition such as area_mm2 <= 4 or rows * cols <= 4096".into(),
        ]);
    };
    let (left, right) = (tokens(&text[..at])?, tokens(&text[at + name.len()..])?);
    let parts = left.len() + right.len();
    if parts > LONGEST {
        return Err([
            format!(
                "a condition of {parts} numbers, names and signs is too long; at most {LONGEST} are read"
            ),
            "write a shorter one, or several".into(),
        ]);
    }
    let equal = match relation {
        Relation::Equal => Some(true),
        Relation::Unequal => Some(false),
        _ => None,
    };
    match (left.as_slice(), right.as_slice()) {
        ([Token::Name(axis)], [Token::Word(word)]) | ([Token::Word(word)], [Token::Name(axis)]) => {
            let Some(equal) = equal else {
                return Err([
                    format!("`{text}` orders a word"),
                    format!("write {axis} == '{word}' or {axis} != '{word}'"),
                ]);
            };
            word_condition(axis, word, equal, axes)
        }
        _ => {
            let (one, other) = (whole(&left, axes)?, whole(&right, axes)?);
            let texts = [&text[..at], &text[at + name.len()..]].map(str::trim);
            let (one, other, _) = together(one, other).map_err(|units| misfit(texts, units))?;
            Ok(Condition::Compare(one, relation, other))
        }
    }
}

fn word_condition(name: &str, word: &str, equal: bool, axes: &[Axis]) -> Result<Condition, Trouble> {
    let Some((axis, key)) = axis_named(name, axes)? else { return Err(unknown(name, axes)) };
    let texts: Vec<&str> = axes[axis].values.iter().map(|step| step[key].text.as_str()).collect();
    if !texts.contains(&word) {
        return Err([format!("`{name}` never is '{word}'"), format!("it takes: {}", texts.join(", "))]);
    }
    Ok(Condition::Word { axis, met: texts.iter().map(|text| (*text == word) == equal).collect() })
}

fn tokens(text: &str) -> Result<Vec<Token>, Trouble> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() || first == '.' {
            let (number, unit, length) = number(rest)?;
            found.push(Token::Number(number, unit));
            length
        } else if first.is_alphabetic() || first == '_' {
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            found.push(Token::Name(rest[..end].to_owned()));
            end
        } else if first == '\'' || first == '"' {
            let Some(end) = rest[1..].find(first) else {
                return Err([format!("`{rest}` has no closing quote"), "close it".into()]);
            };
            found.push(Token::Word(rest[1..=end].to_owned()));
            end + 2
        } else if "+-*/()".contains(first) {
            found.push(Token::Sign(first));
            1
        } else {
            return Err([
                format!("`{first}` means nothing in a condition"),
                "use names, numbers, + - * / ( ) and one of <= < == != >= >".into(),
            ]);
        };
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// A number, with its unit if it has one, and how long it is.
fn number(text: &str) -> Result<(f64, Unit, usize), Trouble> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let mut length = digits;
    // An exponent, unless the letter begins a unit or a name.
    let after = &text[digits..];
    if after.starts_with(['e', 'E']) {
        let sign = usize::from(after[1..].starts_with(['+', '-']));
        let exponent = after[1 + sign..].chars().take_while(char::is_ascii_digit).count();
        length += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    let Ok(value) = text[..length].replace('_', "").parse::<f64>() else {
        return Err([
            format!("`{}` is not a number", &text[..length]),
            "write a number such as 4 or 1.5e3".into(),
        ]);
    };
    let gap = text[length..].len() - text[length..].trim_start().len();
    let unit = &text[length + gap..];
    // A rate such as GB/s has a slash; try the longer reading first.
    let letters = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let short = letters(unit);
    let long = if unit[short..].starts_with('/') { short + 1 + letters(&unit[short + 1..]) } else { short };
    for end in [long, short] {
        if end > 0
            && let Some((base, of)) = Unit::of_written(&format!("{value:e} {}", &unit[..end]))
        {
            return Ok((base, of, length + gap + end));
        }
    }
    if short > 0 {
        return Err([
            format!("`{}` is no unit", &unit[..short]),
            "write a unit such as KiB, GB/s, MHz, us, uJ or mm2, or a sign before a name".into(),
        ]);
    }
    Ok((value, Unit::BARE, length))
}

/// A term with its unit.
type Measured = (Term, Unit);

/// Two terms in one scale, and their unit; the two units where their kinds differ.
fn together(one: Measured, other: Measured) -> Result<(Term, Term, Unit), [Unit; 2]> {
    let ((one, unit), (other, of)) = (one, other);
    let Some(factor) = unit.factor_from(of) else { return Err([unit, of]) };
    // Numbers that are in one scale already stay what they are, to the last bit.
    let other =
        if factor == 1.0 { other } else { Term::Of(Box::new(other), '*', Box::new(Term::Number(factor))) };
    Ok((one, other, unit.joined(of)))
}

/// What does not go together, and how a quantity that would is written.
fn misfit(texts: [&str; 2], units: [Unit; 2]) -> Trouble {
    let [(one, like_one), (other, like_other)] = units.map(Unit::described);
    let title = format!("units do not fit: `{}` is {one}, `{}` is {other}", texts[0], texts[1]);
    let named = texts[0].contains(char::is_alphabetic) && !texts[0].starts_with(|c: char| c.is_ascii_digit());
    let (text, like) = if named { (texts[0], like_one) } else { (texts[1], like_other) };
    [title, format!("compare {text} with {like}, or with a number in its own unit")]
}

fn whole(tokens: &[Token], axes: &[Axis]) -> Result<Measured, Trouble> {
    let mut reader = Reader { tokens, axes };
    let term = reader.sum()?;
    match reader.tokens.first() {
        None => Ok(term),
        Some(token) => Err(unexpected(Some(token))),
    }
}

fn unexpected(token: Option<&Token>) -> Trouble {
    let what = match token {
        None => "the condition ends where a value should be".to_owned(),
        Some(Token::Number(number, _)) => format!("{number} follows a value without a sign"),
        Some(Token::Name(name)) => format!("`{name}` follows a value without a sign"),
        Some(Token::Word(word)) => format!("the word '{word}' is part of a calculation"),
        Some(Token::Sign(sign)) => format!("`{sign}` is not expected there"),
    };
    [what, "write a condition such as area_mm2 <= 4 or rows * cols <= 4096".into()]
}

struct Reader<'a> {
    tokens: &'a [Token],
    axes: &'a [Axis],
}

impl Reader<'_> {
    fn sign(&mut self, of: &str) -> Option<char> {
        let Some(Token::Sign(sign)) = self.tokens.first() else { return None };
        if !of.contains(*sign) {
            return None;
        }
        self.tokens = &self.tokens[1..];
        Some(*sign)
    }

    fn sum(&mut self) -> Result<Measured, Trouble> {
        let mut term = self.product()?;
        while let Some(sign) = self.sign("+-") {
            let next = self.product()?;
            let what = if sign == '+' {
                ["the sum so far", "what is added"]
            } else {
                ["the sum so far", "what is taken off"]
            };
            let (one, other, unit) = together(term, next).map_err(|units| misfit(what, units))?;
            term = (Term::Of(Box::new(one), sign, Box::new(other)), unit);
        }
        Ok(term)
    }

    fn product(&mut self) -> Result<Measured, Trouble> {
        let (mut term, mut unit) = self.factor()?;
        while let Some(sign) = self.sign("*/") {
            let (next, of) = self.factor()?;
            term = Term::Of(Box::new(term), sign, Box::new(next));
            unit = unit.times(of, if sign == '*' { 1 } else { -1 });
        }
        Ok((term, unit))
    }

    fn factor(&mut self) -> Result<Measured, Trouble> {
        if self.sign("-").is_some() {
            let (term, unit) = self.factor()?;
            return Ok((Term::Minus(Box::new(term)), unit));
        }
        if self.sign("(").is_some() {
            let term = self.sum()?;
            return if self.sign(")").is_some() { Ok(term) } else { Err(unexpected(self.tokens.first())) };
        }
        let token = self.tokens.first();
        let term = match token {
            Some(Token::Number(number, unit)) => (Term::Number(*number), *unit),
            Some(Token::Name(name)) => self.name(name)?,
            other => return Err(unexpected(other)),
        };
        self.tokens = &self.tokens[1..];
        Ok(term)
    }

    fn name(&self, name: &str) -> Result<Measured, Trouble> {
        if let Some(metric) = Metric::ALL.iter().find(|metric| metric.name() == name) {
            return Ok((Term::Metric(*metric), Unit::of_column(metric.unit())));
        }
        let Some((axis, key)) = axis_named(name, self.axes)? else { return Err(unknown(name, self.axes)) };
        let values = self.axes[axis].values.iter().map(|step| &step[key]);
        let unit = values.clone().next().map_or("", |value| value.unit);
        let numbers: Option<Vec<f64>> = values.clone().map(|value| value.number).collect();
        let Some(numbers) = numbers else {
            let wordy = values.into_iter().find(|value| value.number.is_none());
            let word = wordy.map_or_else(String::new, |value| value.text.clone());
            return Err([
                format!("`{name}` takes words, such as '{word}'"),
                format!("compare it with a word: {name} == '{word}'"),
            ]);
        };
        Ok((Term::Axis { axis, numbers }, Unit::of_column(unit)))
    }
}

/// The axis and the key in it that a name means: the whole path, or its last part if no other has it.
fn axis_named(name: &str, axes: &[Axis]) -> Result<Option<(usize, usize)>, Trouble> {
    let all = || {
        axes.iter()
            .enumerate()
            .flat_map(|(at, axis)| axis.keys.iter().enumerate().map(move |(k, key)| (at, k, key)))
    };
    if let Some((axis, key, _)) = all().find(|(_, _, key)| key.path == name) {
        return Ok(Some((axis, key)));
    }
    let last: Vec<_> = all().filter(|(_, _, key)| key.path.rsplit('.').next() == Some(name)).collect();
    match last.as_slice() {
        [] => Ok(None),
        [(axis, key, _)] => Ok(Some((*axis, *key))),
        several => {
            let paths: Vec<&str> = several.iter().map(|(_, _, key)| key.path.as_str()).collect();
            Err([format!("`{name}` could be {}", paths.join(" or ")), "write the whole key".into()])
        }
    }
}

fn unknown(name: &str, axes: &[Axis]) -> Trouble {
    let paths = axes.iter().flat_map(|axis| axis.keys.iter().map(|key| key.path.as_str()));
    let parts = paths.clone().map(|path| path.rsplit('.').next().unwrap_or(path));
    let metrics = Metric::ALL.iter().map(|metric| metric.name());
    let known: Vec<&str> = paths.chain(parts).chain(metrics).collect();
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let metrics: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
            format!("name an axis or one of {}", metrics.join(", "))
        }
    };
    [format!("`{name}` is neither an axis nor a result"), help]
}
