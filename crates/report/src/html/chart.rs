//! What both charts share: the axis of time, and how states look.

use heptagon_model::{CoverageState, Timestamp};

use super::builder::Html;
use crate::{text, view};

const HOUR_US: i64 = 3_600_000_000;
/// Ticks an axis may have.
const TICKS_MAX: i64 = 9;

/// Times mapped to horizontal places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    /// The left end's time.
    from: Timestamp,
    /// The right end's time.
    to: Timestamp,
    /// The left end's place.
    left: f64,
    /// The right end's place.
    right: f64,
}

impl Axis {
    /// An axis between two times of our era, whatever clocks in evidence say.
    pub(crate) fn new(from: Timestamp, to: Timestamp, left: f64, right: f64) -> Axis {
        Axis { from: view::sane(from), to: view::sane(to), left, right }
    }

    /// Whether any of a span lies on the axis.
    pub(crate) fn shows(&self, from: Timestamp, to: Timestamp) -> bool {
        to > self.from && from < self.to
    }

    /// The place of a time, within the axis.
    pub(crate) fn x(&self, time: Timestamp) -> f64 {
        let span = (self.to.0 as f64 - self.from.0 as f64).max(1.0);
        let part = ((time.0 as f64 - self.from.0 as f64) / span).clamp(0.0, 1.0);
        self.left + part * (self.right - self.left)
    }

    fn ticks(&self) -> (i64, Vec<Timestamp>) {
        let hours = (self.to.0.saturating_sub(self.from.0) / HOUR_US).max(1);
        let step = [1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672]
            .into_iter()
            .find(|step| hours / step <= TICKS_MAX)
            .unwrap_or(hours / TICKS_MAX + 1);
        let width = step * HOUR_US;
        let first = self.from.0.div_euclid(width) * width;
        let ticks = (0..=TICKS_MAX + 1)
            .map(|at| Timestamp(first.saturating_add(at * width)))
            .filter(|time| *time >= self.from && *time <= self.to)
            .collect();
        (step, ticks)
    }

    /// Lines and labels of the axis, from `top` to `bottom`.
    pub(crate) fn draw(&self, h: &mut Html, top: f64, bottom: f64) {
        let (step, ticks) = self.ticks();
        for time in ticks {
            let x = place(self.x(time));
            h.el(
                "line",
                &[
                    ("class", "grid"),
                    ("x1", &x),
                    ("x2", &x),
                    ("y1", &place(top)),
                    ("y2", &place(bottom)),
                ],
                |_| {},
            );
            let full = text::minute(time);
            // `2026-05-07 19:43Z`: the day, and the hour where hours are told apart.
            let label = if step < 24 { &full[5..full.len() - 1] } else { &full[..10] };
            // A label at the very end would run out of the drawing; the grid line says enough.
            if self.right - self.x(time) < 34.0 {
                continue;
            }
            h.leaf(
                "text",
                &[
                    ("class", "tick"),
                    ("x", &x),
                    ("y", &place(bottom + 16.0)),
                    ("text-anchor", "middle"),
                ],
                label,
            );
        }
    }
}

/// A number for SVG.
pub(crate) fn place(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A rectangle with a tooltip.
pub(crate) fn rect(
    h: &mut Html,
    attrs: &[(&'static str, &str)],
    [x, y, width, height]: [f64; 4],
    tip: &str,
) {
    let (x, y, width, height) = (place(x), place(y), place(width), place(height));
    let mut all = vec![("x", x.as_str()), ("y", &y), ("width", &width), ("height", &height)];
    all.extend_from_slice(attrs);
    h.el("rect", &all, |h| {
        if !tip.is_empty() {
            h.leaf("title", &[], tip);
        }
    });
}

/// How a state is filled: each its own pattern, told apart without colour.
pub(crate) fn state_fill(state: CoverageState) -> (&'static str, &'static str) {
    match state {
        CoverageState::Recorded => ("st-recorded", ""),
        CoverageState::Off => ("st-off", "url(#h-off)"),
        CoverageState::NotSelected => ("st-not-selected", "url(#h-not-selected)"),
        CoverageState::Masked => ("st-masked", "url(#h-masked)"),
        CoverageState::Declined => ("st-declined", "url(#h-declined)"),
        CoverageState::Unknown => ("st-unknown", "url(#h-unknown)"),
    }
}

/// A small field of a state's pattern, and its name.
pub(crate) fn state_key(h: &mut Html, state: CoverageState) {
    h.el("span", &[("class", "statekey")], |h| {
        h.el("svg", &[("viewBox", "0 0 16 12"), ("aria-hidden", "true")], |h| {
            state_rect(h, state, [0.0, 0.0, 16.0, 12.0], "");
        });
        h.text(text::state(state));
    });
}

/// A rectangle filled as a state is.
pub(crate) fn state_rect(h: &mut Html, state: CoverageState, at: [f64; 4], tip: &str) {
    let (class, fill) = state_fill(state);
    let plain = [("class", class)];
    let filled = [("class", class), ("fill", fill)];
    rect(h, if fill.is_empty() { &plain } else { &filled }, at, tip);
}

/// The patterns of states.
pub(crate) fn hatches(h: &mut Html) {
    let patterns: [(&str, &str, &str, &str); 5] = [
        ("h-off", "hp-off", "8", "M-2 2l4-4M0 8l8-8M6 10l4-4"),
        ("h-not-selected", "hp-not-selected", "8", "M0 2h8M0 6h8"),
        ("h-masked", "hp-masked", "6", "M0 0l6 6M6 0L0 6"),
        ("h-declined", "hp-declined", "6", "M2 0v6M5 0v6"),
        ("h-unknown", "hp-unknown", "6", "M2.5 3a.9.9 0 101.8 0 .9.9 0 10-1.8 0"),
    ];
    h.el("defs", &[], |h| {
        for (id, class, size, path) in patterns {
            h.el(
                "pattern",
                &[
                    ("id", id),
                    ("class", class),
                    ("width", size),
                    ("height", size),
                    ("patternUnits", "userSpaceOnUse"),
                ],
                |h| {
                    h.el("rect", &[("width", size), ("height", size)], |_| {});
                    h.el("path", &[("d", path)], |_| {});
                },
            );
        }
    });
}
