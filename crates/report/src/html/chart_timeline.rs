//! Events over time, stacked by source, with the findings below on the same axis.

use std::collections::BTreeSet;

use heptagon_model::{Finding, Timestamp};

use super::builder::Html;
use super::chart::{Axis, place, rect};
use crate::view::{self, Histogram};
use crate::{Document, text};

const WIDTH: f64 = 1_000.0;
const LEFT: f64 = 296.0;
const RIGHT: f64 = 990.0;
const TOP: f64 = 12.0;
const BARS_HEIGHT: f64 = 150.0;
const MARKS_HEIGHT: f64 = 18.0;
const LANE_HEIGHT: f64 = 22.0;
/// Findings drawn as lanes, the worst of them.
const LANES_MAX: usize = 16;
/// Colours there are for sources.
const SOURCES_MAX: usize = 6;

/// The chart with its legend; nothing when nothing has a time.
pub(crate) fn chart(h: &mut Html, document: &Document) {
    let Some(histogram) = view::histogram(document) else { return };
    let lanes = lanes(document);
    let bottom = TOP + BARS_HEIGHT + MARKS_HEIGHT + LANE_HEIGHT * lanes.len() as f64 + 4.0;
    let axis = Axis::new(histogram.from, histogram.to, LEFT, RIGHT);
    let view_box = format!("0 0 {WIDTH} {}", place(bottom + 26.0));
    let label = format!(
        "Events per {} by source, {}; at most {} at once; {} drawn below. The table below holds the same events.",
        per(histogram.hours),
        text::span(Some(histogram.from), Some(histogram.to)),
        text::number(histogram.events_max()),
        text::count(lanes.len() as u64, "finding"),
    );
    h.el("figure", &[("class", "chart")], |h| {
        h.el("figcaption", &[], |h| legend(h, &histogram));
        h.el("div", &[("class", "scroll")], |h| {
            h.el(
                "svg",
                &[("viewBox", &view_box), ("role", "group"), ("aria-label", &label)],
                |h| {
                    axis.draw(h, TOP, bottom);
                    bars(h, &histogram, axis);
                    for (at, finding) in lanes.iter().enumerate() {
                        let y = TOP + BARS_HEIGHT + MARKS_HEIGHT + LANE_HEIGHT * at as f64;
                        lane(h, document, axis, finding, y);
                    }
                },
            );
        });
    });
}

fn per(hours: i64) -> String {
    match hours {
        1 => "hour".to_owned(),
        24 => "day".to_owned(),
        hours if hours % 24 == 0 => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    }
}

fn legend(h: &mut Html, histogram: &Histogram<'_>) {
    h.leaf("strong", &[], &format!("Events per {}", per(histogram.hours)));
    for (at, source) in histogram.sources.iter().enumerate() {
        h.el("span", &[("class", "key")], |h| {
            let class = format!("src-{}", at % SOURCES_MAX);
            h.el("svg", &[("viewBox", "0 0 12 12"), ("aria-hidden", "true")], |h| {
                rect(h, &[("class", &class)], [0.0, 0.0, 12.0, 12.0], "");
            });
            h.text(source);
        });
    }
    h.el("span", &[("class", "key")], |h| {
        h.el("svg", &[("viewBox", "0 0 12 12"), ("aria-hidden", "true")], |h| {
            h.el("path", &[("class", "mark-finding"), ("d", "M6 1l5.5 10H.5z")], |_| {});
        });
        h.text("events in findings");
    });
}

