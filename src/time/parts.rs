//! Work told apart by the part of the network that asks for it.

use crate::count::Tally;
use crate::names::closed_set;
use crate::network::segment::Part;

/// Work told apart by the part of the network that asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Convolutions of the backbone.
    pub body: Tally,
    /// The classifier's tail.
    pub tail: Tally,
    /// Heads and decisions.
    pub heads: Tally,
    /// What was begun in vain while a head was undecided.
    pub wasted: Tally,
}

closed_set! {
    /// The parts of [`Parts`] by name.
    pub enum WorkPart {
        /// [`Parts::body`]
        Body = "body",
        /// [`Parts::tail`]
        Tail = "tail",
        /// [`Parts::heads`]
        Heads = "heads",
        /// [`Parts::wasted`]
        Wasted = "wasted",
    }
    /// Something for every part.
    pub table PerWorkPart;
}

impl Parts {
    /// One part.
    #[must_use]
    pub fn part(&self, part: WorkPart) -> &Tally {
        match part {
            WorkPart::Body => &self.body,
            WorkPart::Tail => &self.tail,
            WorkPart::Heads => &self.heads,
            WorkPart::Wasted => &self.wasted,
        }
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.useful() + self.wasted
    }

    /// All that the answer rests on.
    #[must_use]
    pub fn useful(&self) -> Tally {
        self.body + self.tail + self.heads
    }

    /// The backbone alone.
    #[must_use]
    pub fn backbone(&self) -> Tally {
        self.body + self.tail
    }

    /// The same work `factor` times.
    #[must_use]
    pub fn times(&self, factor: u64) -> Self {
        Self {
            body: self.body.times(factor),
            tail: self.tail.times(factor),
            heads: self.heads.times(factor),
            wasted: self.wasted.times(factor),
        }
    }
}

impl Parts {
    /// Adds work that a part of the network asks for.
    pub(super) fn add(&mut self, part: Part, work: &Tally) {
        match part {
            Part::Body => self.body += work,
            Part::Tail => self.tail += work,
            Part::Head(_) => self.heads += work,
        }
    }
}

impl std::ops::AddAssign for Parts {
    fn add_assign(&mut self, other: Self) {
        self.body += other.body;
        self.tail += other.tail;
        self.heads += other.heads;
        self.wasted += other.wasted;
    }
}
