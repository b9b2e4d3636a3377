//! Work without the interpreter's lock: on threads of this process, until it is done or somebody presses Ctrl-C.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exclusim::load::Watch;
use pyo3::exceptions::{PyRuntimeError, PyUserWarning};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// How long Ctrl-C may wait to be seen.
const PATIENCE: Duration = Duration::from_millis(50);

/// Set by Ctrl-C; what works asks for it between pieces.
#[derive(Default)]
pub(crate) struct Cancel(AtomicBool);

/// What unwinds a thread that was told to stop.
struct Cancelled;

impl Cancel {
    /// Whether the work is to stop.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Ends the work here if it is to stop. The library's functions return no "stopped" from within a replay or a search; they
    /// hold nothing that an unwinding thread would leave half done, so that unwinding ends them as a return would.
    pub(crate) fn check(&self) {
        if self.is_set() {
            resume_unwind(Box::new(Cancelled));
        }
    }
}

/// Hears notes, to warn of them afterwards, and ends a replay that is to stop.
pub(crate) struct Listener<'a> {
    cancel: &'a Cancel,
    notes: &'a Mutex<Vec<String>>,
}

impl<'a> Listener<'a> {
    pub(crate) fn new(cancel: &'a Cancel, notes: &'a Mutex<Vec<String>>) -> Self {
        Self { cancel, notes }
    }
}

impl Watch for Listener<'_> {
    fn note(&self, note: &str) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note.to_owned());
    }

    fn advance(&self, _samples: usize) {
        self.cancel.check();
    }
}

/// Does something while Python goes on with other threads; Ctrl-C ends it. What the work has noted becomes warnings.
pub(crate) fn work<T: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    job: impl FnOnce(&Cancel, &Listener<'_>) -> T + Send,
) -> PyResult<T> {
    let pool = pool(threads)?;
    let (cancel, notes) = (Cancel::default(), Mutex::default());
    let (found, interrupted) = py.detach(|| {
        let (ended, end) = channel();
        std::thread::scope(|scope| {
            let (cancel, notes) = (&cancel, &notes);
            scope.spawn(move || {
                let job = || job(cancel, &Listener::new(cancel, notes));
                // Nobody listens any more only if this whole call is gone.
                let _ = ended.send(catch_unwind(AssertUnwindSafe(|| pool.install(job))));
            });
            let mut interrupted = None;
            loop {
                match end.recv_timeout(PATIENCE) {
                    Ok(found) => return (Some(found), interrupted),
                    Err(RecvTimeoutError::Disconnected) => return (None, interrupted),
                    Err(RecvTimeoutError::Timeout) if interrupted.is_none() => {
                        if let Err(error) = Python::attach(|py| py.check_signals()) {
                            cancel.0.store(true, Ordering::Relaxed);
                            interrupted = Some(error);
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        })
    });
    if let Some(error) = interrupted {
        return Err(error);
    }
    for note in notes.into_inner().unwrap_or_else(PoisonError::into_inner) {
        warn(py, &note)?;
    }
    match found {
        Some(Ok(found)) => Ok(found),
        Some(Err(panic)) => Err(panicked(&*panic)),
        None => Err(PyRuntimeError::new_err("the work ended without a word: a bug of exclusim")),
    }
}

/// A `UserWarning`.
pub(crate) fn warn(py: Python<'_>, told: &str) -> PyResult<()> {
    let told = std::ffi::CString::new(told.replace('\0', " ")).unwrap_or_default();
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), &told, 2)
}

fn panicked(panic: &(dyn Any + Send)) -> PyErr {
    let told = panic.downcast_ref::<&str>().map(|told| (*told).to_owned());
    let told = told.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    PyRuntimeError::new_err(format!("this is a bug of exclusim {}: {told}", env!("CARGO_PKG_VERSION")))
}

/// Pools by process and number of threads. The pool that rayon would make by itself does not survive `fork`, which Python's
/// process pools use: its threads stay behind, and a child would wait for them for ever.
static POOLS: Mutex<Option<HashMap<(u32, usize), Arc<ThreadPool>>>> = Mutex::new(None);

/// A pool of so many threads, one per core without a number; made once in a process.
fn pool(threads: Option<usize>) -> PyResult<Arc<ThreadPool>> {
    let key = (std::process::id(), threads.unwrap_or(0));
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let pools = pools.get_or_insert_default();
    if let Some(pool) = pools.get(&key) {
        return Ok(Arc::clone(pool));
    }
    let built = ThreadPoolBuilder::new().num_threads(key.1).build();
    let pool = Arc::new(built.map_err(|error| PyRuntimeError::new_err(format!("no threads: {error}")))?);
    pools.insert(key, Arc::clone(&pool));
    Ok(pool)
}
