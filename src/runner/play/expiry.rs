//! Waits until a challenge has to have expired.

use std::time::Duration;

use super::case_run::CaseRun;
use super::ledger::Ended;
use crate::outcome::Reason;

/// Extra time, so that the resolution of a clock does not decide.
const MARGIN: Duration = Duration::from_millis(250);

/// Waits for twice the time-out of the last start's options: in a browser the ceremony begins some time after the answer to the start,
/// so a response may come a while after the time-out. Skips the case if that is longer than the run may wait.
pub(crate) async fn wait_for_expiry(run: &mut CaseRun<'_>) -> Result<(), Ended> {
    let timeout = run.ceremony.options.as_ref().and_then(|options| options.timeout).map(Duration::from_millis);
    let Some(timeout) = timeout else {
        let expected = "creation options with a time-out";
        return run.end("expiry", run.clause(), Reason::NotDeclared, expected, "the options have no time-out");
    };
    if run.shared.wait_expiry.get().is_none_or(|most| timeout > *most) {
        let expected = format!("a run that waits for a time-out of {:.0} s", timeout.as_secs_f64());
        let received = "--wait-expiry is less than that, or is not given";
        return run.end("expiry", run.clause(), Reason::NotDeclared, expected, received);
    }
    tokio::time::sleep(timeout.saturating_mul(2).saturating_add(MARGIN)).await;
    Ok(())
}
