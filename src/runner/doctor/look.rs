//! `check`: everything that a run assumes about its set-up, one line for each.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use futures_util::future::LocalBoxFuture;

use super::accounts::{self, Way};
use super::hosts::everywhere;
use crate::checks;
use crate::contract::{Flow, Operation, Protocol};
use crate::outcome::{CaseRecord, Event, Evidence, Reason, Verdict};
use crate::runner::judge::rejudge;
use crate::runner::preflight::line::{Grade, Line};
use crate::runner::preflight::reach;
use crate::runner::preflight::start::{self, Start};
use crate::runner::run::runner::Runner;
use crate::runner::run::stop::Stop;
use crate::runner::state::Settings;
use crate::runner::target::description::{Subject, Target};
use crate::runner::target::file::identity::host_of;
use crate::scenario::{self, Pattern, Plan, Selection};
use crate::transport::{self, Address, Reply, Transport};
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::webauthn::rp_id::is_rp_id_of;
use crate::wire::secret::Masker;

// UNRESOLVED ?preflight/start|preflight/setup check::start

/// How many lines there are of each grade.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// As it has to be.
    pub ok: usize,
    /// Worth knowing.
    pub notes: usize,
    /// To be fixed.
    pub problems: usize,
}

/// Looks at a target and its accounts, and hands each finding to `sink`, with every secret masked. Sends starts only, which leave
/// a registration pending, and with `enrols` one good credential, if nothing else is wrong.
pub fn check<'r>(
    target: &'r Target,
    settings: Settings,
    enrols: bool,
    sink: &'r mut dyn FnMut(&Line),
) -> LocalBoxFuture<'r, Counts> {
    Box::pin(check_all(target, settings, enrols, sink))
}

async fn check_all(target: &Target, settings: Settings, enrols: bool, sink: &mut dyn FnMut(&Line)) -> Counts {
    let masker = Masker::new(target.secrets());
    let mut counts = Counts::default();
    let mut tell = |line: Line| {
        match line.grade {
            Grade::Ok => counts.ok += 1,
            Grade::Note => counts.notes += 1,
            Grade::Problem => counts.problems += 1,
        }
        let mask = |text: &str| masker.mask(text).into_owned();
        sink(&Line { text: mask(&line.text), fix: mask(&line.fix), ..line });
    };
    let mut has_problem = false;
    let way = look(target, &mut |line| {
        has_problem |= line.grade == Grade::Problem;
        tell(line);
    })
    .await;
    if let Some((flow, protocol)) = way
        && enrols
        && !has_problem
    {
        enrolment(target, settings, (flow, protocol)).await.into_iter().for_each(&mut tell);
    }
    counts
}

/// Looks at everything but an enrolment; gives a flow and a protocol that one can be tried on.
async fn look(target: &Target, tell: &mut dyn FnMut(Line)) -> Option<(Flow, Protocol)> {
    let Some(subject) = target.accounts.subjects.first() else {
        let fix = "add subjects, or let `provision` make them";
        tell(Line::problem("subjects", "no-subjects", "the target file has no subjects", fix));
        return None;
    };
    let mut open = Vec::new();
    let mut looked: Vec<(&Address, bool)> = Vec::new();
    for protocol in &target.protocols {
        let address = target.address(*protocol);
        let known = looked.iter().find(|(other, _)| other.base_url == address.base_url).map(|(_, is_open)| *is_open);
        let is_open = match known {
            Some(is_open) => is_open,
            None => {
                let only = (!looked.is_empty()).then_some(*protocol);
                let is_open = reach::look(address, only, &target.limits, tell).await.is_open;
                if !is_open {
                    elsewhere(*protocol, target).await.into_iter().for_each(&mut *tell);
                }
                is_open
            }
        };
        looked.push((address, is_open));
        if is_open {
            open.push(*protocol);
        }
    }
    let mut spoken = Vec::new();
    for protocol in open {
        match transport::connect(protocol, target.address(protocol), &target.limits) {
            Ok(transport) => spoken.push(Spoken::over(target, transport, subject).await),
            Err(error) => {
                tell(Line::problem(
                    protocol.slug(),
                    "address",
                    error.to_string(),
                    "correct the URL in the target file",
                ));
            }
        }
    }
    let begun: BTreeSet<&str> = spoken.iter().flat_map(Spoken::begun).map(Flow::slug).collect();
    for one in &spoken {
        one.tell(target, (&subject.user_id, &begun), tell).await;
    }
    let way = |is_it: fn(Flow) -> bool| spoken.iter().find_map(|spoken| spoken.way(is_it));
    let any = way(|_| true)?;
    accounts::look(target, any, way(Flow::names_user), tell).await;
    tell(rp_id(target, &spoken));
    // A passkey leaves the subject's token valid; a U2F factor may lock it.
    let enrolling = spoken.iter().find_map(|spoken| {
        spoken.begun().find(|flow| flow.names_user() && !flow.is_u2f()).map(|flow| (flow, spoken.protocol))
    });
    enrolling.or(Some((any.flow, any.protocol)))
}

