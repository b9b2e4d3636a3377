//! `exclusim schema`, `completions` and `man`: what the program says of itself to other programs.

use clap::CommandFactory;

use super::Failure;
use super::args::{Args, Completions, Schema};
use super::print::{print, print_bytes};
use crate::config::Fault;
use crate::formats;

pub(super) fn schema(args: &Schema) -> Result<(), Failure> {
    print(&(serde_json::to_string_pretty(&formats::schema(args.format)).unwrap_or_default() + "\n"))
}

pub(super) fn completions(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "exclusim", &mut script);
    print_bytes(&script)
}

/// The manual page: the program's, then that of every command.
pub(super) fn man() -> Result<(), Failure> {
    let mut page = Vec::new();
    let mut command = Args::command();
    command.build();
    let render =
        |command: &clap::Command, page: &mut Vec<u8>| clap_mangen::Man::new(command.clone()).render(page);
    let mut written = render(&command, &mut page);
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        written = written.and_then(|()| render(inner, &mut page));
    }
    written.map_err(|error| Fault::new(format!("cannot write the manual page: {error}"), "report it"))?;
    print_bytes(&page)
}
