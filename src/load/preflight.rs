//! Before any load: one good cycle of each flow over each protocol, so that a wrong address or token is reported at once.

use std::time::{Duration, Instant};

use super::cycle::Site;
use super::draw::Draw;
use super::error::{LoadError, Unready};
use super::judge::{Failure, shown_line};
use super::lookups::LookUp;
use super::plan::Plan;
use super::played::Cycle;
use super::pool::Pool;
use crate::contract::{Flow, Protocol};
use crate::outcome::load::{Kind, LoadStep, Outcome, PreflightRecord};

/// How often a flow is tried over a protocol: a target that refuses now and then is one to be loaded.
const TRIES: u64 = 3;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// The same where the rate is limited.
const LONG_PAUSE: Duration = Duration::from_secs(2);

/// Plays the cycles, one after the other. A wrong answer fails none of them: it is the load that judges.
/// Also finds out how enrolled factors can be looked up, which the site knows from then on.
pub(super) async fn look(plan: &Plan, site: &mut Site, pool: &Pool) -> Result<PreflightRecord, LoadError> {
    let mut seen = PreflightRecord::default();
    // Numbers that no cycle of the load comes to, for the names of what is enrolled.
    let mut numbers = (0..u64::MAX).rev();
    for (flow, _) in &plan.flows {
        for (protocol, _) in &plan.protocols {
            let mut draw = |kind| {
                let number = numbers.next().unwrap_or_default();
                Draw { number, flow: *flow, protocol: *protocol, kind, choice: 0 }
            };
            let mut tries = 0;
            while let Some(failure) = played(site, pool, draw(Kind::Good), &mut seen).await {
                tries += 1;
                // A target that does not answer costs the whole time limit each time.
                if tries == TRIES || failure.outcome == Outcome::TimedOut {
                    return Err(unready(*flow, *protocol, &failure, pool).into());
                }
                tokio::time::sleep(if failure.outcome == Outcome::RateLimited { LONG_PAUSE } else { PAUSE }).await;
            }
            while plan.shares.lookups > 0.0 && site.lookups.of(*flow, *protocol) != LookUp::Nothing {
                let failure = played(site, pool, draw(Kind::Lookup), &mut seen).await;
                if failure.is_none_or(|failure| failure.step != LoadStep::Lookup) {
                    break;
                }
                site.lookups.fall_back(*flow, *protocol);
            }
        }
    }
    Ok(seen)
}

/// Why a cycle does not show that the target can be loaded; `None` if it does.
pub(super) async fn played(site: &Site, pool: &Pool, draw: Draw, seen: &mut PreflightRecord) -> Option<Failure> {
    let mut cycle = Cycle::new(draw, Instant::now());
    match pool.lease().await {
        Some(lease) => site.play(&lease.subject, &mut cycle).await,
        None => cycle.no_subject(),
    }
    let count = |step| u64::try_from(cycle.samples.iter().filter(|sample| sample.step == step).count());
    seen.add(&PreflightRecord {
        starts: count(LoadStep::Start).unwrap_or_default(),
        verifies: count(LoadStep::Verify).unwrap_or_default(),
        confirmed: cycle.counts.confirmed,
        left_behind: cycle.counts.left_behind,
        kept: cycle.counts.kept,
        had: cycle.had,
    });
    let is_wrong = |failure: &Failure| matches!(failure.outcome, Outcome::Nonconformant | Outcome::CrossTalk);
    cycle.failure.filter(|failure| !is_wrong(failure))
}

fn unready(flow: Flow, protocol: Protocol, failure: &Failure, pool: &Pool) -> Unready {
    let example = shown_line(&pool.masker().mask(&failure.example));
    Unready { flow, protocol, class: failure.class.clone(), example, advice: advice(failure) }
}

/// What to fix.
fn advice(failure: &Failure) -> &'static str {
    let mut parts = failure.class.split('/').skip(2);
    let (http, code) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match (failure.step, failure.outcome) {
        (_, Outcome::TimedOut) => {
            "check whether the server is up, compare base-url with its address, or raise --timeout"
        }
        (_, Outcome::Transport) if http == "tls" => "name the CA of the server's certificate: ca-file under [tls]",
        (_, Outcome::Transport) => "check whether the server is up, and compare base-url and grpc-url with its address",
        (_, Outcome::NotAttested) => {
            "compare rp-id and origin with those of the server, or choose a --format whose algorithm it offers"
        }
        (_, Outcome::Unfinished) => "add subjects to the target file",
        _ if http == "401" || code == "16" => {
            "the subject's token is refused: make new tokens, and check [accounts] in the target file"
        }
        _ if http == "403" || code == "7" => {
            "the subject may not enrol: give it the permission, or choose another --flow"
        }
        (_, Outcome::Gateway) => "the gateway does not reach the server: check whether the server is up",
        (_, Outcome::RateLimited) => "wait until the limit is over, or have it lifted for the load",
        (LoadStep::Start, _) => {
            "the server does not offer this to the subject: compare base-url and the subject's id, or choose another --flow or --transport"
        }
        _ => "compare rp-id and origin with those of the server, or choose another --format",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_what_to_fix() {
        let advice = |step, outcome, class: &str| {
            advice(&Failure { step, outcome, class: class.to_owned(), example: String::new(), exchange: None })
        };
        for (step, outcome, class, word) in [
            (LoadStep::Start, Outcome::Transport, "start/transport/unreachable", "base-url"),
            (LoadStep::Start, Outcome::Transport, "start/transport/tls", "ca-file"),
            (LoadStep::Start, Outcome::TimedOut, "start/transport/timed-out", "--timeout"),
            (LoadStep::Start, Outcome::Refused, "start/refused/401/16", "token"),
            (LoadStep::Start, Outcome::Refused, "start/refused/200/16", "token"),
            (LoadStep::Start, Outcome::Refused, "start/refused/403/7", "may not enrol"),
            (LoadStep::Start, Outcome::RateLimited, "start/network/rate-limited", "lifted"),
            (LoadStep::Verify, Outcome::Gateway, "verify/network/gateway", "gateway"),
            (LoadStep::Start, Outcome::Refused, "start/refused/404/5", "--flow"),
            (LoadStep::Attest, Outcome::NotAttested, "attest/credential", "--format"),
            (LoadStep::Verify, Outcome::Refused, "verify/refused/400/3", "origin"),
            (LoadStep::Start, Outcome::Unfinished, "start/no-subject", "subjects"),
        ] {
            assert!(advice(step, outcome, class).contains(word), "{class}: {}", advice(step, outcome, class));
        }
    }
}
