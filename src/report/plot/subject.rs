//! What results are of: networks and machines, by which figures name them.

use super::results::Results;

/// Gives runs the names of what tells them apart: the machine, the network where there are several, and else what was overridden,
/// the rule or the policy's file. What nothing tells apart keeps the name of its folder.
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
    let longer = |run: &Results, policy: Option<String>| {
        let own = overrides(run).into_iter().filter(|set| !common.contains(set));
        let more: Vec<String> = own.chain(policy).collect();
        if more.is_empty() { short(run) } else { format!("{}, {}", short(run), more.join(", ")) }
    };
    let rule = |run: &Results| (!same("policy.rule")).then(|| of(run, "policy.rule"));
    let by_rule: Vec<String> = results.iter().map(|run| longer(run, rule(run))).collect();
    let by_file: Vec<String> = results.iter().map(|run| longer(run, run.policy.clone())).collect();
    let alone = |list: &[String], at: usize| list.iter().filter(|name| **name == list[at]).count() == 1;
    let chosen: Vec<String> = (0..results.len())
        .map(|at| {
            let found = [&names, &by_rule, &by_file].into_iter().find(|list| alone(list, at));
            found.map_or_else(|| results[at].name.clone(), |list| list[at].clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arch: &str, set: &[&str], policy: &str) -> Results {
        let summary = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"), "arch": arch, "workload": "net", "overrides": set,
            "policy": { "rule": "relative-to-max" },
        });
        Results::new("folder")
            .of_policy(policy)
            .with("summary.json", &summary.to_string())
            .expect("a summary")
    }

    fn names(mut runs: Vec<Results>) -> Vec<String> {
        told_apart(&mut runs);
        runs.into_iter().map(|run| run.name).collect()
    }

    #[test]
    fn names_say_what_differs_and_nothing_else() {
        let edge = |set: &[&str], policy: &str| run("edge", set, policy);
        assert_eq!(names(vec![edge(&[], "p"), run("tpu", &[], "p")]), ["edge", "tpu"]);
        let sets = [["a=1", "b=2"], ["a=1", "b=3"]];
        let runs = sets.map(|set| edge(&set, "p")).to_vec();
        assert_eq!(subject(&runs).as_deref(), Some("net on edge (a=1)"));
        assert_eq!(names(runs), ["edge, b=2", "edge, b=3"]);
        assert_eq!(names(vec![edge(&[], "p"), edge(&[], "q")]), ["edge, p", "edge, q"]);
        assert_eq!(names(vec![edge(&[], "p"), edge(&[], "p")]), ["folder", "folder"]);
    }
}
