//! The counts of an attack, in a space that does not grow: histograms per row, intervals, and classes of errors.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use super::connections::Connections;
use super::intervals::Series;
use super::judge::{self, Failure, shown_line};
use super::played::Cycle;
use super::progress::Progress;
use super::schedule::Timeline;
use super::time::micros;
use crate::contract::{Flow, Protocol};
use crate::outcome::exchange_text;
use crate::outcome::load::{
    Arrivals, ConnectionRecord, Correctness, Intervals, Kind, LoadErrorRecord, LoadStep, MOST_CLASSES, Outcome,
    PackedHistogram, PhaseName, PhaseRecord, Row, fine, float, record,
};
use crate::wire::secret::Masker;

/// When a cycle was due and when it began, as offsets from the beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// By the schedule; in the closed model when it began.
    pub(super) intended: Duration,
    pub(super) begun: Duration,
    /// Whether there is a schedule.
    pub(super) scheduled: bool,
    /// Whether no worker was free when it was due.
    pub(super) waited: bool,
}

/// Counts cycles as they begin and end.
pub(super) struct Tally(Mutex<Counts>);

type Key = (Protocol, Flow, Kind, LoadStep, Outcome);

struct Live {
    times: Histogram<u64>,
    sum_us: u64,
    max_us: u64,
}

#[derive(Default)]
struct Class {
    outcome: Option<Outcome>,
    count: u64,
    measured: u64,
    first_us: u64,
    example: String,
    exchanges: Vec<crate::outcome::ExchangeRecord>,
}

/// The counts of one phase.
#[derive(Debug, Clone, Copy, Default)]
struct PhaseCounts {
    starts: u64,
    verifies: u64,
    ok: u64,
    failed: u64,
    /// When its last cycle was over.
    last: Duration,
}

struct Counts {
    timeline: Timeline,
    rows: HashMap<Key, Live>,
    series: Series,
    classes: BTreeMap<String, Class>,
    correctness: Correctness,
    arrivals: Arrivals,
    phases: BTreeMap<PhaseName, PhaseCounts>,
    in_flight: u64,
    connections: Connections,
    lag: Histogram<u64>,
    crypto_queue: Histogram<u64>,
    crypto: Histogram<u64>,
    reported: (Duration, u64),
}

/// The counts at the end.
pub(super) struct Counted {
    pub(super) rows: Vec<Row>,
    pub(super) intervals: Intervals,
    pub(super) errors: Vec<LoadErrorRecord>,
    pub(super) correctness: Correctness,
    pub(super) arrivals: Arrivals,
    pub(super) phases: Vec<PhaseRecord>,
    pub(super) elapsed: Duration,
    pub(super) measured: Duration,
    pub(super) connections: Vec<ConnectionRecord>,
    pub(super) lag: Histogram<u64>,
    pub(super) crypto_queue: Histogram<u64>,
    pub(super) crypto: Histogram<u64>,
    pub(super) cycles: u64,
}

impl Tally {
    pub(super) fn new(timeline: Timeline) -> Tally {
        Tally(Mutex::new(Counts {
            timeline,
            rows: HashMap::new(),
            series: Series::new(),
            classes: BTreeMap::new(),
            correctness: Correctness::default(),
            arrivals: Arrivals::default(),
            phases: BTreeMap::new(),
            in_flight: 0,
            connections: Connections::default(),
            lag: fine(),
            crypto_queue: fine(),
            crypto: fine(),
            reported: (Duration::ZERO, 0),
        }))
    }

    /// An arrival is due.
    pub(super) fn due(&self, offset: Duration, waits: bool) {
        let mut counts = self.counts();
        let interval = counts.series.at(offset);
        interval.offered += 1;
        interval.waited += u64::from(waits);
        if counts.timeline.phase(offset) == PhaseName::Hold {
            counts.arrivals.offered += 1;
            counts.arrivals.waited += u64::from(waits);
        }
    }

