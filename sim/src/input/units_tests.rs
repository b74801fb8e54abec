use proptest::prelude::*;

use super::*;

#[test]
fn durations() {
    let nanos = |text: &str| parse_duration(text).unwrap().0;
    assert_eq!(nanos("300us"), 300_000);
    assert_eq!(nanos(" 2 ms "), 2_000_000);
    assert_eq!(nanos("1.5 s"), 1_500_000_000);
    assert_eq!(nanos("1h"), 3_600_000_000_000);
    assert_eq!(nanos("2e-3 s"), 2_000_000);
    assert_eq!(nanos("5µs"), 5_000);
    assert_eq!(nanos("0 s"), 0);
    assert_eq!(nanos("-0.0 s"), 0);
    assert_eq!(nanos("168 h"), MAX_DURATION.0);
}

#[test]
fn sizes() {
    let bytes = |text: &str| parse_bytes(text).unwrap();
    assert_eq!(bytes("1 KiB"), 1024);
    assert_eq!(bytes("24 MB"), 24_000_000);
    assert_eq!(bytes("0.5 GiB"), 1 << 29);
    assert_eq!(bytes("0 B"), 0);
}

#[test]
fn rates_and_shares() {
    assert_eq!(parse_rate("1000/s").unwrap(), 1000.0);
    assert_eq!(parse_rate("60 / min").unwrap(), 1.0);
    assert_eq!(parse_rate("0/s").unwrap(), 0.0);
    assert_eq!(parse_share("70 %").unwrap(), 0.7);
    assert_eq!(parse_share("0.25").unwrap(), 0.25);
}

#[test]
fn every_refusal_says_what_is_wrong() {
    let duration = |text: &str| parse_duration(text).unwrap_err().message;
    assert_eq!(duration(""), "an empty string is no number");
    assert_eq!(duration("fast"), "`fast` does not start with a number");
    assert_eq!(duration("nan s"), "`nan s` does not start with a number");
    assert_eq!(duration("5"), "`5` has no unit");
    assert_eq!(duration("5 sec"), "`5 sec` has no known unit");
    assert_eq!(duration("-5 ms"), "`-5 ms` is negative");
    assert_eq!(duration("1e9 h"), "`1e9 h` is more than 168 h");
    assert_eq!(duration("169 h"), "`169 h` is more than 168 h");
    assert_eq!(duration("99999999999999999999 s"), "`99999999999999999999 s` is more than 168 h");
    assert_eq!(duration("1e999 s"), "`1e999 s` is too large");
    assert_eq!(duration("0.1 ns"), "`0.1 ns` is less than 1 ns");
    assert_eq!(duration("1\u{7} s"), "`1\\u{7} s` has no known unit");
    assert_eq!(parse_rate("5").unwrap_err().message, "`5` is not per unit of time");
    assert_eq!(parse_rate("1e9/s").unwrap_err().message, "`1e9/s` is more than 10000000/s");
    assert_eq!(parse_share("101 %").unwrap_err().message, "`101 %` is more than the whole");
}

#[test]
fn a_near_miss_is_suggested() {
    let help = |text: &str| parse_bytes(text).unwrap_err().help;
    assert!(help("5 mb").starts_with("did you mean `MB`?"), "{}", help("5 mb"));
    assert!(help("5 Kib").starts_with("did you mean `KiB`?"));
    assert!(parse_duration("5 sec").unwrap_err().help.contains("ns, us, ms, s, min or h"));
}

#[test]
fn long_input_is_quoted_in_part() {
    let message = parse_duration(&"x".repeat(10_000)).unwrap_err().message;
    assert!(message.len() < 100, "{message}");
}

proptest! {
    #[test]
    fn what_is_written_reads_back(nanos in 0..=MAX_DURATION.0, bytes in 0..=MAX_BYTES) {
        let duration = SimDuration(nanos);
        prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        prop_assert_eq!(parse_bytes(&format_bytes(bytes)), Ok(bytes));
    }

    #[test]
    fn no_text_panics_and_every_value_is_in_range(text in "\\PC{0,12}|-?[0-9.e+]{1,8} ?[a-zA-Zµ/%]{0,4}") {
        if let Ok(duration) = parse_duration(&text) { prop_assert!(duration <= MAX_DURATION); }
        if let Ok(bytes) = parse_bytes(&text) { prop_assert!(bytes <= MAX_BYTES); }
        if let Ok(rate) = parse_rate(&text) { prop_assert!((0.0..=MAX_RATE).contains(&rate)); }
        if let Ok(share) = parse_share(&text) { prop_assert!((0.0..=1.0).contains(&share)); }
    }
}
