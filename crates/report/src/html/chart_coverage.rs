//! Coverage over time: a lane per source, category, account and group of regions.

use heptagon_model::Timestamp;

use super::builder::Html;
use super::chart::{Axis, place, state_key, state_rect};
use crate::view::{self, CoverageGroup};
use crate::{Document, text};

const WIDTH: f64 = 1_000.0;
const LEFT: f64 = 300.0;
const RIGHT: f64 = 990.0;
const TOP: f64 = 6.0;
const LANE_HEIGHT: f64 = 34.0;
/// Lanes drawn, incomplete ones first.
const LANES_MAX: usize = 48;
/// Pieces drawn per lane; the rows below hold all.
const PIECES_MAX: usize = 400;

/// The chart with its legend.
pub(crate) fn chart(h: &mut Html, document: &Document) {
    let mut groups = view::coverage_groups(&document.coverage);
    let all = groups.len();
    groups.sort_by_key(CoverageGroup::whole);
    groups.truncate(LANES_MAX);
    let Some((from, to)) = window(document, &groups) else { return };
    let bottom = TOP + LANE_HEIGHT * groups.len() as f64;
    let axis = Axis::new(from, to, LEFT, RIGHT);
    let view_box = format!("0 0 {WIDTH} {}", place(bottom + 26.0));
    let whole = groups.iter().filter(|group| group.whole()).count() as u64;
    let label = format!(
        "Coverage, {}: {}, {} recorded throughout. The table below holds the same.",
        text::span(Some(from), Some(to)),
        text::count(all as u64, "lane"),
        text::number(whole),
    );
    h.el("figure", &[("class", "chart")], |h| {
        h.el("figcaption", &[], |h| {
            for state in text::STATES {
                state_key(h, state);
            }
        });
        h.el("div", &[("class", "scroll")], |h| {
            h.el("svg", &[("viewBox", &view_box), ("role", "img"), ("aria-label", &label)], |h| {
                axis.draw(h, TOP, bottom);
                for (at, group) in groups.iter().enumerate() {
                    lane(h, axis, group, TOP + LANE_HEIGHT * at as f64);
                }
            });
        });
        if all > groups.len() {
            let more = text::count((all - groups.len()) as u64, "more lane");
            h.leaf(
                "p",
                &[("class", "note")],
                &format!("{more}, recorded throughout or listed by heptagon coverage"),
            );
        }
    });
}

fn window(document: &Document, groups: &[CoverageGroup<'_>]) -> Option<(Timestamp, Timestamp)> {
    if let Some(scope) = document.case.scope.filter(|scope| scope.from < scope.to) {
        return Some((scope.from, scope.to));
    }
    let intervals = groups.iter().flat_map(|group| &group.intervals);
    let from = intervals.clone().map(|interval| interval.from).min()?;
    let to = intervals.map(|interval| interval.to).max()?;
    Some((from, to))
}

fn lane(h: &mut Html, axis: Axis, group: &CoverageGroup<'_>, y: f64) {
    let name = format!("{} · {}", group.source, group.category);
    let regions = group.regions_named();
    let place_name = format!("{} · {regions}", group.account);
    h.el("g", &[("class", "lane")], |h| {
        h.leaf("title", &[], &format!("{name}, {}, {}", group.account, group.regions.join(", ")));
        let x = place(LEFT - 10.0);
        h.leaf(
            "text",
            &[("class", "lane-name"), ("x", &x), ("y", &place(y + 14.0)), ("text-anchor", "end")],
            &text::label(&name, 46),
        );
        h.leaf(
            "text",
            &[("class", "lane-place"), ("x", &x), ("y", &place(y + 27.0)), ("text-anchor", "end")],
            &text::label(&place_name, 50),
        );
        for interval in group.intervals.iter().take(PIECES_MAX) {
            if !axis.shows(interval.from, interval.to) {
                continue;
            }
            let (from, to) = (axis.x(interval.from), axis.x(interval.to));
            let tip = format!(
                "{}, {}: {}",
                text::state(interval.state),
                text::span(Some(interval.from), Some(interval.to)),
                text::shortened(interval.why)
            );
            state_rect(h, interval.state, [from, y + 7.0, (to - from).max(1.5), 20.0], &tip);
        }
    });
}