    /// A cycle begins.
    pub(super) fn begin(&self, turn: &Turn) {
        let mut counts = self.counts();
        counts.in_flight += 1;
        let in_flight = counts.in_flight;
        let interval = counts.series.at(turn.begun);
        interval.in_flight = interval.in_flight.max(in_flight);
        interval.offered += u64::from(!turn.scheduled);
        let lag = turn.begun.saturating_sub(turn.intended);
        if turn.scheduled && !turn.waited {
            record(&mut counts.lag, micros(lag));
        }
        if turn.scheduled && counts.timeline.phase(turn.intended) == PhaseName::Hold {
            counts.arrivals.started += 1;
            counts.arrivals.late += u64::from(micros(lag) > Arrivals::LATE_US);
        }
    }

    /// A cycle is over.
    pub(super) fn end(&self, turn: &Turn, cycle: Cycle, now: Duration, masker: &dyn Fn() -> Masker) {
        self.counts().end(turn, cycle, now, masker);
    }

    /// An arrival never began.
    pub(super) fn abandon(&self, (protocol, flow, kind): (Protocol, Flow, Kind), intended: Duration, now: Duration) {
        let mut counts = self.counts();
        let phase = counts.timeline.phase(intended);
        let of = counts.phases.entry(phase).or_default();
        of.failed += 1;
        of.last = of.last.max(now);
        counts.series.at(now).failed += 1;
        let failure = Failure {
            step: LoadStep::Cycle,
            outcome: Outcome::Abandoned,
            class: "cycle/abandoned".to_owned(),
            example: "no worker was free until the end".to_owned(),
            exchange: None,
        };
        counts.class(&failure.class.clone(), failure, (phase, now), &Masker::default);
        if phase == PhaseName::Hold {
            counts.arrivals.abandoned += 1;
            counts.row((protocol, flow, kind, LoadStep::Cycle, Outcome::Abandoned), now.saturating_sub(intended));
        }
    }

    /// How far it is.
    pub(super) fn progress(&self, elapsed: Duration, waiting: u64, draining: bool) -> Progress {
        let mut counts = self.counts();
        let (ok, failed) = counts.totals();
        let (before, ok_before) = std::mem::replace(&mut counts.reported, (elapsed, ok));
        let seconds = elapsed.saturating_sub(before).as_secs_f64();
        let worst = counts.classes.iter().filter(|(_, class)| class.outcome != Some(Outcome::Ok));
        let worst = worst.max_by_key(|(_, class)| class.count).map(|(name, _)| name.clone());
        Progress {
            elapsed,
            phase: counts.timeline.phase(elapsed),
            draining,
            ok,
            failed,
            rate: if seconds > 0.0 { float(ok - ok_before) / seconds } else { 0.0 },
            in_flight: counts.in_flight,
            waiting,
            wrong: counts.correctness.wrong(),
            worst,
            steps: [LoadStep::Start, LoadStep::Verify, LoadStep::Cycle]
                .into_iter()
                .map(|s| counts.quantiles(s))
                .collect(),
        }
    }

