//! What is presented to the array's edges, and why a run of it can fail.

/// Why a schedule does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Two values on one port at one edge.
    Collision,
    /// Something would have to happen before the first edge.
    TooEarly,
    /// A result was taken from a register that held none.
    Undefined,
}

/// Values for `ports` ports of one side, by clock edge, counted from 1.
pub(crate) struct Feed<T> {
    ports: usize,
    slots: Vec<Option<T>>,
}

impl<T: Copy> Feed<T> {
    pub(crate) fn new(ports: usize) -> Self {
        Self { ports, slots: Vec::new() }
    }

    /// Presents a value to a port at an edge. Two at once cannot be.
    pub(crate) fn put(&mut self, edge: usize, port: usize, value: T) -> Result<(), Fault> {
        let edge = edge.checked_sub(1).ok_or(Fault::TooEarly)?;
        let at = edge * self.ports + port;
        if self.slots.len() <= at {
            self.slots.resize((edge + 1) * self.ports, None);
        }
        if self.slots[at].is_some() {
            return Err(Fault::Collision);
        }
        self.slots[at] = Some(value);
        Ok(())
    }

    pub(crate) fn at(&self, edge: usize, port: usize) -> Option<T> {
        self.slots.get((edge - 1) * self.ports + port).copied().flatten()
    }

    /// The last edge at which anything is presented.
    pub(crate) fn last(&self) -> usize {
        self.slots.len() / self.ports
    }
}

/// A register's content times a streamed value: unknown, unless the streamed value is zero.
pub(crate) fn times(streamed: i32, register: Option<i32>) -> Option<i32> {
    if streamed == 0 { Some(0) } else { register.map(|value| value.wrapping_mul(streamed)) }
}

/// Sum of two registers, unknown when one is.
pub(crate) fn plus(one: Option<i32>, other: Option<i32>) -> Option<i32> {
    Some(one?.wrapping_add(other?))
}
