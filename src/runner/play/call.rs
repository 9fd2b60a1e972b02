//! Builds calls, sends them, and has the answers judged.

use std::sync::Arc;

use serde_json::Value;

use super::carriers::{
    carried, learn_factor_of_latest, look_whose, named_credential, note_carried, note_unsent, other_token,
};
use super::case_run::CaseRun;
use super::ceremony::Started;
use super::details::compare_details;
use super::expected::{expectation, expected, expected_rp_id, note_met};
use super::ledger::Ended;
use super::message::{asked_attachment, message_for};
use super::notes::{note_answered, note_factor, note_identified, note_sent, note_started, notice_listed, reading};
use super::renewing::send_renewing;
use super::starts::{credential_of, forget_removed, remember_of_start};
use crate::checks;
use crate::contract::{Endpoint, Operation, Protocol, What, clause};
use crate::outcome::{Finding, Reason};
use crate::runner::judge::no_verdict::{meaning, unanswered};
use crate::runner::judge::played::{Context, Played};
use crate::runner::judge::{altered, breaker};
use crate::runner::memory::canaries;
use crate::runner::memory::challenges::CHALLENGE;
use crate::runner::memory::identifiers::USER_HANDLE;
use crate::runner::memory::tokens::Holder;
use crate::runner::sending::attempts::{Line, Sent};
use crate::scenario::{Caller, ConnectionRef, FlowRef, Step, UserRef, Whom};
use crate::transport::{Call, Reply, Respelled, Tamper, Timings, spelling, tamper};
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::wire::secret::Secret;

// UNRESOLVED ?offline_case|play/expected|play/oracle judge::expected