/// The results of the starts over a protocol.
struct Spoken {
    protocol: Protocol,
    transport: std::sync::Arc<dyn Transport>,
    starts: Vec<(Flow, Start)>,
}

impl Spoken {
    /// Starts every flow.
    async fn over(target: &Target, transport: std::sync::Arc<dyn Transport>, subject: &Subject) -> Spoken {
        let protocol = transport.protocol();
        let start = |flow: Flow| {
            let transport = &transport;
            async move { (flow, start::start(transport.as_ref(), flow, &subject.user_id, Some(&subject.token)).await) }
        };
        let starts = join_all(target.flows.iter().map(|flow| start(*flow))).await;
        Spoken { protocol, transport, starts }
    }

    /// Reports the results. A flow that has begun over another protocol is there, so a run judges what is wrong with it.
    async fn tell(&self, target: &Target, (user_id, there): (&str, &BTreeSet<&str>), tell: &mut dyn FnMut(Line)) {
        let protocol = self.protocol;
        let begun: Vec<&str> = self.begun().map(Flow::slug).collect();
        if !begun.is_empty() {
            tell(Line::ok(protocol.slug(), "spoken", format!("{} can be started", begun.join(", "))));
        }
        let is_one = self.starts.windows(2).all(|pair| pair[0].1.is_like(&pair[1].1));
        if let Some((flow, start)) = self.starts.first().filter(|_| is_one && begun.is_empty()) {
            match everywhere(start, protocol, target).await {
                Some(line) if matches!(start, Start::Silent(cause) if !start::is_of_another_program(cause)) => {
                    tell(line.for_the_run());
                }
                Some(line) => {
                    tell(line);
                    elsewhere(protocol, target).await.into_iter().for_each(&mut *tell);
                }
                None => {
                    let line = start.problem(*flow, protocol, user_id);
                    line.map(|line| if start.is_fault() { line.for_the_run() } else { line })
                        .into_iter()
                        .for_each(&mut *tell);
                }
            }
            return;
        }
        for (flow, start) in &self.starts {
            let line = match start {
                Start::Silent(cause) => {
                    let line = reach::silent(protocol, target.address(protocol), &target.limits, cause).await;
                    Some(Line { text: format!("{flow}: {}", line.text), ..line })
                }
                start => start.problem(*flow, protocol, user_id),
            };
            let is_for_the_run = start.is_fault() || (there.contains(flow.slug()) && !begun.is_empty());
            line.map(|line| if is_for_the_run { line.for_the_run() } else { line }).into_iter().for_each(&mut *tell);
        }
    }

    fn begun(&self) -> impl Iterator<Item = Flow> {
        self.starts.iter().filter(|(_, start)| matches!(start, Start::Begun(_))).map(|(flow, _)| *flow)
    }

    fn way(&self, is_it: fn(Flow) -> bool) -> Option<Way<'_>> {
        let flow = self.begun().find(|flow| is_it(*flow))?;
        Some(Way { flow, protocol: self.protocol, transport: self.transport.as_ref() })
    }
}

/// If gRPC does not answer at its own URL, reports whether it answers at that of REST. No token is sent.
async fn elsewhere(protocol: Protocol, target: &Target) -> Option<Line> {
    let is_apart = protocol == Protocol::Grpc && target.grpc.base_url != target.web.base_url;
    let flow = target.flows.first().filter(|_| is_apart)?;
    let transport = transport::connect(protocol, &target.web, &target.limits).ok()?;
    let Start::Token { .. } = start::start(transport.as_ref(), *flow, "1", None).await else { return None };
    let text = format!("gRPC answers at {}: take `grpc-url` out of the target file", target.web.base_url);
    Some(Line::note(protocol.slug(), "grpc-elsewhere", text))
}

/// Compares the RP ID of the target file with that of the creation options.
fn rp_id(target: &Target, spoken: &[Spoken]) -> Line {
    let begun =
        spoken.iter().flat_map(|spoken| spoken.starts.iter().map(|(flow, start)| (*flow, spoken.protocol, start)));
    let named = begun.filter_map(|(flow, protocol, start)| Some((flow, protocol, options(flow, start)?.rp.id)));
    let named: Vec<(Flow, Protocol, Option<String>)> = named.collect();
    if named.is_empty() {
        let text = "no creation options could be read; a run reports what is wrong with them";
        return Line::note("rp-id", "rp-id-unknown", text);
    }
    let other = |name: &Option<String>| name.clone().filter(|rp_id| *rp_id != target.rp_id);
    let Some((flow, protocol, rp_id)) =
        named.iter().find_map(|(flow, protocol, name)| Some((flow, protocol, other(name)?)))
    else {
        return Line::ok("rp-id", "rp-id", format!("the creation options are for {}", target.rp_id));
    };
    let text = format!(
        "the creation options of {flow} over {protocol} are for the RP ID {rp_id}, but the target file has {}",
        target.rp_id
    );
    let origin = if is_rp_id_of(&host_of(&target.origin), &rp_id) { "" } else { ", and an `origin` of that host" };
    let fix = format!("write rp-id = \"{rp_id}\" in the target file{origin}; or correct the server's settings");
    let line = Line::problem("rp-id", "rp-id-other", text, fix);
    // If the flows have different RP IDs, one of them is right.
    if named.iter().all(|(.., name)| name.as_ref() == Some(&rp_id)) { line } else { line.for_the_run() }
}

