//! The generator's report about itself: its lag, its processor time, its queues, and whether it was the limit.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::plan::{Plan, Tolerance};
use super::tally::Counted;
use super::time::micros;
use crate::outcome::load::{
    Arrivals, GeneratorRecord, GeneratorVerdict, LoadModel, LoadStep, PackedHistogram, fine, float, record,
};

/// How often the heartbeat should wake.
const BEAT: Duration = Duration::from_millis(10);

/// Fewer values than this show nothing about the 99th percentile; for heartbeats they are two seconds.
const LEAST: u64 = 200;

/// A target counts as slow if it takes this many times as long as an idle one: even an idle one's times vary.
const SLOWED: u64 = 3;

/// Linux reports processor time in hundredths of a second (`USER_HZ`).
const TICK_US: u64 = 10_000;

/// Watches the process from the beginning of the attack to its end.
pub(super) struct Monitor {
    begun: Instant,
    at_begin: Usage,
    beats: Arc<Mutex<Histogram<u64>>>,
    task: tokio::task::JoinHandle<()>,
}

/// Processor time so far, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    user_us: u64,
    system_us: u64,
    throttled_us: u64,
}

impl Monitor {
    /// Begins to watch; on the runtime that it watches.
    pub(super) fn start() -> Monitor {
        let beats = Arc::new(Mutex::new(fine()));
        let shared = Arc::clone(&beats);
        let task = tokio::spawn(async move {
            loop {
                let due = Instant::now() + BEAT;
                tokio::time::sleep_until(due.into()).await;
                record(&mut shared.lock().unwrap_or_else(PoisonError::into_inner), micros(due.elapsed()));
            }
        });
        Monitor { begun: Instant::now(), at_begin: Usage::read(), beats, task }
    }

    /// Stops watching. The record has no wall clock times yet.
    pub(super) fn finish(self, plan: &Plan, counted: &Counted) -> GeneratorRecord {
        self.task.abort();
        let (now, before) = (Usage::read(), self.at_begin);
        let heartbeat = self.beats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut generator = GeneratorRecord {
            shard: plan.shard,
            started: String::new(),
            ended: String::new(),
            verdict: GeneratorVerdict::Valid,
            reasons: Vec::new(),
            notes: Vec::new(),
            embedded: plan.embedded,
            cores: cores(),
            user_us: now.user_us.saturating_sub(before.user_us),
            system_us: now.system_us.saturating_sub(before.system_us),
            wall_us: micros(self.begun.elapsed()),
            throttled_us: now.throttled_us.saturating_sub(before.throttled_us),
            peak_rss_bytes: peak_rss().unwrap_or_default(),
            cycles: counted.cycles,
            lag: PackedHistogram::pack(&counted.lag),
            heartbeat: PackedHistogram::pack(&heartbeat),
            crypto_queue: PackedHistogram::pack(&counted.crypto_queue),
            crypto: PackedHistogram::pack(&counted.crypto),
            connections: counted.connections.clone(),
        };
        let (reasons, notes) = judge(plan, counted, &generator, &heartbeat);
        if !reasons.is_empty() {
            generator.verdict = GeneratorVerdict::Limited;
        }
        (generator.reasons, generator.notes) = (reasons, notes);
        generator
    }
}

/// Why the generator was the limit, and notes that are not a limit.
fn judge(
    plan: &Plan,
    counted: &Counted,
    generator: &GeneratorRecord,
    heartbeat: &Histogram<u64>,
) -> (Vec<String>, Vec<String>) {
    let Tolerance { lag, crypto_queue, cpu, waited } = plan.tolerance;
    let (mut reasons, mut notes) = (Vec::new(), Vec::new());
    let p99 = |times: &Histogram<u64>| Duration::from_micros(times.value_at_quantile(0.99));
    let mut hold = |what: &str, times: &Histogram<u64>, limit: Duration| {
        if times.len() >= LEAST && p99(times) > limit {
            reasons.push(format!("{what}: p99 {:?}, and {limit:?} is tolerated", p99(times)));
        }
    };
    hold("cycles began late though workers were free", &counted.lag, lag);
    hold("attestations waited for a thread", &counted.crypto_queue, crypto_queue);
    if heartbeat.len() < LEAST {
        notes.push("the run was too short to say how busy the generator was".to_owned());
    } else {
        hold("a task that wakes every 10 ms was late", heartbeat, lag);
    }
    let spent = float(generator.user_us + generator.system_us);
    let share = spent / (float(generator.wall_us.max(1)) * generator.cores);
    if plan.embedded {
        notes.push(
            "the target runs in this process: its figures were measured on a machine that it shares with the generator"
                .to_owned(),
        );
    } else if share > cpu && heartbeat.len() >= LEAST {
        reasons.push(format!("it used {:.0}% of its processors, and {:.0}% is tolerated", share * 100.0, cpu * 100.0));
    }
    if generator.throttled_us > generator.wall_us / 100 {
        reasons.push(format!("its control group held it back for {:?}", Duration::from_micros(generator.throttled_us)));
    }
    if let Some((text, limits)) = exhausted(plan, counted, waited) {
        if limits { reasons.push(text) } else { notes.push(text) }
    }
    (reasons, notes)
}

