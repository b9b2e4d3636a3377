//! What is found at a point: one number per column, smaller or larger better.

use crate::names::closed_set;

closed_set! {
    /// A column of results.
    pub enum Metric {
        /// Fraction of the samples answered rightly.
        Accuracy = "accuracy",
        /// Fraction of the samples that leave at a head.
        LeftEarly = "left_early",
        /// Multiply-accumulates of an inference, mean over samples.
        Macs = "macs",
        /// Cycles of an inference, mean over samples.
        Cycles = "cycles",
        /// Cycles of an inference, 99th percentile over samples.
        CyclesP99 = "cycles_p99",
        /// Cycles of the plain network on the same hardware.
        CyclesNoHeads = "cycles_no_heads",
        /// Cycles when every enabled head runs and nobody leaves.
        CyclesNever = "cycles_never",
        /// 1 - cycles / cycles_no_heads.
        CyclesSaved = "cycles_saved_net",
        /// Time of an inference, mean over samples.
        Latency = "latency_s",
        /// Time of an inference, 99th percentile over samples.
        LatencyP99 = "latency_p99_s",
        /// Energy of an inference, mean over samples.
        Energy = "energy_pj",
        /// Energy of the plain network on the same hardware.
        EnergyNoHeads = "energy_no_heads_pj",
        /// 1 - energy / energy_no_heads.
        EnergySaved = "energy_saved_net",
        /// Mean energy times mean latency, in joules times seconds.
        Edp = "edp_js",
        /// Area of everything on chip; no value on an FPGA.
        Area = "area_mm2",
        /// LUTs; as all kinds of blocks, of an FPGA alone.
        Lut = "lut",
        /// Flip-flops.
        FlipFlop = "ff",
        /// DSP blocks.
        Dsp = "dsp",
        /// Block RAM in units of 18 Kbit.
        BlockRam = "bram18",
        /// Blocks of ultra RAM.
        UltraRam = "uram",
    }
    /// Something for every column of results.
    pub table PerMetric;
}

impl Metric {
    /// Its unit, as the ending of its column has it; empty for counts and fractions.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Latency | Self::LatencyP99 => "s",
            Self::Energy | Self::EnergyNoHeads => "pj",
            Self::Edp => "js",
            Self::Area => "mm2",
            Self::Accuracy
            | Self::LeftEarly
            | Self::Macs
            | Self::Cycles
            | Self::CyclesP99
            | Self::CyclesNoHeads
            | Self::CyclesNever
            | Self::CyclesSaved
            | Self::EnergySaved
            | Self::Lut
            | Self::FlipFlop
            | Self::Dsp
            | Self::BlockRam
            | Self::UltraRam => "",
        }
    }

    /// Whether a smaller value is better.
    #[must_use]
    pub fn falls(self) -> bool {
        !matches!(self, Self::Accuracy | Self::LeftEarly | Self::CyclesSaved | Self::EnergySaved)
    }
}

/// What a column can be found on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundOn {
    /// Any machine.
    All,
    /// A chip of its own.
    Chips,
    /// An FPGA.
    Fpgas,
}

impl Metric {
    /// Which machines have it.
    #[must_use]
    pub fn found_on(self) -> FoundOn {
        match self {
            Self::Area => FoundOn::Chips,
            Self::Lut | Self::FlipFlop | Self::Dsp | Self::BlockRam | Self::UltraRam => FoundOn::Fpgas,
            _ => FoundOn::All,
        }
    }
}

closed_set! {
    /// What a sweep looks for.
    pub enum Objective {
        /// Least mean energy of an inference.
        Energy = "energy",
        /// Least mean latency.
        Latency = "latency",
        /// Least 99th percentile of latency.
        LatencyP99 = "latency-p99",
        /// Least energy-delay product.
        Edp = "edp",
        /// Least area.
        Area = "area",
        /// Most right answers.
        Accuracy = "accuracy",
        /// Fewest mean cycles.
        Cycles = "cycles",
        /// Fewest LUTs.
        Lut = "lut",
        /// Fewest flip-flops.
        FlipFlop = "ff",
        /// Fewest DSP blocks.
        Dsp = "dsp",
        /// Fewest blocks of RAM.
        BlockRam = "bram18",
        /// Fewest blocks of ultra RAM.
        UltraRam = "uram",
    }
}

impl Objective {
    /// The column that it looks at.
    #[must_use]
    pub fn metric(self) -> Metric {
        match self {
            Self::Energy => Metric::Energy,
            Self::Latency => Metric::Latency,
            Self::LatencyP99 => Metric::LatencyP99,
            Self::Edp => Metric::Edp,
            Self::Area => Metric::Area,
            Self::Accuracy => Metric::Accuracy,
            Self::Cycles => Metric::Cycles,
            Self::Lut => Metric::Lut,
            Self::FlipFlop => Metric::FlipFlop,
            Self::Dsp => Metric::Dsp,
            Self::BlockRam => Metric::BlockRam,
            Self::UltraRam => Metric::UltraRam,
        }
    }

    /// A value of its column as a cost: smaller is better.
    #[must_use]
    pub fn cost(self, value: f64) -> f64 {
        if self.metric().falls() { value } else { -value }
    }
}

closed_set! {
    /// How the results of several workloads become one.
    pub enum Combine {
        /// The geometric mean of each column.
        GeometricMean = "geometric-mean",
        /// The worst value of each column.
        Worst = "worst",
    }
}

impl Combine {
    /// One row of several. Savings are those of the combined columns, so that a row agrees with itself; area and blocks
    /// are those of the larger unit, since one machine serves all.
    #[must_use]
    pub fn of(self, rows: &[PerMetric<f64>]) -> PerMetric<f64> {
        if let [only] = rows {
            return *only;
        }
        let worst = |metric: Metric| {
            let values = rows.iter().map(|row| row[metric]);
            if metric.falls() {
                values.fold(f64::NEG_INFINITY, f64::max)
            } else {
                values.fold(f64::INFINITY, f64::min)
            }
        };
        let mut combined = PerMetric::of(|metric| match (self, metric) {
            (Self::Worst, _) => worst(metric),
            (Self::GeometricMean, of) if of.found_on() != FoundOn::All => worst(metric),
            (Self::GeometricMean, _) => {
                let count = rows.iter().map(|_| 1.0).sum::<f64>();
                (rows.iter().map(|row| row[metric].ln()).sum::<f64>() / count).exp()
            }
        });
        if self == Self::GeometricMean {
            for (saved, now, before) in [
                (Metric::CyclesSaved, Metric::Cycles, Metric::CyclesNoHeads),
                (Metric::EnergySaved, Metric::Energy, Metric::EnergyNoHeads),
            ] {
                combined[saved] = 1.0 - combined[now] / combined[before];
            }
        }
        combined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combined_rows_agree_with_themselves() {
        let row = |scale: f64| {
            let mut row = PerMetric::of(|_| scale);
            row[Metric::CyclesNoHeads] = 8.0;
            row[Metric::EnergyNoHeads] = 8.0;
            row
        };
        let rows = [row(1.0), row(4.0)];
        let mean = Combine::GeometricMean.of(&rows);
        assert!((mean[Metric::Energy] - 2.0).abs() < 1e-12);
        assert!((mean[Metric::CyclesSaved] - 0.75).abs() < 1e-12);
        assert_eq!(mean[Metric::Area], 4.0);
        let worst = Combine::Worst.of(&rows);
        assert_eq!((worst[Metric::Energy], worst[Metric::Accuracy]), (4.0, 1.0));
        assert_eq!(Combine::Worst.of(&rows[..1]), rows[0]);
    }
}
