//! What one processing element is in gates, beside what the model counts of it. `tests/rtl/synthesize.sh` writes the file.

use exclusim::arch::Arch;

use crate::common;

fn arch(element: &str, overlap: &str) -> Arch {
    let dataflow = if element == "moving" { "weight-stationary" } else { "output-stationary" };
    let settings = [format!("array.dataflow=\"{dataflow}\""), format!("array.fold_overlap=\"{overlap}\"")];
    common::arch_with(&settings).unwrap()
}

/// The model prices the registers there are, but for at most three flags that travel with the operands.
#[test]
fn an_element_has_the_registers_that_are_priced() {
    let text = common::text("tests/rtl/synthesis_pe.csv");
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let mut seen = 0;
    for row in rows.filter(|row| (row[2], row[3]) == ("8", "32")) {
        let priced = arch(row[0], row[1]).array.register_bits();
        let flags = row[5].parse::<u64>().unwrap().checked_sub(priced);
        assert!(flags.is_some_and(|flags| flags <= 3), "{row:?}: {priced} bits are priced");
        seen += 1;
    }
    assert_eq!(seen, 6);
}