/// Why arrivals waited for a worker: the pool is too small if the target answers as fast as an idle one, and
/// otherwise the target is slow.
fn exhausted(plan: &Plan, counted: &Counted, tolerated: f64) -> Option<(String, bool)> {
    let LoadModel::Open { workers, .. } = plan.model else { return None };
    let Arrivals { offered, waited, .. } = counted.arrivals;
    if offered == 0 || float(waited) / float(offered) <= tolerated {
        return None;
    }
    let text = format!("{waited} of {offered} arrivals found all {workers} workers busy");
    if is_slowed(counted)? {
        Some((format!("{text}: the target was slow; their time counts from when they were due"), false))
    } else {
        Some((format!("{text}, while the target answered as fast as when idle: write a greater --users"), true))
    }
}

/// Whether start and verify take much longer than they do when nothing else is under way: than the fastest in any second of any
/// phase, of which the first begins with an idle target. `None` if there was no answer.
fn is_slowed(counted: &Counted) -> Option<bool> {
    let (mut idle, mut usual) = (0, 0);
    for step in [LoadStep::Start, LoadStep::Verify] {
        let mut all = fine();
        for row in counted.rows.iter().filter(|row| row.is_good(step, None)) {
            all.add(row.histogram.unpack().ok()?).ok()?;
        }
        usual += all.value_at_quantile(0.5);
        let intervals = counted.intervals.list.iter().flat_map(|interval| &interval.steps);
        let fastest =
            intervals.filter(|own| own.step == step && own.count > 0).filter_map(|own| own.histogram.unpack().ok());
        idle += fastest.map(|times| times.value_at_quantile(0.01)).min()?;
    }
    Some(usual > idle.saturating_mul(SLOWED))
}

impl Usage {
    /// Whether calls side by side would only have shared a processor: there is but one, or the process has used up more than this share of
    /// what it may since then, or was held back. A share above all tolerates everything.
    pub(super) fn is_spent(&self, wall: Duration, share: f64) -> bool {
        let (now, wall) = (Usage::read(), float(micros(wall).max(1)));
        let spent = (now.user_us + now.system_us).saturating_sub(self.user_us + self.system_us);
        let is_throttled = float(now.throttled_us.saturating_sub(self.throttled_us)) > wall / 100.0;
        share <= 1.0 && (cores() < 2.0 || float(spent) > share * wall * cores() || is_throttled)
    }

    pub(super) fn read() -> Usage {
        let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The second field is a name in parentheses, which can hold anything.
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
        let stat = fs::read_to_string("/sys/fs/cgroup/cpu.stat").unwrap_or_default();
        let throttled = stat.lines().find_map(|line| line.strip_prefix("throttled_usec ")?.parse().ok());
        Usage {
            user_us: ticks(11).saturating_mul(TICK_US),
            system_us: ticks(12).saturating_mul(TICK_US),
            throttled_us: throttled.unwrap_or_default(),
        }
    }
}

/// Processors of this process: those of the machine that it may run on, or less by its control group.
fn cores() -> f64 {
    // It heeds affinity and quotas, in whole processors.
    let whole = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let whole = float(u64::try_from(whole).unwrap_or(1));
    let quota = fs::read_to_string("/sys/fs/cgroup/cpu.max").ok().and_then(|text| {
        let (quota, period) = text.trim().split_once(' ')?;
        Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
    });
    quota.map_or(whole, |quota| quota.min(whole))
}

fn peak_rss() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn processor_time_is_counted() {
        let before = Usage::read();
        let begun = Instant::now();
        let mut sum = 0_u64;
        while begun.elapsed() < Duration::from_millis(100) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let spent = Usage::read().user_us + Usage::read().system_us - before.user_us - before.system_us;
        assert!(spent > 0, "a loop of 100 ms took no time");
        assert!(before.is_spent(begun.elapsed(), 0.0) && !before.is_spent(begun.elapsed(), 2.0));
        assert!(cores() > 0.0 && peak_rss().is_some_and(|bytes| bytes > 1 << 20));
    }
}
