//! What results are of: networks and machines, by which figures name them.

use super::results::Results;

/// Gives runs the names of what tells them apart: the machine, the network where there are several, and else what was overridden
/// or the rule. What nothing tells apart keeps the name of its folder.
pub fn told_apart(results: &mut [Results]) {
    if !results.iter().all(Results::is_run) {
        return;
    }
    let of = |run: &Results, key: &str| run.text(key).unwrap_or_default().to_owned();
    let same = |key: &str| results.iter().all(|run| of(run, key) == of(&results[0], key));
    let one_network = same("workload");
    let short = |run: &Results| match one_network {
        true => of(run, "arch"),
        false => format!("{} on {}", of(run, "workload"), of(run, "arch")),
    };
    let names: Vec<String> = results.iter().map(short).collect();
    let common = common(results);
    let longer = |run: &Results| {
        let own = overrides(run).into_iter().filter(|set| !common.contains(set));
        let rule = (!same("policy.rule")).then(|| of(run, "policy.rule"));
        let more: Vec<String> = own.chain(rule).collect();
        if more.is_empty() { short(run) } else { format!("{}, {}", short(run), more.join(", ")) }
    };
    let long: Vec<String> = results.iter().map(longer).collect();
    let alone = |list: &[String], at: usize| list.iter().filter(|name| **name == list[at]).count() == 1;
    let chosen: Vec<String> = (0..results.len())
        .map(|at| match (alone(&names, at), alone(&long, at)) {
            (true, _) => names[at].clone(),
            (false, true) => long[at].clone(),
            (false, false) => results[at].name.clone(),
        })
        .collect();
    for (run, name) in results.iter_mut().zip(chosen) {
        run.name = name;
    }
}

/// Keys that were set on the command line.
fn overrides(run: &Results) -> Vec<String> {
    let list = run.list("overrides").map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Keys that were set alike for all of them.
fn common(results: &[Results]) -> Vec<String> {
    let Some((first, others)) = results.split_first() else { return Vec::new() };
    let everywhere = |set: &String| others.iter().all(|run| overrides(run).contains(set));
    overrides(first).into_iter().filter(everywhere).collect()
}

/// Networks and machines of results in a line; nothing where they have none.
pub(super) fn subject(results: &[Results]) -> Option<String> {
    let (mut networks, mut machines) = (Vec::new(), Vec::new());
    // What differs between several runs is for the legend to say.
    let set = common(results);
    let set = if set.is_empty() { String::new() } else { format!(" ({})", set.join(", ")) };
    for one in results {
        let (of_network, of_machine) = match one.text("workload").ok().zip(one.text("arch").ok()) {
            Some((network, machine)) => (vec![network.to_owned()], vec![machine.to_owned()]),
            None => one.inputs.clone(),
        };
        networks.extend(of_network);
        machines.extend(of_machine);
    }
    let list = |mut names: Vec<String>, what: &str| {
        names.sort();
        names.dedup();
        match names.as_slice() {
            [] => None,
            few if few.len() <= 3 => Some(few.join(", ")),
            many => Some(format!("{} {what}", many.len())),
        }
    };
    Some(format!("{} on {}{set}", list(networks, "networks")?, list(machines, "machines")?))
}
