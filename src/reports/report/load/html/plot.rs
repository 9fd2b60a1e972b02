//! Lines in a box: scales, ticks, and paths in the units of the drawing.

use std::fmt::Write as _;

use serde::Serialize;

use crate::outcome::load::float;

/// Where the lines are drawn, within 480 by 250.
const LEFT: f64 = 50.0;
const RIGHT: f64 = 470.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 222.0;

/// Named values over an axis, with a gap where a value is missing.
pub(super) struct Series {
    pub(super) name: String,
    /// Which colour; equal ones belong together.
    pub(super) colour: usize,
    pub(super) dashed: bool,
    pub(super) points: Vec<(f64, Option<f64>)>,
}

/// How an axis is divided.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Axis {
    /// Linear, from zero or from the least value.
    Linear,
    /// By powers of ten.
    Log,
    /// Percentiles, by powers of ten of what is beyond them: 1 is 90 %, 2 is 99 %.
    Percentile,
}

/// The width of a letter.
const LETTER: f64 = 6.5;

/// A part of the x axis with a name, such as a phase.
pub(super) struct Zone {
    pub(super) name: String,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// What the template draws.
#[derive(Serialize)]
pub(super) struct Chart {
    title: String,
    x_name: &'static str,
    y_name: &'static str,
    lines: Vec<Line>,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    zones: Vec<Area>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    class: String,
    path: String,
}

#[derive(Serialize)]
struct Tick {
    at: String,
    label: String,
}

#[derive(Serialize)]
struct Area {
    name: String,
    x: String,
    width: String,
    shaded: bool,
}

/// The contents of a chart.
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) x: (Axis, &'static str),
    pub(super) y: (Axis, &'static str),
    pub(super) series: Vec<Series>,
    pub(super) zones: Vec<Zone>,
}

impl Plot {
    /// `None` if there is nothing to draw.
    pub(super) fn draw(self) -> Option<Chart> {
        let (x_axis, y_axis) = (self.x.0, self.y.0);
        let points = || self.series.iter().flat_map(|series| &series.points);
        let xs = extent(points().map(|(x, _)| *x), x_axis)?;
        let ys = extent(points().filter_map(|(_, y)| *y), y_axis)?;
        let x = Scale { axis: x_axis, from: xs.0, to: xs.1, begin: LEFT, end: RIGHT };
        let y = Scale { axis: y_axis, from: ys.0, to: ys.1, begin: BOTTOM, end: TOP };
        let lines = self.series.iter().map(|series| Line {
            name: series.name.clone(),
            class: format!("l{}{}", series.colour % 6, if series.dashed { " dashed" } else { "" }),
            path: path(&series.points, &x, &y),
        });
        let zones = self.zones.iter().enumerate().filter_map(|(index, zone)| {
            let (from, to) = (x.at(zone.from.max(xs.0)), x.at(zone.to.min(xs.1)));
            let (left, width) = (number(from), number(to - from));
            // The name of a narrow one would overlap its neighbour.
            let fits = to - from >= LETTER * float(u64::try_from(zone.name.chars().count()).unwrap_or(u64::MAX));
            let name = if fits { zone.name.clone() } else { String::new() };
            (to > from).then_some(Area { name, x: left, width, shaded: index % 2 == 0 })
        });
        Some(Chart {
            title: self.title.clone(),
            x_name: self.x.1,
            y_name: self.y.1,
            lines: lines.collect(),
            x_ticks: x.ticks(),
            y_ticks: y.ticks(),
            zones: zones.collect(),
        })
    }
}

/// Least and greatest value, never equal; a linear axis starts at zero.
fn extent(values: impl Iterator<Item = f64>, axis: Axis) -> Option<(f64, f64)> {
    let usable = values.filter(|value| value.is_finite() && (axis != Axis::Log || *value > 0.0));
    let (low, high) =
        usable.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return None;
    }
    Some(match axis {
        Axis::Log if high / low < 1.5 => (low / 1.5, high * 1.5),
        Axis::Log => (low, high),
        Axis::Percentile => (low, high.max(low + 1.0)),
        Axis::Linear => (low.min(0.0), if high > low.min(0.0) { high } else { 1.0 }),
    })
}