/// Why a call can't be made.
enum Lacking {
    /// The target file does not have this.
    Account(&'static str),
    /// The caller's token is locked.
    GoodToken,
    /// The subject's token can't be altered in this way.
    Alterable,
}

/// Calls an operation as a step says, judges the answer, and remembers what later steps need.
pub(crate) async fn call_step(run: &mut CaseRun<'_>, operation: Operation, step: &Step) -> Result<Reply, Ended> {
    let (line, mut call) = prepared(run, operation, step)?;
    if operation == Operation::Start {
        // Refused or not, it has a number.
        run.starts.push(Started::default());
    }
    let (sent, trouble) = send_renewing(run, &line, &mut call, step).await;
    let reply = answered(run, &line, &call, step, sent);
    if let Some((why, finding)) = trouble.zip(run.ledger.last_finding()) {
        finding.received = format!("{}; there is no new token: {why}", finding.received);
    }
    let reply = reply?;
    remember_of_start(run, operation, &reply);
    compare_details(run, step, call.endpoint, &reply);
    Ok(reply)
}

/// The call of a step and what it is sent over.
pub(crate) fn prepared(run: &mut CaseRun<'_>, operation: Operation, step: &Step) -> Result<(Arc<Line>, Call), Ended> {
    let flow = run.flow(step);
    let Some(endpoint) = flow.endpoint(operation).filter(|_| run.shared.target.flows.contains(&flow)) else {
        let received = "the target does not offer it";
        return run.end("setup", run.clause(), Reason::NotDeclared, "the operation", received);
    };
    let call = build(run, endpoint, step)?;
    let Some(line) = line_for(run, step) else {
        let received = "the target does not offer it";
        return run.end("setup", run.clause(), Reason::NotDeclared, "the protocol", received);
    };
    Ok((line, call))
}

/// Ends the case at a call that had no verdict.
fn without_verdict<T>(run: &mut CaseRun<'_>, line: &Line, call: &Call, step: &Step, lost: Sent) -> Result<T, Ended> {
    let given_up = lost.given_up();
    let Sent { result, tries, fault } = lost;
    if fault.as_ref().is_none_or(|(fault, _)| fault.may_be_processed) {
        note_enrolment(run, call.endpoint, step, None);
    }
    let (reason, clause) = meaning(result.as_ref().err(), fault.as_ref(), step, run.clause());
    let received = given_up.or_else(|| Some(result.as_ref().err()?.to_string())).unwrap_or_default();
    let exchange = result.or_else(|error| unanswered(line, call, &error).ok_or(error));
    if let Ok(exchange) = exchange {
        run.ledger.play(Played::unjudged(exchange, tries));
    }
    run.end(breaker::TRANSPORT, clause, reason, "a reply", received)
}

/// Judges the result of a call, and remembers what later steps need.
pub(crate) fn answered(
    run: &mut CaseRun<'_>,
    line: &Line,
    call: &Call,
    step: &Step,
    sent: Sent,
) -> Result<Reply, Ended> {
    let endpoint = call.endpoint;
    let (exchange, tries) = match sent {
        Sent { result: Ok(exchange), tries, fault: None } => (exchange, tries),
        lost => return without_verdict(run, line, call, step, lost),
    };
    note_enrolment(run, endpoint, step, Some(&exchange.reply));
    is_written(run, step, exchange.is_http2)?;
    let under_test = endpoint.operation != Operation::List;
    note_answered(run, &exchange, step);
    let reading = reading(run, &exchange, call, step);
    let observation = checks::Observation {
        exchange: &exchange,
        // The list is not an operation under test.
        documented_request: under_test && step.is_documented(expectation(run, step)),
        malformed: step.is_malformed(),
        watch: Some(&reading),
        rp_id: expected_rp_id(run, step),
        attachment: asked_attachment(step),
        memo: checks::Memo::default(),
    };
    let examined = checks::examine(&observation);
    let reply = exchange.reply.clone();
    let expected = expected(run, step);
    // An answer to another method at the path is not an answer of the operation.
    let remembers = !(expected.any_reply && step.method.is_some());
    let judge = run.shared.judge();
    let judged = judge.finding(&expected, &exchange);
    let goes_on = judged.reason.is_pass();
    let findings = judge.in_order(examined.findings, judged, &expected, &exchange);
    let context = Context::of(&observation, expected);
    let carried = (exchange.protocol, exchange.timings);
    let exchange = canaries::without_hidden(exchange, &findings, &run.shared.masker);
    note_met(run, step, endpoint, goes_on);
    if exchange.protocol == run.test.protocol {
        run.ledger.look_at(examined.looked_at);
    }
    let token = altered::words(step.caller).or_else(|| other_token(step));
    note_carried(run, step);
    run.ledger.play(Played { exchange, context: under_test.then_some(context), token, tries });
    findings.into_iter().for_each(|finding| run.find(finding));
    if step.expect.is_some() {
        run.ledger.answered(&reply);
    }
    is_kept(run, step, carried)?;
    if remembers {
        note_factor(run, call, step, &reply);
        remember(run, endpoint, step, &reply)?;
    }
    if goes_on { Ok(reply) } else { Err(Ended) }
}

fn build(run: &mut CaseRun<'_>, endpoint: &'static Endpoint, step: &Step) -> Result<Call, Ended> {
    let message = message_for(run, endpoint, step)?;
    let also = carried(run, endpoint, step, &message)?;
    let authorization = match authorization(run, endpoint, step) {
        Ok(token) => token,
        Err(Lacking::Account(missing)) => {
            // The target need not have this account.
            let reason = if step.caller == Caller::ReadOnly { Reason::NotDeclared } else { Reason::Setup };
            let expected = format!("{missing} in the target file");
            return run.end("setup", run.clause(), reason, expected, "the target file does not have it");
        }
        Err(Lacking::GoodToken) => {
            let expected = "a user's token that is still good after a U2F enrolment";
            let received = "this target locks the token, and nobody else may make this call for the user";
            return run.end("setup", run.clause(), Reason::NotDeclared, expected, received);
        }
        Err(Lacking::Alterable) => {
            let expected = "a token of twelve characters or more that has letters";
            return run.end(
                "setup",
                run.clause(),
                Reason::NotDeclared,
                expected,
                "the user's token is shorter, or has no letters",
            );
        }
    };
    if let (Some(_), Some(altered)) = (altered::words(step.caller), &authorization) {
        run.ledger.hide(altered.clone());
    }
    let tamper = Tamper {
        body: step.tamper.as_deref().and_then(tamper::find).map(|fault| fault.apply),
        content_type: step.content_type.clone(),
        method: step.method.clone(),
        headers: step.headers.lines(),
        path: respelled(run, step),
        also,
    };
    let call = Call { endpoint, message: message.into(), authorization, tamper };
    note_sent(run, endpoint, step, &call);
    Ok(call)
}

/// The form of a step's path.
fn respelled(run: &CaseRun<'_>, step: &Step) -> Option<Respelled> {
    let spelling = spelling::find(step.path.as_deref()?)?;
    let another = run.lease.other().map(|other| other.user_id.clone()).unwrap_or_default();
    Some(Respelled { spelling, another })
}

/// The authorization header of a call. If a U2F enrolment has locked the user's own token, the administrator calls for the user
/// in v2; in v1 nobody can.
fn authorization(run: &CaseRun<'_>, endpoint: &Endpoint, step: &Step) -> Result<Option<Secret>, Lacking> {
    let accounts = &run.shared.target.accounts;
    let bearer = |token: &Secret| Some(token.as_bearer());
    let shared = |token: &Secret, holder| bearer(&run.shared.tokens.current(holder, token));
    let named = |token: &Option<Secret>, name, holder| {
        token.as_ref().map(|token| shared(token, holder)).ok_or(Lacking::Account(name))
    };
    let own = &run.lease.own().token;
    if let Caller::Subject | Caller::Other = step.caller
        && run.lease.is_locked(step.caller == Caller::Subject)
    {
        let acts_on_itself =
            matches!((step.caller, &step.user), (Caller::Subject, UserRef::Own) | (Caller::Other, UserRef::Other));
        // Calls that say two things are about the rights of an ordinary user.
        let can_be_named = endpoint.flow.names_user() && step.also.is_empty();
        let admin = accounts.admin.as_ref().filter(|_| acts_on_itself && can_be_named);
        return admin.map(|admin| shared(admin, Holder::Admin)).ok_or(Lacking::GoodToken);
    }
    match step.caller {
        Caller::Subject => Ok(bearer(own)),
        Caller::Nobody => Ok(None),
        Caller::Malformed => Ok(Some(Secret::new("Bearer"))),
        Caller::SmallScheme if run.lease.is_locked(true) => Err(Lacking::GoodToken),
        Caller::SmallScheme => Ok(Some(Secret::new(format!("bearer {}", own.expose())))),
        Caller::OtherScheme => Ok(Some(Secret::new(format!("Basic {}", own.expose())))),
        Caller::Unknown => Ok(Some(Secret::new(format!("Bearer proofmark-{}", run.unknown_id(24))))),
        Caller::Lengthened | Caller::Shortened | Caller::OtherCase => {
            altered::token(step.caller, own).map(|token| bearer(&token)).ok_or(Lacking::Alterable)
        }
        Caller::Other => {
            run.lease.other().map(|other| bearer(&other.token)).ok_or(Lacking::Account("a second subject"))
        }
        Caller::NoRights => named(&accounts.no_rights, "accounts.no-rights-token", Holder::NoRights),
        Caller::ReadOnly => named(&accounts.read_only, "accounts.read-only-token", Holder::ReadOnly),
        Caller::Admin => named(&accounts.admin, "accounts.admin-token", Holder::Admin),
    }
}

/// Notes whose tokens a U2F enrolment has locked. An enrolment without an answer may have been done.
fn note_enrolment(run: &mut CaseRun<'_>, endpoint: &Endpoint, step: &Step, reply: Option<&Reply>) {
    let is_u2f = endpoint.flow.is_u2f() && endpoint.operation == Operation::Verify;
    if !is_u2f || matches!(reply, Some(Reply::Refusal(_))) {
        return;
    }
    run.lease.enrolled_u2f(step.acts_on(endpoint.flow) != Some(Whom::Other));
}

/// Keeps what later steps need: options and factor id of a start, the state after a verify or remove.
fn remember(run: &mut CaseRun<'_>, endpoint: &'static Endpoint, step: &Step, reply: &Reply) -> Result<(), Ended> {
    let own = step.caller == Caller::Subject && step.user == UserRef::Own && step.flow == FlowRef::Own;
    let sent = credential_of(run, step).cloned();
    let success = match reply {
        Reply::Success(body) => Some(body),
        Reply::Refusal(_) => None,
        Reply::Unreadable(_) => return Ok(()),
    };
    match (endpoint.operation, success) {
        (Operation::Start, Some(body)) => remember_start(run, endpoint, step, body),
        (Operation::Verify, Some(_)) => {
            note_identified(run, endpoint, step);
            note_unsent(run, step);
            let holder = if own { &mut run.state.enrolled } else { &mut run.state.elsewhere };
            holder.extend(sent.map(|credential| credential.created.credential_id));
            if own {
                learn_factor_of_latest(run);
            }
            Ok(())
        }
        (Operation::Verify, None) => {
            // Only the subject's own refused registration says anything about the subject's own state.
            run.state.refused |= own;
            let ids = sent.into_iter().flat_map(|credential| credential.ids);
            run.state.absent.extend(ids.map(|id| (id, crate::runner::play::factor_state::AFTER_STATE)));
            Ok(())
        }
        (Operation::Remove, Some(_)) if step.of.is_some() => {
            forget_removed(run, step);
            Ok(())
        }
        (Operation::Remove, Some(_)) => {
            note_identified(run, endpoint, step);
            let named = named_credential(run, step);
            let is_removed = |id: &mut Vec<u8>| named.as_ref().is_none_or(|named| named == id);
            let removed: Vec<_> = run.state.enrolled.extract_if(.., is_removed).collect();
            run.state.absent.extend(removed.into_iter().map(|id| (id, "api/remove")));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn remember_start(run: &mut CaseRun<'_>, endpoint: &'static Endpoint, step: &Step, body: &Value) -> Result<(), Ended> {
    run.ceremony.factor_id = endpoint.answered(What::FactorId, body).and_then(Value::as_str).map(str::to_owned);
    if run.ceremony.first_factor_id.is_none() {
        run.ceremony.first_factor_id.clone_from(&run.ceremony.factor_id);
    }
    let Some(parsed) = checks::creation_options(endpoint, body) else {
        // The check of the shape reports it.
        return if run.ledger.findings().is_empty() { Ok(()) } else { Err(Ended) };
    };
    match parsed {
        Ok(options) => {
            run.ledger.look_at([CHALLENGE]);
            if !run.shared.challenges.is_fresh(&options.challenge) {
                let (expected, received) =
                    ("a challenge that was never sent before", "a challenge that was sent before");
                return run.end("challenge-fresh", CHALLENGE, Reason::WrongShape, expected, received);
            }
            notice_listed(run, step, endpoint, &options);
            look_whose(run, step, endpoint, &options)?;
            compare_user_handles(run, step, &options);
            note_started(run, endpoint, step, &options);
            run.ceremony.options = Some(options);
            Ok(())
        }
        Err(error) => {
            let clause = clause::at("api/options/members", endpoint, run.test.protocol);
            let expected = "creation options that a client can read";
            run.end("options", clause, Reason::WrongShape, expected, error.to_string())
        }
    }
}

/// The connection for a step's call; `None` if the target does not have the protocol.
pub(crate) fn line_for(run: &mut CaseRun<'_>, step: &Step) -> Option<Arc<Line>> {
    let protocol = run.protocol(step);
    let shared = run.shared.transport(protocol).cloned()?;
    match step.connection {
        ConnectionRef::Any => Some(shared),
        ConnectionRef::Kept => run.kept.line(run.shared, protocol),
    }
}

/// Ends a case about a form of requests that the connection does not have.
pub(crate) fn is_written(run: &mut CaseRun<'_>, step: &Step, is_http2: bool) -> Result<(), Ended> {
    if !(is_http2 && step.is_of_http1()) {
        return Ok(());
    }
    run.end("setup", run.clause(), Reason::NotDeclared, "HTTP/1.1", "the target has agreed on HTTP/2")
}

/// Ends a case about one connection if the target does not keep it open.
pub(crate) fn is_kept(
    run: &mut CaseRun<'_>,
    step: &Step,
    (protocol, timings): (Protocol, Timings),
) -> Result<(), Ended> {
    if step.connection != ConnectionRef::Kept || run.kept.count(protocol) == 1 || timings.set_up.is_none() {
        return Ok(());
    }
    let (expected, received) = ("a connection that is kept open for another call", "the target closed it");
    run.end("setup", run.clause(), Reason::NotDeclared, expected, received)
}

/// One user has one handle, and no other user has it (WebAuthn L3 section 5.4.3), as far as this case sees users.
fn compare_user_handles(run: &mut CaseRun<'_>, step: &Step, options: &PublicKeyCredentialCreationOptions) {
    // A call with its token in a place that is not documented is accepted for the subject.
    let is_of_own = matches!(step.caller, Caller::Subject | Caller::Admin) || !step.also.is_empty();
    let own = step.user == UserRef::Own && is_of_own;
    let handle = options.user.id.clone();
    // Each kind of factor may have handles of its own.
    if step.flow != FlowRef::Own {
        return;
    }
    if !run.user_handles.is_empty() {
        run.ledger.look_at([USER_HANDLE]);
    }
    let wrong = run.user_handles.iter().find_map(|(whose, known)| match (*whose == own, *known == handle) {
        (true, false) => Some(("the user handle that the user's earlier start had", "another handle")),
        (false, true) => Some(("a different user handle for each user", "the handle of the other user")),
        _ => None,
    });
    if let Some((expected, received)) = wrong {
        run.find(Finding::new("user-handle", USER_HANDLE, Reason::ShouldUnmet, expected, received));
    }
    run.user_handles.push((own, handle));
}
