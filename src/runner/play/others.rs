//! Looks for traces of others on the subjects of a case.

use super::call::prepared;
use super::case_run::CaseRun;
use super::notes::notice_listed;
use crate::checks;
use crate::contract::Operation;
use crate::outcome::Reason;
use crate::runner::memory::doubts::can_be_of_others;
use crate::scenario::Step;
use crate::transport::{Reply, Transport as _};

/// Looks once more for others, if they may have caused the result of the case; notes whether they were seen.
pub(crate) async fn look_for_others(run: &mut CaseRun<'_>, attempt: u8) {
    let worst = run.ledger.gravest(run.shared.target.profile).map(|finding| finding.reason);
    if worst.is_some_and(|reason| can_be_of_others(reason) || reason == Reason::Setup) {
        look_once_more(run).await;
    }
    if run.foreign > 0 {
        run.shared.doubts.met_others(&run.test.id, attempt);
    }
}

/// Looks once more at the subject of the case, for traces since its last start. This is neither judged nor recorded.
pub(crate) async fn look_once_more(run: &mut CaseRun<'_>) {
    let findings = run.ledger.findings().len();
    let step = Step::default();
    let prepared = prepared(run, Operation::Start, &step);
    run.ledger.forget_from(findings);
    let Ok((transport, call)) = prepared else { return };
    let Ok(exchange) = transport.send(&call).await else { return };
    let Reply::Success(body) = &exchange.reply else { return };
    if let Some(Ok(options)) = checks::creation_options(exchange.endpoint, body) {
        notice_listed(run, &step, exchange.endpoint, &options);
    }
}
