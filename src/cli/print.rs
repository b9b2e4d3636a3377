//! Standard output: a closed pipe ends quietly, anything else is told.

use std::io::{ErrorKind, Write};

use super::Failure;
use super::manner::tell;
use crate::config::Fault;
use crate::report::{ClockSummary, clock_warning};

/// Says on standard error that a clock is beyond its FPGA family, where what is printed is not for people.
pub(super) fn warn_of_clock(clock: &ClockSummary) {
    if let Some(warning) = clock_warning(clock) {
        tell(&warning);
    }
}

/// Prints a text.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// Prints what need not be text.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        // Whoever read it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            let help = "free some space, or send the output elsewhere";
            Err(Fault::new(format!("cannot write to standard output: {error}"), help).into())
        }
    }
}
