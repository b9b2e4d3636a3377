//! Command lines that no command takes, answered with what to write: clap knows options, not what people mean by them.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::Args;
use crate::config::Fault;
use crate::load::Kind;

/// Commands whose first arguments are an architecture and a network.
const TAKES_BOTH: [&str; 3] = ["run", "layers", "fit"];
/// Options that people expect for them.
const NO_OPTIONS: [&str; 7] =
    ["--arch", "--architecture", "--machine", "--network", "--model", "--workload", "--topology"];

/// The program's arguments, its name not among them; help, version and what clap can tell best end it here.
///
/// # Errors
/// A command line whose meaning can be guessed, with what to write.
pub(in crate::cli) fn parsed(given: &[OsString]) -> Result<Args, Fault> {
    let name = OsString::from("exclusim");
    Args::try_parse_from(std::iter::once(&name).chain(given)).map_err(|error| {
        let given: Vec<String> = given.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
        meant(&error, &given).unwrap_or_else(|| error.exit())
    })
}

/// What was meant by arguments that clap refuses; `None` where its own words are best.
fn meant(error: &Error, given: &[String]) -> Option<Fault> {
    match (error.kind(), error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(found)), _) => {
            in_pieces(given).or_else(|| no_option(found, given))
        }
        (ErrorKind::InvalidSubcommand, _, Some(ContextValue::String(found))) => no_command(found, given),
        _ => None,
    }
}

/// `--set KEY VALUE`, `--set KEY = VALUE`, `--set KEY= VALUE`, `--set KEY =VALUE`.
fn in_pieces(given: &[String]) -> Option<Fault> {
    given.iter().enumerate().filter(|(_, arg)| *arg == "--set").find_map(|(at, _)| {
        let key =
            given.get(at + 1).filter(|key| key.split_once('=').is_none_or(|(_, value)| value.is_empty()))?;
        let mut pieces = given[at + 2..].iter().map(|piece| piece.trim_start_matches('='));
        let value = pieces.find(|piece| !piece.is_empty())?;
        let (key, value) = (key.trim_end_matches('='), value.trim());
        let quoted =
            if value.contains(' ') { format!("\"{key}={value}\"") } else { format!("{key}={value}") };
        Some(Fault::new(
            format!("--set {key} {value} is not in one piece"),
            format!("write it without spaces: --set {quoted}"),
        ))
    })
}

/// `run --arch npu.toml`: files are not options.
fn no_option(found: &str, given: &[String]) -> Option<Fault> {
    let option = found.split('=').next().unwrap_or(found);
    let verb = given.iter().find(|arg| TAKES_BOTH.contains(&arg.as_str()))?;
    NO_OPTIONS.contains(&option).then(|| {
        Fault::new(
            format!("`exclusim {verb}` has no option {option}"),
            format!(
                "architecture and network stand without options, in this order: exclusim {verb} ARCH NETWORK"
            ),
        )
    })
}

/// A file, or something shipped, where a command belongs.
fn no_command(found: &str, given: &[String]) -> Option<Fault> {
    let shipped = Kind::ALL.into_iter().find(|kind| kind.shipped(found).is_some());
    let file = shipped.is_none() && Path::new(found).exists();
    let verb = match shipped {
        Some(Kind::Sweep) => "sweep",
        Some(Kind::Arch) => "run",
        Some(_) => "show",
        None if file => "run",
        None => return None,
    };
    let rest = given.join(" ");
    Some(Fault::new(
        format!("`{found}` is no command"),
        format!("a command stands before files: exclusim {verb} {rest}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(given: &[&str]) -> Option<String> {
        let given: Vec<String> = given.iter().map(|arg| (*arg).to_owned()).collect();
        in_pieces(&given).map(|fault| fault.help)
    }

    #[test]
    fn overrides_in_pieces_are_put_together() {
        for pieces in [
            &["--set", "array.rows", "8"][..],
            &["--set", "array.rows", "=", "8"],
            &["--set", "array.rows=", "8"],
            &["--set", "array.rows", "=8"],
        ] {
            let help = told(pieces).unwrap_or_default();
            assert!(help.ends_with("--set array.rows=8"), "{pieces:?}: {help}");
        }
        let help = told(&["--set", "clock", "500 MHz"]).unwrap_or_default();
        assert!(help.ends_with("--set \"clock=500 MHz\""), "{help}");
        assert_eq!(told(&["--set", "array.rows=8", "net.onnx"]), None);
        assert_eq!(told(&["--set", "array.rows"]), None);
    }
}
