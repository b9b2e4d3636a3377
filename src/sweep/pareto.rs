//! The front: points that no other point is at least as good as in everything and better in something.

/// A front that grows point by point; smaller costs are better.
#[derive(Clone, Debug, Default)]
pub struct Front {
    members: Vec<Member>,
}

/// A point of a front.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its number.
    pub point: u64,
    /// Its costs.
    pub costs: Vec<f64>,
    /// Its row.
    pub row: Vec<u8>,
}

/// How two points compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first is at least as good in everything, and better in something.
    Better,
    /// The second is.
    Worse,
    /// They are alike in everything.
    Equal,
    /// Each is better in something.
    Apart,
}

/// Compares two points by their costs.
#[must_use]
pub fn compare(one: &[f64], other: &[f64]) -> Order {
    let (mut better, mut worse) = (false, false);
    for (a, b) in one.iter().zip(other) {
        better |= a < b;
        worse |= a > b;
    }
    match (better, worse) {
        (true, false) => Order::Better,
        (false, true) => Order::Worse,
        (false, false) => Order::Equal,
        (true, true) => Order::Apart,
    }
}

impl Front {
    /// Offers a point; `row` is asked for if it belongs to the front. Of points alike in all costs the one with the
    /// lowest number stays, so that the front does not depend on the order of offers.
    pub fn offer(&mut self, point: u64, costs: &[f64], row: impl FnOnce() -> Vec<u8>) {
        for at in 0..self.members.len() {
            let member = &self.members[at];
            let order = compare(&member.costs, costs);
            if order == Order::Better || (order == Order::Equal && member.point <= point) {
                // What beats one point likely beats the next: it is asked first then.
                if at > 0 {
                    self.members.swap(at, at / 2);
                }
                return;
            }
        }
        self.members.retain(|member| matches!(compare(&member.costs, costs), Order::Apart));
        self.members.push(Member { point, costs: costs.to_vec(), row: row() });
    }

    /// Takes in another front.
    pub fn join(&mut self, other: Self) {
        for Member { point, costs, row } in other.members {
            self.offer(point, &costs, || row);
        }
    }

    /// Its points by number.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Member> {
        let mut members: Vec<&Member> = self.members.iter().collect();
        members.sort_by_key(|member| member.point);
        members
    }

    /// How many points it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn front(points: &[(usize, Vec<f64>)]) -> Vec<u64> {
        let mut front = Front::default();
        points.iter().for_each(|(n, costs)| front.offer(*n as u64, costs, Vec::new));
        front.sorted().iter().map(|member| member.point).collect()
    }

    proptest! {
        #[test]
        fn the_front_is_what_nothing_beats(
            costs in prop::collection::vec(prop::collection::vec(0..6u8, 3), 1..60),
            cut in 0..60usize,
        ) {
            let points: Vec<(usize, Vec<f64>)> =
                costs.iter().map(|costs| costs.iter().map(|&cost| f64::from(cost)).collect()).enumerate().collect();
            let beaten = |(n, costs): &(usize, Vec<f64>)| points.iter().any(|(m, other)| {
                match compare(other, costs) {
                    Order::Better => true,
                    Order::Equal => m < n,
                    Order::Worse | Order::Apart => false,
                }
            });
            let truth: Vec<u64> = points.iter().filter(|point| !beaten(point)).map(|(n, _)| *n as u64).collect();
            prop_assert_eq!(front(&points), truth.clone());
            let mut backwards = points.clone();
            backwards.reverse();
            prop_assert_eq!(front(&backwards), truth.clone(), "whatever the order");
            let (left, right) = points.split_at(cut.min(points.len()));
            let mut joined = Front::default();
            for half in [right, left] {
                let mut part = Front::default();
                half.iter().for_each(|(n, costs)| part.offer(*n as u64, costs, Vec::new));
                joined.join(part);
            }
            let joined: Vec<u64> = joined.sorted().iter().map(|member| member.point).collect();
            prop_assert_eq!(joined, truth, "whatever the shards");
        }
    }
}
