//! The command line that repeats a run.

use std::fmt::Write as _;

use super::super::text::printable;
use crate::outcome::load::{ArrivalPattern, Cleanup, LoadModel, LoadPlanRecord, RateStep, Weighted, float};
use crate::wire::shell;

/// `proofmark load …` with the options of a plan.
pub(super) fn of(plan: &LoadPlanRecord) -> String {
    let mut line = "proofmark load".to_owned();
    let mut add = |option: &str, value: &str| {
        // Writing to a `String` can't fail.
        write!(line, " --{option}").unwrap_or_default();
        if !value.is_empty() {
            write!(line, " {}", quoted(value)).unwrap_or_default();
        }
    };
    for (option, value) in [("target", &plan.target_file), ("known", &plan.known)] {
        value.iter().for_each(|value| add(option, value));
    }
    plan.defects.iter().for_each(|defect| add("defect", defect));
    add("users", &plan.model.workers().to_string());
    for (option, value) in model(plan) {
        add(option, &value);
    }
    let stages = &plan.stages;
    for (option, micros) in [
        ("ramp", stages.ramp_us),
        ("warm-up", stages.warm_up_us),
        ("ramp-down", stages.ramp_down_us),
        ("think", plan.think_us),
    ] {
        if micros > 0 {
            add(option, &time(micros));
        }
    }
    add("flow", &mix(&plan.flows));
    add("protocol", &mix(&plan.protocols));
    add("format", &plan.format);
    let shares = &plan.shares;
    for (option, share) in [("negatives", shares.negatives), ("races", shares.races), ("lookups", shares.lookups)] {
        add(option, &percent(share));
    }
    for option in
        plan.fresh_keys.then_some("fresh-keys").into_iter().chain((plan.cleanup == Cleanup::Keep).then_some("keep"))
    {
        add(option, "");
    }
    for rule in &plan.thresholds {
        add("threshold", rule);
    }
    add("timeout", &time(plan.timeout_us));
    if let Some(shard) = plan.shard {
        add("shard", &format!("{}/{}", shard.index, shard.count));
    }
    add("seed", &plan.seed.to_string());
    line
}

/// How cycles arrive, and for how long.
fn model(plan: &LoadPlanRecord) -> Vec<(&'static str, String)> {
    let duration = ("duration", time(plan.stages.hold_us));
    let LoadModel::Open { steps, arrivals, .. } = &plan.model else { return vec![duration] };
    let step = |step: &RateStep| format!("{}/s@{}", step.per_second, time(step.for_us));
    let mut options = match steps.as_slice() {
        [only] => vec![("rate", format!("{}/s", only.per_second)), duration],
        steps => vec![("rate", steps.iter().map(step).collect::<Vec<_>>().join(","))],
    };
    if *arrivals == ArrivalPattern::Poisson {
        options.push(("arrivals", "poisson".to_owned()));
    }
    options
}

/// A mix, as `--flow` takes it.
fn mix(items: &[Weighted]) -> String {
    match items {
        [only] => only.name.clone(),
        items => items.iter().map(|item| format!("{}={}", item.name, item.weight)).collect::<Vec<_>>().join(","),
    }
}

/// A time, as options accept it.
pub(super) fn time(micros: u64) -> String {
    if micros.is_multiple_of(1_000_000) {
        format!("{}s", micros / 1_000_000)
    } else {
        format!("{}ms", float(micros) / 1e3)
    }
}

fn percent(share: f64) -> String {
    let text = format!("{:.6}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// One word of a POSIX shell. A record can come from anywhere.
fn quoted(text: &str) -> String {
    shell::word(&printable(text), "-_./=,:@%+")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::load::{full, sample};

    #[test]
    fn a_plan_is_a_command_line() {
        assert_eq!(
            of(&sample::plan()),
            "proofmark load --target target.toml --users 8 --duration 10s --flow v2/passkey --protocol rest=1,grpc=1 --format packed-self \
             --negatives 0% --races 0% --lookups 0% --timeout 10s --seed 1"
        );
        assert_eq!(
            of(&full::full().plan),
            "proofmark load --target target.toml --users 64 --rate 400/s@15s,600/s@15s --arrivals poisson --warm-up 10s --ramp-down 2s \
             --flow v2/passkey=3,v1/u2f=1 --protocol rest=2,grpc=1,grpc-web=1 --format packed-self --negatives 1% \
             --races 0.5% --lookups 1% --threshold 'verify.p99<200ms' --threshold 'cycle.p99 < 1s' --threshold \
             'verify.p99.9<1s' --timeout 10s --seed 1"
        );
        let embedded =
            LoadPlanRecord { target_file: None, defects: vec!["concurrency-slow-verify".to_owned()], ..sample::plan() };
        assert!(of(&embedded).starts_with("proofmark load --defect concurrency-slow-verify --users 8 "));
        assert_eq!((time(1_500), quoted("a'; rm -rf \n")), ("1.5ms".to_owned(), "'a'\\''; rm -rf \\u{a}'".to_owned()));
    }
}
