//! UTC times in microseconds, and the forms AWS logs write them in.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A UTC instant in microseconds since 1970, printed as RFC 3339 with six fraction digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

const SECOND_US: i64 = 1_000_000;
/// 1970-01-01 to 9999-12-31: outside of this a number is not a time.
const SECONDS_MAX: i64 = 253_402_300_799;

impl Timestamp {
    /// One UTC day in microseconds.
    pub const DAY_US: i64 = 86_400 * SECOND_US;

    /// The instant of whole seconds since 1970.
    pub fn from_secs(secs: i64) -> Timestamp {
        Timestamp(secs.saturating_mul(SECOND_US))
    }

    /// Whole seconds since 1970, rounded down.
    pub fn secs(self) -> i64 {
        self.0.div_euclid(SECOND_US)
    }

    /// The number of the UTC day since 1970.
    pub fn day(self) -> i64 {
        self.0.div_euclid(Timestamp::DAY_US)
    }

    /// `YYYY-MM-DD` of the UTC day.
    pub fn date(self) -> String {
        let (year, month, day) = civil_from_days(self.day());
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// An epoch number whose unit (s, ms, µs, ns) follows from its size, as logs mix them.
    pub fn from_epoch(number: i64) -> Option<Timestamp> {
        let micros = match number.unsigned_abs() {
            0..=99_999_999_999 => number.checked_mul(SECOND_US)?,
            100_000_000_000..=99_999_999_999_999 => number.checked_mul(1_000)?,
            100_000_000_000_000..=99_999_999_999_999_999 => number,
            _ => number / 1_000,
        };
        (0..=SECONDS_MAX * SECOND_US).contains(&micros).then_some(Timestamp(micros))
    }

    /// Reads `2026-05-07T19:43:51Z`, with `T` or a space, any number of fraction digits (cut to
    /// microseconds), `Z`, an offset `+hh:mm`/`+hhmm`/`+hh` or nothing (UTC); a bare date; or epoch digits.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let text = text.trim();
        let bytes = text.as_bytes();
        if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return text.parse::<i64>().ok().and_then(Timestamp::from_epoch).or_else(|| {
                let number: f64 = text.parse().ok()?;
                (0.0..=SECONDS_MAX as f64)
                    .contains(&number)
                    .then_some(Timestamp((number * 1e6) as i64))
            });
        }
        let year = digits(bytes, 0, 4)?;
        let month = digits(bytes, 5, 2)?;
        let day = digits(bytes, 8, 2)?;
        if !(1970..=9999).contains(&year)
            || !(1..=12).contains(&month)
            || day < 1
            || day > days_in_month(year, month)
        {
            return None;
        }
        let mut micros = days_from_civil(year, month, day) * Timestamp::DAY_US;
        if bytes.len() == 10 {
            return Some(Timestamp(micros));
        }
        if !matches!(bytes[10], b'T' | b't' | b' ') || bytes.len() < 16 || bytes[13] != b':' {
            return None;
        }
        let (hour, minute) = (digits(bytes, 11, 2)?, digits(bytes, 14, 2)?);
        let mut at = 16;
        let mut second = 0;
        if bytes.get(16) == Some(&b':') {
            second = digits(bytes, 17, 2)?;
            at = 19;
        }
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        micros += (hour * 3600 + minute * 60 + second.min(59)) * SECOND_US;
        if matches!(bytes.get(at), Some(b'.' | b',')) {
            at += 1;
            let mut scale = 100_000;
            let start = at;
            while let Some(digit) = bytes.get(at).filter(|b| b.is_ascii_digit()) {
                micros += i64::from(digit - b'0') * scale;
                scale /= 10;
                at += 1;
            }
            if at == start {
                return None;
            }
        }
        let rest = text[at..].trim_start();
        Some(Timestamp(micros - offset_secs(rest)? * SECOND_US))
    }
}

fn offset_secs(rest: &str) -> Option<i64> {
    let bytes = rest.as_bytes();
    match rest {
        "" | "Z" | "z" | "UTC" | "GMT" => return Some(0),
        _ => {}
    }
    let sign = match bytes[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(bytes, 1, 2)?;
    let minutes = match bytes.len() {
        3 => 0,
        5 => digits(bytes, 3, 2)?,
        6 if bytes[3] == b':' => digits(bytes, 4, 2)?,
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<i64> {
    let slice = bytes.get(at..at + count)?;
    slice.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a Gregorian date.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.secs().rem_euclid(86_400);
        write!(
            f,
            "{}T{:02}:{:02}:{:02}.{:06}Z",
            self.date(),
            second / 3600,
            second / 60 % 60,
            second % 60,
            self.0.rem_euclid(SECOND_US)
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_logs_use() {
        let expect = [
            ("2026-05-07T19:43:51Z", "2026-05-07T19:43:51.000000Z"),
            ("2026-05-07 19:43:51.123456789", "2026-05-07T19:43:51.123456Z"),
            ("2022-02-08 09:23:37+11:00", "2022-02-07T22:23:37.000000Z"),
            ("2026-05-07T19:43:51.5-0330", "2026-05-07T23:13:51.500000Z"),
            ("2024-02-29", "2024-02-29T00:00:00.000000Z"),
            ("1700000000", "2023-11-14T22:13:20.000000Z"),
            ("1700000000123", "2023-11-14T22:13:20.123000Z"),
            ("1700000000.5", "2023-11-14T22:13:20.500000Z"),
        ];
        for (text, time) in expect {
            assert_eq!(Timestamp::parse(text).map(|t| t.to_string()), Some(time.into()), "{text}");
        }
        for text in
            ["", "yesterday", "2026-13-01T00:00:00Z", "2023-02-29", "2026-01-01T25:00:00Z", "-5"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn display_and_parse_are_inverse(micros in 0i64..253_402_300_799_000_000) {
            let time = Timestamp(micros);
            proptest::prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }

        #[test]
        fn parse_never_panics(text in "\\PC{0,40}") {
            let _ = Timestamp::parse(&text);
        }
    }
}
