//! Times as AWS logs write them.

use heptagon_model::Timestamp;

/// Seconds of an hour.
pub(crate) const HOUR: i64 = 3_600;
/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// `2026-10-14T08:09:10Z`.
pub(crate) fn iso(secs: i64) -> String {
    let mut text = Timestamp::from_secs(secs).to_string();
    text.truncate(19);
    text.push('Z');
    text
}

/// Year, month, day, hour and minute as the parts of a path: `2026`, `10`, `14`, `08`, `09`.
pub(crate) fn parts(secs: i64) -> [String; 5] {
    let text = iso(secs);
    [&text[..4], &text[5..7], &text[8..10], &text[11..13], &text[14..16]].map(str::to_owned)
}

/// `Oct 14, 2026, 8:09:10 AM`, the form of STS and IAM responses.
pub(crate) fn us(secs: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = iso(secs);
    let number = |at: usize| text[at..at + 2].parse::<usize>().unwrap_or(0);
    let (month, day, hour) = (number(5), number(8), number(11));
    let half = if hour < 12 { "AM" } else { "PM" };
    format!(
        "{} {day}, {}, {}:{} {half}",
        MONTHS[(month + 11) % 12],
        &text[..4],
        (hour + 11) % 12 + 1,
        &text[14..19]
    )
}

/// The day of the week, Monday being 0.
pub(crate) fn weekday(secs: i64) -> i64 {
    (secs.div_euclid(DAY) + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_aws_writes_them() {
        let noon = Timestamp::parse("2026-10-12T12:00:05Z").map_or(0, Timestamp::secs);
        assert_eq!(iso(noon), "2026-10-12T12:00:05Z");
        assert_eq!(us(noon), "Oct 12, 2026, 12:00:05 PM");
        assert_eq!(us(noon + 13 * HOUR), "Oct 13, 2026, 1:00:05 AM");
        assert_eq!(weekday(noon), 0);
        assert_eq!(parts(noon).join("/"), "2026/10/12/12/00");
    }
}