    /// Everything; `asked` is how long it was to last, `None` if it was interrupted.
    pub(super) fn finish(&self, now: Duration) -> Counted {
        self.counts().finish(now)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // A panic while it was held leaves whole numbers behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn end(&mut self, turn: &Turn, mut cycle: Cycle, now: Duration, masker: &dyn Fn() -> Masker) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let phase = self.timeline.phase(turn.intended);
        let measured = phase == PhaseName::Hold;
        let outcome = cycle.failure.as_ref().map_or(Outcome::Ok, |failure| failure.outcome);
        self.correctness.add(&cycle.counts);
        self.connections.add(cycle.draw.protocol, &cycle.connections.0, cycle.connections.1);
        if let Some((waited, took)) = cycle.attested {
            record(&mut self.crypto_queue, micros(waited));
            record(&mut self.crypto, micros(took));
        }
        let service = cycle.service.unwrap_or_default();
        let whole = service + turn.begun.saturating_sub(turn.intended);
        let interval = self.series.at(now);
        interval.ok += u64::from(outcome == Outcome::Ok);
        interval.failed += u64::from(outcome != Outcome::Ok);
        self.phase(phase, &cycle, outcome, now);
        let key = |step, outcome| (cycle.draw.protocol, cycle.draw.flow, cycle.draw.kind, step, outcome);
        let protocol = cycle.draw.protocol.slug();
        let good = cycle.draw.kind == Kind::Good;
        for sample in &cycle.samples {
            let shown = [LoadStep::Start, LoadStep::Verify].contains(&sample.step);
            if good && shown && sample.outcome == Outcome::Ok {
                self.series.sample((protocol, sample.step), sample.took);
            }
            if measured {
                self.row(key(sample.step, sample.outcome), sample.took);
            }
        }
        if good && outcome == Outcome::Ok {
            self.series.sample((protocol, LoadStep::Cycle), whole);
        }
        if measured {
            self.row(key(LoadStep::Cycle, outcome), whole);
            if turn.scheduled {
                self.row(key(LoadStep::Service, outcome), service);
                self.row(key(LoadStep::Lag, Outcome::Ok), turn.begun.saturating_sub(turn.intended));
                self.arrivals.ok += u64::from(outcome == Outcome::Ok);
                self.arrivals.failed += u64::from(outcome != Outcome::Ok);
            }
        }
        self.classes(&mut cycle, (phase, now), masker);
    }

    fn phase(&mut self, phase: PhaseName, cycle: &Cycle, outcome: Outcome, now: Duration) {
        let count = |step| u64::try_from(cycle.samples.iter().filter(|s| s.step == step).count()).unwrap_or_default();
        let of = self.phases.entry(phase).or_default();
        of.starts += count(LoadStep::Start);
        of.verifies += count(LoadStep::Verify);
        of.ok += u64::from(outcome == Outcome::Ok);
        of.failed += u64::from(outcome != Outcome::Ok);
        of.last = of.last.max(now);
    }

    fn row(&mut self, key: Key, took: Duration) {
        let live = self.rows.entry(key).or_insert_with(|| Live { times: fine(), sum_us: 0, max_us: 0 });
        let took = micros(took);
        record(&mut live.times, took);
        live.sum_us += took;
        live.max_us = live.max_us.max(took);
    }

    fn classes(&mut self, cycle: &mut Cycle, at: (PhaseName, Duration), masker: &dyn Fn() -> Masker) {
        let harmless = |class: String, example: String| Failure {
            step: LoadStep::Cleanup,
            outcome: Outcome::Ok,
            class,
            example,
            exchange: None,
        };
        let judge::Harmless { deviations, known, again } = std::mem::take(&mut cycle.harmless);
        self.correctness.deviations += u64::try_from(deviations.len()).unwrap_or_default();
        let left_behind = cycle.left_behind.take().map(|why| ("cleanup/left-behind".to_owned(), why));
        for (class, example) in deviations.into_iter().chain(known).chain(again).chain(left_behind) {
            self.class(&class.clone(), harmless(class, example), at, masker);
        }
        if let Some(failure) = cycle.failure.take() {
            self.class(&failure.class.clone(), failure, at, masker);
        }
    }

    fn class(
        &mut self,
        name: &str,
        failure: Failure,
        (phase, now): (PhaseName, Duration),
        masker: &dyn Fn() -> Masker,
    ) {
        let is_new = !self.classes.contains_key(name);
        let name = if is_new && self.classes.len() >= MOST_CLASSES { "other" } else { name };
        let class = self.classes.entry(name.to_owned()).or_default();
        class.count += 1;
        class.measured += u64::from(phase == PhaseName::Hold);
        if class.outcome.is_none() {
            let masker = masker();
            class.outcome = Some(failure.outcome);
            class.first_us = micros(now);
            class.example = shown_line(&masker.mask(&failure.example));
            let exchange = failure.exchange.map(|exchange| exchange_text::exchange(&exchange, None, &masker));
            class.exchanges = exchange.into_iter().collect();
        }
    }

