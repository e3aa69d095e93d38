//! The units of literals and how quantities are written for people.

use std::time::Duration;

/// What a unit measures. Base units: seconds, 1 (ratios and points), bytes, events per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Seconds.
    Duration,
    /// A share of one.
    Ratio,
    /// Percentage points, as a share of one.
    Points,
    /// Bytes.
    Bytes,
    /// Events per second.
    Frequency,
}

/// Every unit with its measure and its size in base units.
pub const UNITS: &[(&str, Measure, f64)] = &[
    ("ns", Measure::Duration, 1e-9),
    ("us", Measure::Duration, 1e-6),
    ("ms", Measure::Duration, 1e-3),
    ("s", Measure::Duration, 1.0),
    ("m", Measure::Duration, 60.0),
    ("h", Measure::Duration, 3_600.0),
    ("d", Measure::Duration, 86_400.0),
    ("%", Measure::Ratio, 0.01),
    ("pp", Measure::Points, 0.01),
    ("B", Measure::Bytes, 1.0),
    ("kB", Measure::Bytes, 1e3),
    ("MB", Measure::Bytes, 1e6),
    ("GB", Measure::Bytes, 1e9),
    ("KiB", Measure::Bytes, 1_024.0),
    ("MiB", Measure::Bytes, 1_048_576.0),
    ("GiB", Measure::Bytes, 1_073_741_824.0),
    ("/s", Measure::Frequency, 1.0),
    ("/m", Measure::Frequency, 1.0 / 60.0),
    ("/h", Measure::Frequency, 1.0 / 3_600.0),
];

/// The measure and size of a unit.
pub fn unit(name: &str) -> Option<(Measure, f64)> {
    UNITS.iter().find(|(unit, ..)| *unit == name).map(|(_, measure, size)| (*measure, *size))
}

/// How many decimals numbers are shown with, unless more are needed.
pub const DECIMALS: usize = 3;

/// A duration as people write it: `1m30s`, `450ms`, `0s`.
pub fn show_duration(seconds: f64) -> String {
    duration_to(seconds, DECIMALS)
}

/// A duration, with at most so many decimals; whole seconds from a minute on, unless it is more exact than usual.
pub fn duration_to(seconds: f64, decimals: usize) -> String {
    let magnitude = seconds.abs();
    let sign = if seconds < 0.0 { "-" } else { "" };
    if magnitude >= 60.0 && magnitude.is_finite() && decimals == DECIMALS {
        return format!("{sign}{}", show_minutes(magnitude.round()));
    }
    let (scaled, unit) = match magnitude {
        0.0 => (0.0, "s"),
        small if small < 1e-6 => (small * 1e9, "ns"),
        small if small < 1e-3 => (small * 1e6, "us"),
        small if small < 1.0 => (small * 1e3, "ms"),
        large => (large, "s"),
    };
    format!("{sign}{}{unit}", number_to(scaled, decimals))
}

fn show_minutes(seconds: f64) -> String {
    let whole = seconds as u64;
    let parts = [(whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")];
    parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect()
}

/// A frequency as people write it; one that is seldom, by the hour: `50/s`, `0.5/s`, `1/h`.
pub fn show_frequency(per_second: f64) -> String {
    frequency_to(per_second, DECIMALS)
}

/// A frequency, with at most so many decimals.
pub fn frequency_to(per_second: f64, decimals: usize) -> String {
    match per_second.abs() {
        seldom if seldom > 0.0 && seldom < 0.01 => format!("{}/h", number_to(per_second * 3_600.0, decimals)),
        _ => format!("{}/s", number_to(per_second, decimals)),
    }
}

/// A share of one as a percentage: `93.1%`.
pub fn show_ratio(share: f64) -> String {
    ratio_to(share, DECIMALS)
}

/// A share, with at most so many decimals.
pub fn ratio_to(share: f64, decimals: usize) -> String {
    format!("{}%", number_to(share * 100.0, decimals))
}

/// A plain number with at most three decimals.
pub fn show_number(number: f64) -> String {
    number_to(number, DECIMALS)
}

/// A plain number with at most so many decimals.
pub fn number_to(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Bytes with a binary unit: `1.5MiB`.
pub fn show_bytes(bytes: f64) -> String {
    bytes_to(bytes, DECIMALS)
}

/// Bytes, with at most so many decimals.
pub fn bytes_to(bytes: f64, decimals: usize) -> String {
    let units = [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1_024.0)];
    match units.iter().find(|(_, size)| bytes.abs() >= *size) {
        Some((unit, size)) => format!("{}{unit}", number_to(bytes / size, decimals)),
        None => format!("{}B", number_to(bytes, decimals)),
    }
}

/// The whole number that this is, but for what computing with fractions makes of it; nothing where it is none.
pub fn whole(number: f64) -> Option<f64> {
    let nearest = number.round();
    ((number - nearest).abs() <= 1e-9 * nearest.abs()).then_some(nearest)
}

/// Seconds as a [`Duration`], rounded to nanoseconds; negative and NaN become zero, too large the maximum.
pub fn to_duration(seconds: f64) -> Duration {
    if seconds.is_nan() || seconds <= 0.0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::{DECIMALS, duration_to, ratio_to, show_duration, show_frequency, show_number, show_ratio, whole};

    #[test]
    fn more_decimals_are_shown_where_they_are_asked_for() {
        assert_eq!((ratio_to(0.000_001, DECIMALS), ratio_to(0.000_001, 4)), ("0%".to_owned(), "0.0001%".to_owned()));
        assert_eq!(duration_to(600.000_1, 4), "600.0001s");
    }

    #[test]
    fn whole_is_what_is_whole_but_for_rounding() {
        assert_eq!(
            (whole(0.1 * 3.0 * 10.0), whole(1.001 * 1_000.0), whole(0.0)),
            (Some(3.0), Some(1_001.0), Some(0.0))
        );
        assert_eq!((whole(0.5), whole(6_553.6), whole(1e-12)), (None, None, None));
    }

    #[test]
    fn durations_read_as_they_are_written() {
        let cases = [(0.45, "450ms"), (90.0, "1m30s"), (3_600.0, "1h"), (0.0, "0s"), (1.5, "1.5s"), (0.000_02, "20us")];
        for (seconds, text) in cases {
            assert_eq!(show_duration(seconds), text);
        }
    }

    #[test]
    fn ratios_and_numbers_drop_noise() {
        assert_eq!(show_ratio(0.931_000_000_1), "93.1%");
        assert_eq!([50.0, 0.5, 0.0, 1.0 / 3600.0].map(show_frequency), ["50/s", "0.5/s", "0/s", "1/h"]);
        assert_eq!(show_number(-0.000_01), "0");
        assert_eq!(show_number(1200.0), "1200");
    }
}
