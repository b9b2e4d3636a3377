//! The table `[assumed]`: exits for a network of which no scores are recorded.

use crate::config::Fields;
use crate::replay::Assumption;

/// Largest number of samples that may be assumed.
const MAX_SAMPLES: u64 = 1_000_000;

/// Reads `[assumed]`, when it is there.
pub(super) fn assumed(fields: &mut Fields<'_>) -> Option<Assumption> {
    fields.about("Exits that are assumed, instead of scores").table_if_any("assumed", |fields| {
        let samples = fields.about("How many samples").integer("samples", 1..=MAX_SAMPLES, 1000);
        let leave = fields.about("Share of all samples that leaves at each head").reals("leave", 0.0..=1.0);
        let leave = fields.require("leave", "[0.1, 0.4, 0.2]", leave);
        let alive = fields
            .about("Mean number of classes alive after each head, over the samples that go on; never rising")
            .reals("alive", 2.0..=65536.0);
        let alive = fields.require("alive", "[6, 3.5, 2]", alive);
        let whole = leave.is_some() && alive.is_some();
        let (leave, alive) = (leave.unwrap_or_default(), alive.unwrap_or_default());
        let together: f64 = leave.iter().sum();
        if together > 1.0 + 1e-9 {
            let title = format!("`assumed.leave` sums to {together}, but no more than all samples can leave");
            fields.blame(
                fields.given("leave"),
                title,
                "write shares of all samples, such as 0.4 for 40 %".into(),
            );
        }
        if whole && leave.len() != alive.len() {
            let title =
                format!("`assumed.leave` has {} heads and `assumed.alive` {}", leave.len(), alive.len());
            fields.blame(fields.given("alive"), title, "write one number per head in both".into());
        }
        if alive.windows(2).any(|pair| pair[1] > pair[0]) {
            let title = "`assumed.alive` rises from one head to the next".to_owned();
            let help = "classes that were excluded stay so: write numbers that never rise".into();
            fields.blame(fields.given("alive"), title, help);
        }
        Assumption {
            samples: usize::try_from(samples).unwrap_or(usize::MAX),
            leave,
            alive,
            seed: fields.about("Of the order in which samples leave").integer("seed", 0..=u64::MAX, 1),
        }
    })
}
