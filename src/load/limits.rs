//! Plans that are refused.

use super::error::LoadError;
use super::plan::{Ceilings, Plan};
use super::remote_guard;
use super::shard::share_of;
use crate::contract::Protocol;
use crate::outcome::load::{LoadModel, Stages};

/// Refuses bad plans before any call is sent.
pub(super) fn admit(plan: &Plan) -> Result<(), LoadError> {
    for (protocol, _) in &plan.protocols {
        let address = if *protocol == Protocol::Grpc { &plan.grpc } else { &plan.web };
        remote_guard::admit(&address.base_url, plan.allowed_host.as_deref())?;
    }
    let refuse = |why: &str| Err(LoadError::Plan(why.to_owned()));
    let weight = |sum: u64| sum == 0;
    if weight(plan.flows.iter().map(|(_, weight)| u64::from(*weight)).sum())
        || weight(plan.protocols.iter().map(|(_, weight)| u64::from(*weight)).sum())
    {
        return refuse("a load needs a flow and a protocol");
    }
    let shares = plan.shares;
    if !(0.0..=1.0).contains(&(shares.negatives + shares.races + shares.lookups)) {
        return refuse("negatives, races and lookups together must not be more than all cycles");
    }
    let (_, shards) = share_of(plan.shard);
    if plan.model.workers() < shards || plan.stages.hold_us == 0 {
        return refuse("a load needs a duration, and a worker for each shard");
    }
    within(&plan.model, &plan.stages, &plan.ceilings)
}

/// Refuses plans above the ceilings, and rates that make no sense. Times of any length add up without an overflow.
///
/// # Errors
/// [`LoadError::Ceiling`] and [`LoadError::Plan`]
pub fn within(model: &LoadModel, stages: &Stages, ceilings: &Ceilings) -> Result<(), LoadError> {
    let refuse = |why: &str| Err(LoadError::Plan(why.to_owned()));
    let Ceilings { rate, duration, workers } = *ceilings;
    let ceiling = |what: String, ceiling: String, word: String| Err(LoadError::Ceiling { what, ceiling, word });
    let asked = stages.total();
    if asked > duration {
        return ceiling(
            format!("a load of {asked:?}"),
            format!("{duration:?}"),
            format!("duration={}s", asked.as_secs() + 1),
        );
    }
    if model.workers() > workers {
        let asked = model.workers();
        return ceiling(format!("{asked} workers"), workers.to_string(), format!("users={asked}"));
    }
    if let LoadModel::Open { steps, .. } = model {
        let asked = steps.iter().map(|step| step.per_second).fold(0.0, f64::max);
        if steps.iter().any(|step| !(step.per_second > 0.0 && step.per_second.is_finite())) {
            return refuse("a rate must be above zero");
        }
        if asked > rate {
            return ceiling(format!("a rate of {asked}/s"), format!("{rate}/s"), format!("rate={asked}"));
        }
        let length = steps.iter().fold(0_u64, |sum, step| sum.saturating_add(step.for_us));
        if length != stages.hold_us {
            return refuse("the steps of the rate together must be as long as the hold phase");
        }
    }
    Ok(())
}
