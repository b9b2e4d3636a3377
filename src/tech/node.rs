//! Prices of a node between two others.
//!
//! One rule for every energy and delay of logic: the line through its values at both anchors, on logarithmic axes
//! of node and value, so E ~ node^x with an exponent of its own for each operation (from 45 to 7 nm: int8 multiply 0.56,
//! int32 add 0.65). Source of the rule: Jouppi et al., "Ten Lessons From Three Generations Shaped Google's TPUv4i", ISCA
//! 2021, Table 2, whose two columns are the anchors; the general scaling equations of Stillmaker and Baas (Integration
//! 58, 2017) shrink the same multiplier to 0.094 of its energy from 45 to 7 nm, the table to 0.35.
//!
//! Areas shrink by steps of their own, which are published for nodes between: they follow the table of Stillmaker and Baas
//! (as Accelergy has it) from node to node, stretched so that both anchors are met. A straight line would make logic at 22
//! nm a third larger.
//!
//! Valid between the anchors only: a node outside is refused, at the anchors the rule is the identity. Leakage follows the
//! device more than the node, so it is not interpolated: the anchor nearer by ratio gives it.

use super::width::on_line;
use super::{ByWidth, Delays, Logic, Price};
use crate::units::{Milliwatts, Picojoules, Seconds, SecondsPerMillimetre, SquareMicrons};

/// A node between two others.
#[derive(Clone, Copy)]
pub(super) struct Between {
    /// The node asked for, nm.
    pub(super) node: f64,
    /// The larger anchor, nm.
    pub(super) larger: f64,
    /// The smaller anchor, nm.
    pub(super) smaller: f64,
}

/// Area of the same logic relative to 45 nm, by node in nm. Source: A. Stillmaker and B. Baas, "Scaling equations for the
/// accurate prediction of CMOS device performance from 180 nm to 7 nm", Integration 58, 2017, as Accelergy's table of areas
/// has it.
const AREA: [(f64, f64); 7] =
    [(45.0, 1.0), (32.0, 0.46), (20.0, 0.21), (16.0, 0.19), (14.0, 0.17), (10.0, 0.10), (7.0, 0.059)];

/// The table's area of a node; on lines through neighbours on logarithmic axes, and on the end ones beyond.
fn relative_area(node: f64) -> f64 {
    let below = AREA.iter().skip(1).position(|(at, _)| *at <= node).unwrap_or(AREA.len() - 2);
    on_line(AREA[below], AREA[below + 1], node)
}

impl Between {
    /// Whether the rule holds for the node.
    pub(super) fn holds(self) -> bool {
        self.smaller < self.larger && (self.smaller..=self.larger).contains(&self.node)
    }

    fn line(self, larger: f64, smaller: f64) -> f64 {
        on_line((self.larger, larger), (self.smaller, smaller), self.node)
    }

    /// An area: the line through both anchors over the table's areas instead of the node.
    fn area(self, larger: f64, smaller: f64) -> f64 {
        let [node, one, other] = [self.node, self.larger, self.smaller].map(relative_area);
        on_line((one, larger), (other, smaller), node)
    }

    /// The value of the anchor nearer by ratio.
    fn nearer<T>(self, larger: T, smaller: T) -> T {
        if self.larger / self.node <= self.node / self.smaller { larger } else { smaller }
    }

    fn price(self, larger: &Price, smaller: &Price) -> Price {
        Price {
            energy: Picojoules(self.line(larger.energy.0, smaller.energy.0)),
            area: SquareMicrons(self.area(larger.area.0, smaller.area.0)),
            leakage: Milliwatts(self.nearer(larger.leakage.0, smaller.leakage.0)),
        }
    }

    fn by_width(self, larger: &ByWidth, smaller: &ByWidth) -> ByWidth {
        ByWidth {
            int8: self.price(&larger.int8, &smaller.int8),
            int32: self.price(&larger.int32, &smaller.int32),
        }
    }

    /// All prices of logic.
    pub(super) fn logic(self, larger: &Logic, smaller: &Logic) -> Logic {
        let (one, other) = (&larger.delays, &smaller.delays);
        Logic {
            multiply: self.by_width(&larger.multiply, &smaller.multiply),
            add: self.by_width(&larger.add, &smaller.add),
            register_bit: self.price(&larger.register_bit, &smaller.register_bit),
            compare_bit: self.price(&larger.compare_bit, &smaller.compare_bit),
            look_up_bit: self.price(&larger.look_up_bit, &smaller.look_up_bit),
            gate: self.price(&larger.gate, &smaller.gate),
            delays: Delays {
                mac: Seconds(self.line(one.mac.0, other.mac.0)),
                register: Seconds(self.line(one.register.0, other.register.0)),
                wire: SecondsPerMillimetre(self.line(one.wire.0, other.wire.0)),
            },
            sleep: self.nearer(larger.sleep, smaller.sleep),
            measured_as: self.nearer(larger.measured_as, smaller.measured_as),
            uncertainty: self.nearer(larger.uncertainty, smaller.uncertainty),
        }
    }
}
