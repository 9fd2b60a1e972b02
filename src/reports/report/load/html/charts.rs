//! The charts of a run.

use std::collections::BTreeSet;
use std::io;

use hdrhistogram::Histogram;

use super::plot::{Axis, Chart, Plot, Series, Zone};
use super::table::protocols;
use crate::outcome::load::{Interval, LoadRecord, LoadStep, PhaseName, float};
use crate::report::load::series::place;

/// Points of a distribution for each power of ten.
const FINENESS: u32 = 20;

/// Rate, failures and, in the open model, what was offered and what queued, over time.
pub(super) fn over_time(record: &LoadRecord) -> Vec<Chart> {
    let is_open = record.arrivals.is_some();
    let series = |name: &str, colour, of: fn(&Interval) -> u64| {
        let points = record.intervals.list.iter().enumerate().map(|(index, interval)| {
            let (begin_us, length_us) = place(record, index);
            // The rest of the last interval may be too short for a rate.
            let is_long = length_us > 0 && 2 * length_us >= record.intervals.width_us;
            (float(begin_us) / 1e6, is_long.then(|| float(of(interval)) / (float(length_us) / 1e6)))
        });
        Series { name: name.to_owned(), colour, dashed: false, points: points.collect() }
    };
    let offered = if is_open { "offered" } else { "started" };
    let mut rates =
        vec![series("ended well", 0, |interval| interval.ok), series("failed", 1, |interval| interval.failed)];
    let first = Series { dashed: true, ..series(offered, 2, |interval| interval.offered) };
    rates.insert(0, first);
    let in_flight = record.intervals.list.iter().enumerate();
    let in_flight =
        in_flight.map(|(index, interval)| (float(place(record, index).0) / 1e6, Some(float(interval.in_flight))));
    let mut queue =
        vec![Series { name: "under way at most".to_owned(), colour: 3, dashed: false, points: in_flight.collect() }];
    if is_open {
        queue.push(series("found no free worker, a second", 4, |interval| interval.waited));
    }
    let plot = |title: &str, series| Plot {
        title: title.to_owned(),
        x: (Axis::Linear, "s"),
        y: (Axis::Linear, ""),
        series,
        zones: zones(record),
    };
    [plot("Cycles a second", rates), plot("Cycles at a time", queue)].into_iter().filter_map(Plot::draw).collect()
}

fn zones(record: &LoadRecord) -> Vec<Zone> {
    let name = |phase| match phase {
        PhaseName::Ramp => "ramp",
        PhaseName::WarmUp => "warm-up",
        PhaseName::Hold => "hold",
        PhaseName::RampDown => "ramp-down",
    };
    let zone = |phase: &crate::outcome::load::PhaseRecord| Zone {
        name: name(phase.name).to_owned(),
        from: float(phase.begin_us) / 1e6,
        to: float(phase.begin_us + phase.length_us) / 1e6,
    };
    record.phases.iter().map(zone).collect()
}

/// One chart for each step that the intervals have: median and 99th percentile of each protocol.
pub(super) fn latency_over_time(record: &LoadRecord) -> io::Result<Vec<Chart>> {
    let steps = record.intervals.list.iter().flat_map(|interval| &interval.steps);
    let kinds: BTreeSet<(LoadStep, &str)> = steps.map(|step| (step.step, step.protocol.as_str())).collect();
    let names: BTreeSet<LoadStep> = kinds.iter().map(|(step, _)| *step).collect();
    let protocols: BTreeSet<&str> = kinds.iter().map(|(_, protocol)| *protocol).collect();
    let mut charts = Vec::new();
    for step in names {
        let mut series = Vec::new();
        for (colour, protocol) in
            protocols.iter().enumerate().filter(|(_, protocol)| kinds.contains(&(step, *protocol)))
        {
            let histograms = intervals_of(record, step, protocol)?;
            for (name, percent, dashed) in [("p99", 99.0, false), ("p50", 50.0, true)] {
                let value = |histogram: &Histogram<u64>| float(histogram.value_at_percentile(percent)) / 1e3;
                let points = histograms.iter().map(|(at, histogram)| (*at, histogram.as_ref().map(value)));
                series.push(Series { name: format!("{protocol} {name}"), colour, dashed, points: points.collect() });
            }
        }
        let title = format!("{} over time", step.name());
        let plot = Plot { title, x: (Axis::Linear, "s"), y: (Axis::Log, "ms"), series, zones: zones(record) };
        charts.extend(plot.draw());
    }
    Ok(charts)
}

