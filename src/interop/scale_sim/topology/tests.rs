use super::*;

const CONV: &str =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n";

fn gemms(text: &str, rule: OutputSize) -> Vec<Gemm> {
    let topology = import("test.csv", "test", text, rule).unwrap();
    let gemm = |step: &Step| match step.work {
        Work::Gemm { gemm, .. } => gemm,
        Work::Vector { .. } => panic!("a topology has GEMMs only"),
    };
    topology.segments.steps().map(gemm).collect()
}

fn said(text: &str) -> String {
    let faults = import("test.csv", "test", text, OutputSize::Floor).unwrap_err();
    let told = |fault: &Fault| {
        let (source, span) = fault.place.as_ref().unwrap();
        let before = &source.text[..span.start];
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(
            "line {}, column {column}: {}; {}\n",
            before.matches('\n').count() + 1,
            fault.title,
            fault.help
        )
    };
    faults.0.iter().map(told).collect()
}

#[test]
fn both_forms_are_told_apart_by_their_header() {
    let gemm = Gemm { groups: 1, m: 5, n: 6, k: 7 };
    assert_eq!(gemms("Layer, M, N, K,\na, 5, 6, 7,\n", OutputSize::Floor), [gemm]);
    let conv = Gemm { groups: 1, m: 36, n: 4, k: 27 };
    assert_eq!(gemms(&format!("{CONV}c, 8, 8, 3, 3, 3, 4, 1,"), OutputSize::Floor), [conv]);
}

#[test]
fn untidy_files_are_read() {
    let gemm = Gemm { groups: 1, m: 5, n: 6, k: 7 };
    for text in [
        "\u{feff}Layer Name,M,N,K\r\na,5,6,7\r\n",
        "\n\n  Layer , m , n , k ,,\n\n\t a,5 ,6, 7,,,\n ,,\n",
        "Layer, M, N, K, Sparsity,\na, 5, 6, 7, 1:1,",
        "Layer, M, N, K, Sparsity,\na, 5, 6, 7,",
    ] {
        assert_eq!(gemms(text, OutputSize::Floor), [gemm], "{text}");
    }
}

#[test]
fn the_rules_differ_only_where_the_stride_does_not_divide() {
    let text = format!("{CONV}c, 98, 98, 3, 3, 1, 1, 2,\nd, 97, 97, 3, 3, 1, 1, 2,");
    let pixels = |rule| gemms(&text, rule).iter().map(|gemm| gemm.m).collect::<Vec<_>>();
    assert_eq!(pixels(OutputSize::Floor), [48 * 48, 48 * 48]);
    assert_eq!(pixels(OutputSize::Ceil), [49 * 49, 48 * 48]);
    assert_eq!(import("test.csv", "test", &text, OutputSize::Floor).unwrap().rule_matters, ["c"]);
}

#[test]
fn a_layer_named_dp_is_one_gemm_a_channel() {
    let found = gemms(&format!("{CONV}my_DP1, 8, 8, 3, 3, 64, 2, 1,"), OutputSize::Floor);
    assert_eq!(found, [Gemm { groups: 64, m: 36, n: 2, k: 9 }]);
}

#[test]
fn maps_are_counted_before_im2col() {
    let topology = import(
        "t.csv",
        "t",
        &format!("{CONV}c, 8, 8, 3, 3, 3, 4, 1,\nf, 6, 6, 6, 6, 4, 10, 1,"),
        OutputSize::Floor,
    );
    let topology = topology.unwrap();
    let steps: Vec<_> = topology.segments.steps().collect();
    assert_eq!(
        (steps[0].ifmap_bytes, steps[0].ofmap_bytes, steps[0].kind),
        (192, 144, LayerKind::Convolution)
    );
    assert_eq!(
        (steps[1].kind, steps[1].part, topology.segments.classes),
        (LayerKind::FullyConnected, Part::Tail, 10)
    );
    assert!(steps[0].reads_image && !steps[1].reads_image);
}

#[test]
fn all_faults_are_told_with_their_place() {
    let text = format!(
        "{CONV}a, 0, 8, 3, x, 3, 4, 1,\nb, 8, 8, 9, 9, 3, 4, 1,\nc, 8, 8, 3,\n, 8, 8, 3, 3, 3, 4, 1, 5,\n"
    );
    let said = said(&text);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 7, "{said}");
    assert!(lines[0].starts_with("line 2, column 4: ifmap height `0` must not be zero;"), "{said}");
    assert!(lines[1].starts_with("line 2, column 13: filter width `x` is not a whole number;"), "{said}");
    assert!(lines[2].starts_with("line 3, column 10: filter height 9 is larger"), "{said}");
    assert!(lines[4].contains("filter width, channels, filters, stride missing"), "{said}");
}

#[test]
fn sizes_beyond_64_bits_are_refused() {
    for row in
        ["4294967296, 4294967296, 4294967296", "1, 1, 18446744073709551616", "18446744073709551615, 2, 1"]
    {
        assert!(said(&format!("Layer, M, N, K,\na, {row},\n")).contains("64 bits"), "{row}");
    }
    let big = u64::MAX;
    let said = said(&format!("{CONV}DP, {big}, {big}, 1, 1, {big}, {big}, 1,\nc, {big}, 1, 1, 1, 1, 1, 1,"));
    assert_eq!(said.matches("too large to count").count(), 2, "{said}");
}

#[test]
fn no_text_makes_it_panic() {
    for text in
        ["", "\n", ",,,", "x", "Layer, M, N, K", "Layer, M, K, N\na,1,2,3", "1,2,3,4", "é,ü,\u{1F600}"]
    {
        assert!(import("t.csv", "t", text, OutputSize::Ceil).is_err(), "{text}");
    }
}