fn bars(h: &mut Html, histogram: &Histogram<'_>, axis: Axis) {
    let top_value = nice(histogram.events_max());
    let floor = TOP + BARS_HEIGHT;
    for part in 0..=2u32 {
        let y = floor - BARS_HEIGHT * f64::from(part) / 2.0;
        h.el(
            "line",
            &[
                ("class", "grid"),
                ("x1", &place(LEFT)),
                ("x2", &place(RIGHT)),
                ("y1", &place(y)),
                ("y2", &place(y)),
            ],
            |_| {},
        );
        let value = top_value * u64::from(part) / 2;
        h.leaf(
            "text",
            &[
                ("class", "tick"),
                ("x", &place(LEFT - 6.0)),
                ("y", &place(y + 4.0)),
                ("text-anchor", "end"),
            ],
            &text::number(value),
        );
    }
    let width =
        (axis.x(Timestamp(histogram.from.0 + histogram.hours * 3_600_000_000)) - LEFT).max(1.0);
    for (start, (events, findings)) in &histogram.bars {
        let x = axis.x(Timestamp(*start));
        let mut y = floor;
        let tip = tip(histogram, Timestamp(*start), events, *findings);
        for (at, count) in events.iter().enumerate().filter(|(_, count)| **count > 0) {
            let height = (*count as f64 / top_value.max(1) as f64 * BARS_HEIGHT).max(0.6);
            y -= height;
            let class = format!("src-{}", at % SOURCES_MAX);
            rect(h, &[("class", &class)], [x + 0.4, y, (width - 0.8).max(0.6), height], &tip);
        }
        if *findings > 0 {
            let middle = x + width / 2.0;
            let path = format!("M{} {}l4 8h-8z", place(middle), place(floor + 4.0));
            h.el("path", &[("class", "mark-finding"), ("d", &path)], |h| {
                h.leaf("title", &[], &tip);
            });
        }
    }
}

fn tip(histogram: &Histogram<'_>, start: Timestamp, events: &[u64], findings: u64) -> String {
    let mut parts = vec![text::minute(start)];
    for (source, count) in histogram.sources.iter().zip(events) {
        if *count > 0 {
            parts.push(format!("{source}: {}", text::number(*count)));
        }
    }
    if findings > 0 {
        parts.push(format!("{} in findings", text::number(findings)));
    }
    parts.join(", ")
}

/// The smallest 1, 2, 4, 6 or 10 times a power of ten that is no smaller.
fn nice(value: u64) -> u64 {
    let mut unit = 1u64;
    loop {
        for factor in [2, 4, 6, 10] {
            match unit.checked_mul(factor) {
                Some(nice) if nice >= value => return nice,
                Some(_) => {}
                None => return value,
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// The worst findings, in order of time.
fn lanes(document: &Document) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = document.findings.iter().collect();
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.level), finding.first_time));
    findings.truncate(LANES_MAX);
    findings.sort_by_key(|finding| finding.first_time);
    findings
}

fn lane(h: &mut Html, document: &Document, axis: Axis, finding: &Finding, y: f64) {
    let middle = y + LANE_HEIGHT / 2.0;
    let class = format!("lane l-{}", finding.level.name());
    let tip = format!(
        "{} ({}): {}, {}",
        finding.title,
        finding.level.name(),
        text::count(finding.count, "event"),
        text::span(Some(finding.first_time), Some(finding.last_time)),
    );
    h.el(
        "a",
        &[("class", &class), ("href", &format!("#{}", view::finding_anchor(&finding.finding_id)))],
        |h| {
            h.leaf("title", &[], &tip);
            h.leaf(
                "text",
                &[
                    ("class", "lane-name"),
                    ("x", &place(LEFT - 8.0)),
                    ("y", &place(middle + 4.0)),
                    ("text-anchor", "end"),
                ],
                &text::label(&finding.title, 41),
            );
            let (from, to) = (axis.x(finding.first_time), axis.x(finding.last_time));
            rect(
                h,
                &[("class", "extent"), ("rx", "3")],
                [from - 3.0, middle - 3.0, to - from + 6.0, 6.0],
                "",
            );
            // One dot per place: many events of one minute are one dot.
            let dots: BTreeSet<i64> = document
                .timeline
                .entries
                .iter()
                .filter(|entry| entry.findings.contains(&finding.finding_id))
                .map(|entry| entry.event_time)
                .chain([finding.first_time, finding.last_time])
                .map(|time| (axis.x(time) * 2.0) as i64)
                .collect();
            for dot in dots {
                h.el(
                    "circle",
                    &[
                        ("class", "dot"),
                        ("cx", &place(dot as f64 / 2.0)),
                        ("cy", &place(middle)),
                        ("r", "4.5"),
                    ],
                    |_| {},
                );
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::nice;

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!([0, 1, 3, 7, 11, 45, 1_001].map(nice), [2, 2, 4, 10, 20, 60, 2_000]);
        assert_eq!(nice(u64::MAX), u64::MAX);
    }
}