fn options(flow: Flow, start: &Start) -> Option<PublicKeyCredentialCreationOptions> {
    let Start::Begun(message) = start else { return None };
    checks::creation_options(flow.endpoint(Operation::Start)?, message)?.ok()
}

/// Runs the preflight of every run, then plays one good enrolment: nothing else shows whether the origin is right.
async fn enrolment(target: &Target, settings: Settings, (flow, protocol): (Flow, Protocol)) -> Vec<Line> {
    let id = format!("{flow}/{protocol}/enrolment/good/none");
    match play(target, settings, (flow, protocol), &id).await {
        Ok(record) => enrolled(target, (flow, protocol), &id, &record),
        Err(line) => vec![line],
    }
}

/// What a good enrolment shows about the set-up: if it was accepted, the set-up is right, whatever else a run finds.
fn enrolled(target: &Target, (flow, protocol): (Flow, Protocol), id: &str, record: &CaseRecord) -> Vec<Line> {
    let (received, clause) =
        record.findings.first().map(|finding| (finding.received.as_str(), finding.clause.as_str())).unwrap_or_default();
    let came = format!("{}: {received} ({clause})", record.reason.name());
    let finding = (record.verdict != Verdict::Pass).then(|| {
        Line::note("enrolment", "enrolment-finding", format!("the result of the enrolment is {came}")).for_the_run()
    });
    let is_verify = |evidence: &Evidence| evidence.operation == Operation::Verify.slug();
    let evidence = |index: usize| record.exchanges.get(index).and_then(|exchange| exchange.evidence.as_ref());
    let verify = record.exchanges.iter().filter_map(|exchange| exchange.evidence.as_ref()).find(|one| is_verify(one));
    let reply = verify.and_then(rejudge::exchange);
    let is_success = reply.as_ref().is_some_and(|one| (201..300).contains(&one.http_status));
    let decisive = record.findings.first().and_then(|finding| evidence(finding.exchange?));
    // A wrong origin does not cause a fault of the start, or an unreadable reply.
    let is_fault = record.verdict == Verdict::Fail
        && (is_success || decisive.is_some_and(|decisive| !is_verify(decisive)) || reply.is_none());
    match reply.map(|exchange| exchange.reply) {
        Some(Reply::Success(_)) => {
            let text =
                format!("a good credential was enrolled on {flow} over {protocol}, for origin {}", target.origin);
            [Some(Line::ok("enrolment", "enrolment", text)), finding].into_iter().flatten().collect()
        }
        Some(Reply::Unreadable(_)) => finding.into_iter().collect(),
        _ if is_fault && record.reason != Reason::RejectedValid => finding.into_iter().collect(),
        Some(Reply::Refusal(_)) | None => {
            let text = format!("the result of a good enrolment on {flow} over {protocol} is {came}");
            let fix = format!(
                "compare `origin` (now {}) and `rp-id` in the target file with the server's settings; `proofmark replay {id} \
                 --target FILE` shows every call",
                target.origin
            );
            vec![Line::problem("enrolment", "enrolment-refused", text, fix)]
        }
    }
}

async fn play(
    target: &Target,
    settings: Settings,
    (flow, protocol): (Flow, Protocol),
    id: &str,
) -> Result<CaseRecord, Line> {
    let failed =
        |why: String| Line::note("enrolment", "enrolment-not-played", format!("{id} could not be played: {why}"));
    let selection = Selection {
        flows: target.flows.clone(),
        protocols: target.protocols.clone(),
        patterns: vec![Pattern::new(id).map_err(|error| failed(error.to_string()))?],
        seed: settings.seed,
        ..Selection::default()
    };
    let cases = scenario::embedded().map_err(|error| failed(error.to_string()))?;
    let runner = Runner::new(target.clone(), Plan::new(cases, &selection), settings);
    let runner = runner.map_err(|error| failed(error.to_string()))?;
    if let Err(error) = runner.preflight().await {
        let error = error.to_string();
        let (text, fix) = error.split_once("\n  fix: ").unwrap_or((error.as_str(), "correct the set-up"));
        return Err(Line::problem("run", "preflight", text, fix));
    }
    let mut played = None;
    let stop = Stop::default();
    let run = runner.run(&stop, |event| {
        if let Event::CaseFinished(record) = event
            && record.id == id
        {
            played = Some((**record).clone());
        }
    });
    run.await;
    played.ok_or_else(|| failed(format!("there is no such case for {flow} over {protocol}")))
}
