//! One row per sample.

use super::text;
use crate::decide::Decisions;
use crate::simulate::Outcome;

/// `sample,label,answer,exit,survivors_1..survivors_E,macs,cycles,energy_pj,plain_answer,oracle_exit`; exits count from
/// 1, one more than the heads = ran to the end; survivors are empty at a head that was not reached or is off. `oracle`
/// are the decisions of the rule that leaves where a head's top class is the plain network's answer, on the same heads.
#[must_use]
pub fn samples_csv(decisions: &Decisions, oracle: &Decisions, outcome: &Outcome) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let named = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut header = named(&["sample", "label", "answer", "exit"]);
    header.extend((1..=decisions.heads).map(|head| format!("survivors_{head}")));
    header.extend(named(&["macs", "cycles", "energy_pj", "plain_answer", "oracle_exit"]));
    // Writing into memory cannot fail.
    let _ = writer.write_record(&header);
    for sample in 0..decisions.samples {
        let mut row = vec![
            sample.to_string(),
            decisions.labels[sample].to_string(),
            decisions.answers[sample].to_string(),
            decisions.exits[sample].number().to_string(),
        ];
        let survivors = &decisions.survivors[sample * decisions.heads..(sample + 1) * decisions.heads];
        row.extend(survivors.iter().map(|count| count.map_or_else(String::new, |count| count.to_string())));
        row.push(outcome.macs[sample].to_string());
        row.push(outcome.cycles[sample].to_string());
        row.push(outcome.energy[sample].0.to_string());
        // An oracle answers every sample as the plain network does.
        row.push(oracle.answers[sample].to_string());
        row.push(oracle.exits[sample].number().to_string());
        let _ = writer.write_record(&row);
    }
    text(writer)
}
