//! What can be asked of what is shipped in the program, and of its formats.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::DEFAULT_ARCH_NAME;
use crate::formats::Format;
use crate::load::Kind;
use crate::names::ClosedSet;

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Where a file is asked for, one of these names will do, with or without arch/, workloads/ and .toml. A file of that path comes first.\n\nExamples:\n  exclusim list archs\n  exclusim run tpu-v1 --set technology=7nm"
)]
pub(in crate::cli) struct List {
    /// What to list [default: everything]
    #[arg(value_name = "KIND")]
    pub(in crate::cli) kind: Option<Kind>,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  exclusim show edge-16x16\n  exclusim show vgg-mini-fashion/policy.toml > my-policy.toml"
)]
pub(in crate::cli) struct Show {
    /// A name that `exclusim list` has, or a file beside such a one
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "The file has every key, with what it means.\n\nExamples:\n  exclusim init npu.toml\n  exclusim init npu.toml --like tpu-v1\n  exclusim init npu.toml --fpga zu9eg"
)]
pub(in crate::cli) struct Init {
    /// Architecture file to begin; one that is there stays as it is
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// A shipped architecture, or a file of one, whose keys it has [default: edge-16x16; with --fpga zcu104-16x16]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) like: Option<PathBuf>,
    /// FPGA part that it is built on; the array is made no larger than fits
    #[arg(long, value_name = "PART")]
    pub(in crate::cli) fpga: Option<String>,
}

impl Init {
    /// What the file is like.
    pub(in crate::cli) fn like(&self) -> PathBuf {
        let default = if self.fpga.is_some() { "zcu104-16x16" } else { DEFAULT_ARCH_NAME };
        self.like.clone().unwrap_or_else(|| default.into())
    }
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "JSON Schema, draft 2020-12, of every key that is read. How editors use it: docs/formats.md.\n\nExample:\n  exclusim schema arch > arch.schema.json"
)]
pub(in crate::cli) struct Schema {
    /// Format of a file
    #[arg(value_name = "FORMAT")]
    pub(in crate::cli) format: Format,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  exclusim completions bash > ~/.local/share/bash-completion/completions/exclusim"
)]
pub(in crate::cli) struct Completions {
    /// Shell
    #[arg(value_name = "SHELL")]
    pub(in crate::cli) shell: clap_complete::Shell,
}

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.plural()))
    }
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.documented_name()))
    }
}