    fn totals(&self) -> (u64, u64) {
        self.phases.values().fold((0, 0), |(ok, failed), of| (ok + of.ok, failed + of.failed))
    }

    fn quantiles(&self, step: LoadStep) -> (LoadStep, u64, u64) {
        let mut all = fine();
        let is_good = |key: &Key| key.2 == Kind::Good && key.3 == step && key.4 == Outcome::Ok;
        for (_, live) in self.rows.iter().filter(|(key, _)| is_good(key)) {
            all.add(&live.times).expect("a histogram that grows has room");
        }
        (step, all.value_at_quantile(0.5), all.value_at_quantile(0.99))
    }

    fn finish(&mut self, now: Duration) -> Counted {
        let mut rows: Vec<Row> = std::mem::take(&mut self.rows).into_iter().map(row).collect();
        rows.sort_by(|a, b| sorted(a).cmp(&sorted(b)));
        let mut errors: Vec<LoadErrorRecord> = std::mem::take(&mut self.classes).into_iter().map(error).collect();
        errors.sort_by_key(|error| std::cmp::Reverse(error.count));
        let last = self.phases.values().map(|of| of.last).max().unwrap_or_default();
        let (hold_begin, hold_end) = self.timeline.hold();
        let hold_last = self.phases.get(&PhaseName::Hold).map(|of| of.last).unwrap_or_default();
        // Interrupted, it was measured until then.
        let measured = hold_last.max(hold_end.min(now)).saturating_sub(hold_begin);
        let (ok, failed) = self.totals();
        Counted {
            rows,
            intervals: self.series.finish(),
            errors,
            correctness: self.correctness,
            arrivals: self.arrivals,
            phases: self.phase_records(now),
            elapsed: last.max(self.timeline.end().min(now)),
            measured,
            connections: self.connections.pack(),
            lag: std::mem::replace(&mut self.lag, fine()),
            crypto_queue: std::mem::replace(&mut self.crypto_queue, fine()),
            crypto: std::mem::replace(&mut self.crypto, fine()),
            cycles: ok + failed,
        }
    }

    fn phase_records(&self, now: Duration) -> Vec<PhaseRecord> {
        let phase = |(name, begin, end): (PhaseName, Duration, Duration)| {
            let of = self.phases.get(&name).copied().unwrap_or_default();
            let PhaseCounts { starts, verifies, ok, failed, .. } = of;
            let length_us = micros(end.min(now).saturating_sub(begin));
            PhaseRecord { name, begin_us: micros(begin), length_us, starts, verifies, ok, failed }
        };
        self.timeline.phases().into_iter().map(phase).collect()
    }
}

fn row(((protocol, flow, kind, step, outcome), live): (Key, Live)) -> Row {
    Row {
        protocol: protocol.slug().to_owned(),
        flow: flow.slug().to_owned(),
        kind,
        step,
        outcome,
        count: live.times.len(),
        sum_us: live.sum_us,
        max_us: live.max_us,
        histogram: PackedHistogram::pack(&live.times),
    }
}

fn sorted(row: &Row) -> (&str, &str, Kind, LoadStep, Outcome) {
    (&row.protocol, &row.flow, row.kind, row.step, row.outcome)
}

fn error((class, of): (String, Class)) -> LoadErrorRecord {
    let Class { outcome, count, measured, first_us, example, exchanges } = of;
    let outcome = outcome.unwrap_or(Outcome::Ok);
    LoadErrorRecord { class, outcome, count, measured, first_us, example, exchanges }
}

#[cfg(test)]
mod tests;