type At = (f64, Option<Histogram<u64>>);

fn intervals_of(record: &LoadRecord, step: LoadStep, protocol: &str) -> io::Result<Vec<At>> {
    let mut all = Vec::new();
    for (index, interval) in record.intervals.list.iter().enumerate() {
        let own = interval.steps.iter().find(|own| own.step == step && own.protocol == protocol && own.count > 0);
        let histogram = own.map(|own| own.histogram.unpack()).transpose().map_err(io::Error::other)?;
        all.push((float(place(record, index).0) / 1e6, histogram));
    }
    Ok(all)
}

/// How long each step takes by percentile, over all protocols; and how long a verify takes over each protocol if there are several.
pub(super) fn distributions(record: &LoadRecord) -> io::Result<Vec<Chart>> {
    let steps = [LoadStep::Start, LoadStep::Attest, LoadStep::Verify, LoadStep::Cycle];
    let series = |(colour, step): (usize, LoadStep)| distribution(record, step, None, step.name(), colour);
    let mut charts = vec![by_percentile("Steps by percentile", collected(steps.into_iter().enumerate().map(series))?)];
    let protocols = protocols(record);
    if protocols.len() > 1 {
        let series = |(colour, name): (usize, &&str)| distribution(record, LoadStep::Verify, Some(name), name, colour);
        charts.push(by_percentile(
            "Verify by percentile and protocol",
            collected(protocols.iter().enumerate().map(series))?,
        ));
    }
    Ok(charts.into_iter().flatten().collect())
}

/// How long users wait from the intended start, next to the time that the target took once a cycle had started.
pub(super) fn queueing(record: &LoadRecord) -> io::Result<Option<Chart>> {
    let lines = [
        (LoadStep::Cycle, "from the intended start", 0),
        (LoadStep::Service, "from the real start", 2),
        (LoadStep::Lag, "between the two", 4),
    ];
    let series = lines.into_iter().map(|(step, name, colour)| distribution(record, step, None, name, colour));
    Ok(by_percentile("Cycle by percentile", collected(series)?))
}

fn collected(series: impl Iterator<Item = io::Result<Option<Series>>>) -> io::Result<Vec<Series>> {
    Ok(series.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn by_percentile(title: &str, series: Vec<Series>) -> Option<Chart> {
    let (x, y) = ((Axis::Percentile, ""), (Axis::Log, "ms"));
    Plot { title: title.to_owned(), x, y, series, zones: Vec::new() }.draw()
}

/// As far as a sample lies beyond.
fn distribution(
    record: &LoadRecord,
    step: LoadStep,
    protocol: Option<&str>,
    name: &str,
    colour: usize,
) -> io::Result<Option<Series>> {
    let histogram = record.good(step, protocol).map_err(io::Error::other)?;
    if histogram.is_empty() {
        return Ok(None);
    }
    let far = float(histogram.len()).log10();
    // From the median on.
    let places = (FINENESS * 3 / 10..=8 * FINENESS)
        .map(|index| f64::from(index) / f64::from(FINENESS))
        .take_while(|place| *place <= far);
    let value = |place: f64| float(histogram.value_at_quantile(1.0 - 10_f64.powf(-place))) / 1e3;
    let points = places.map(|place| (place, Some(value(place)))).collect();
    Ok(Some(Series { name: name.to_owned(), colour, dashed: false, points }))
}