struct Scale {
    axis: Axis,
    from: f64,
    to: f64,
    begin: f64,
    end: f64,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        let share = match self.axis {
            Axis::Log => (value / self.from).ln() / (self.to / self.from).ln(),
            Axis::Linear | Axis::Percentile => (value - self.from) / (self.to - self.from),
        };
        self.begin + share * (self.end - self.begin)
    }

    fn ticks(&self) -> Vec<Tick> {
        let inside = |value: &f64| *value >= self.from * 0.999_999 && *value <= self.to * 1.000_001;
        let tick = |value: f64, label: String| Tick { at: number(self.at(value)), label };
        match self.axis {
            Axis::Percentile => {
                let named =
                    [(0.3, "50 %"), (1.0, "90 %"), (2.0, "99 %"), (3.0, "99.9 %"), (4.0, "99.99 %"), (5.0, "99.999 %")];
                named
                    .into_iter()
                    .filter(|(value, _)| inside(value))
                    .map(|(value, name)| tick(value, name.to_owned()))
                    .collect()
            }
            Axis::Linear => {
                let step = nice((self.to - self.from) / 5.0);
                let values = (0_u32..12).map(|index| self.from + f64::from(index) * step);
                values.filter(inside).map(|value| tick(value, label(value))).collect()
            }
            Axis::Log => {
                let first = self.from.log10().floor();
                let few = (self.to / self.from).log10() > 2.5;
                let factors: &[f64] = if few { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let decades = (0_u32..12).map(|decade| 10_f64.powf(first + f64::from(decade)));
                let values = decades.flat_map(|decade| factors.iter().map(move |factor| factor * decade));
                values.filter(inside).map(|value| tick(value, label(value))).collect()
            }
        }
    }
}

/// The next greater of 1, 2 and 5 times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|nice| *nice >= step * 0.999).unwrap_or(step)
}

fn label(value: f64) -> String {
    let text = if value.abs() >= 1.0 { format!("{value:.1}") } else { format!("{value:.3}") };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn path(points: &[(f64, Option<f64>)], x: &Scale, y: &Scale) -> String {
    let (mut path, mut pen_is_down) = (String::new(), false);
    for (at, value) in points {
        let Some(value) = value.filter(|value| y.axis != Axis::Log || *value > 0.0) else {
            pen_is_down = false;
            continue;
        };
        let (command, x, y) = (if pen_is_down { 'L' } else { 'M' }, number(x.at(*at)), number(y.at(value)));
        // Writing to a `String` can't fail. A single point is drawn as a dot, since line ends are round.
        write!(path, "{command}{x} {y}").unwrap_or_default();
        if !pen_is_down {
            path.push_str("h0");
        }
        pen_is_down = true;
    }
    path
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(axis: Axis, points: &[(f64, Option<f64>)]) -> Option<Chart> {
        let series = Series { name: "a".to_owned(), colour: 0, dashed: false, points: points.to_vec() };
        let (title, zones) = (String::new(), vec![Zone { name: "hold".to_owned(), from: 1.0, to: 99.0 }]);
        Plot { title, x: (Axis::Linear, "s"), y: (axis, "ms"), series: vec![series], zones }.draw()
    }

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn lines_go_from_corner_to_corner_with_gaps() {
        let chart = plot(Axis::Linear, &[(0.0, Some(0.0)), (5.0, None), (10.0, Some(100.0))]).expect("drawn");
        assert_eq!(chart.lines[0].path, "M50.0 222.0h0M470.0 10.0h0");
        assert_eq!(labels(&chart.y_ticks), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(&chart.x_ticks), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!((chart.zones[0].x.as_str(), chart.zones[0].width.as_str()), ("92.0", "378.0"));
        let log = plot(Axis::Log, &[(0.0, Some(1.0)), (5.0, Some(10.0)), (10.0, Some(100.0))]).expect("drawn");
        assert_eq!(log.lines[0].path, "M50.0 222.0h0L260.0 116.0L470.0 10.0");
        assert_eq!(labels(&log.y_ticks), ["1", "2", "5", "10", "20", "50", "100"]);
    }

    #[test]
    fn nothing_is_no_chart_and_one_value_is_one() {
        assert!(plot(Axis::Linear, &[]).is_none() && plot(Axis::Log, &[(0.0, Some(0.0))]).is_none());
        for axis in [Axis::Linear, Axis::Log] {
            let chart = plot(axis, &[(1.0, Some(3.0))]).expect("drawn");
            assert!(
                chart.lines[0].path.starts_with('M') && !chart.lines[0].path.contains("NaN"),
                "{}",
                chart.lines[0].path
            );
        }
        assert!(plot(Axis::Linear, &[(0.0, Some(0.0)), (1.0, Some(0.0))]).is_some());
    }
}
