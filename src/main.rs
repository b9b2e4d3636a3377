//! The `exclusim` binary: everything is in the library.

fn main() -> std::process::ExitCode {
    exclusim::cli::main()
}
