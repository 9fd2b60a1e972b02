//! Whose tokens a target takes, and for what.

use futures_util::{StreamExt as _, stream};

use crate::contract::{Flow, Protocol};
use crate::runner::preflight::line::Line;
use crate::runner::preflight::start::{self, Start};
use crate::runner::target::description::{Subject, Target};
use crate::transport::Transport;

// UNRESOLVED ?preflight/start|preflight/setup check::start

/// Subjects whose tokens are tried.
const TRIED: usize = 200;
/// At the same time.
const AT_A_TIME: usize = 8;

/// A flow that can be started over a protocol.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    pub flow: Flow,
    pub protocol: Protocol,
    pub transport: &'a dyn Transport,
}

/// Reports on every kind of account. `v2` is a flow and protocol of that version, if there is one: in v1 a token acts on its own
/// user alone.
pub(crate) async fn look(target: &Target, way: Way<'_>, v2: Option<Way<'_>>, tell: &mut dyn FnMut(Line)) {
    let accounts = &target.accounts;
    tell(subjects(&accounts.subjects, way).await);
    let (Some(way), Some(subject)) = (v2, accounts.subjects.first()) else { return };
    let start = |token| start::start(way.transport, way.flow, &subject.user_id, Some(token));
    // A user that was made without rights has none, whatever the server allows.
    let is_made = accounts.provisioner.is_some();
    if let Some(token) = &accounts.admin {
        tell(admin(&start(token).await, way, &subject.user_id));
    }
    if let Some(token) = &accounts.no_rights {
        tell(denied(&NO_RIGHTS, &start(token).await, way, (&subject.user_id, is_made)));
    }
    match &accounts.read_only {
        Some(token) => tell(denied(&READ_ONLY, &start(token).await, way, (&subject.user_id, is_made))),
        None => tell(Line::note(
            READ_ONLY.about,
            "no-read-only-token",
            "the target file has none: the cases with a caller that may only read are left out (read-only-token under [accounts])",
        )),
    }
}

/// A caller that the target knows, and that may not start anything.
struct Denied {
    /// The token's name in the target file.
    about: &'static str,
    /// Ids of the findings: the token is refused, it may start, or the answer is another.
    ids: [&'static str; 3],
    /// Whose token is needed.
    wanted: &'static str,
}

const NO_RIGHTS: Denied = Denied {
    about: "no-rights-token",
    ids: ["no-rights-token-refused", "no-rights-token-has-rights", "no-rights-token-unclear"],
    wanted: "of a user without any permission",
};

const READ_ONLY: Denied = Denied {
    about: "read-only-token",
    ids: ["read-only-token-refused", "read-only-token-has-rights", "read-only-token-unclear"],
    wanted: "of a user whose role may read and nothing else",
};

async fn subjects(subjects: &[Subject], way: Way<'_>) -> Line {
    let tried: Vec<&Subject> = subjects.iter().take(TRIED).collect();
    let starts = tried.iter().map(|subject| async move {
        (*subject, start::start(way.transport, way.flow, &subject.user_id, Some(&subject.token)).await)
    });
    let starts: Vec<(&Subject, Start)> = stream::iter(starts).buffered(AT_A_TIME).collect().await;
    let bad: Vec<&(&Subject, Start)> = starts.iter().filter(|(_, start)| !matches!(start, Start::Begun(_))).collect();
    let of = if subjects.len() > TRIED { format!(" of {}", subjects.len()) } else { String::new() };
    let (flow, protocol) = (way.flow, way.protocol);
    let Some((subject, start)) = bad.first() else {
        let text = format!("{}{of} subjects can start {flow} over {protocol}", starts.len());
        return Line::ok("subjects", "subjects", text);
    };
    let text = format!(
        "{} of {} subjects can't start {flow} over {protocol}; the first is {}: {}",
        bad.len(),
        starts.len(),
        subject.user_id,
        start.answer()
    );
    let fix = match start {
        Start::Token { .. } => "renew the subjects' tokens under [accounts] in the target file",
        Start::Absent { .. } => "correct the subjects' user ids, or take out users that do not exist any more",
        _ => "use fresh subjects, each with a token of its own that may enrol its user",
    };
    let line = Line::problem("subjects", "subjects-refused", text, fix);
    if bad.iter().all(|(_, start)| start.is_fault()) { line.for_the_run() } else { line }
}

fn admin(start: &Start, way: Way<'_>, user_id: &str) -> Line {
    let (about, flow) = ("admin-token", way.flow);
    match start {
        Start::Begun(_) => Line::ok(about, about, format!("it can start {flow} for subject {user_id}")),
        Start::Token { answer } => {
            Line::problem(about, "admin-token-refused", format!("the target refuses it ({answer})"), "renew the token")
        }
        start => {
            let line = Line::problem(
                about,
                "admin-token-denied",
                format!("it can't start {flow} for subject {user_id} ({})", start.answer()),
                "give the administrator's token the right to act on users, in the organisation of the subjects",
            );
            if start.is_fault() { line.for_the_run() } else { line }
        }
    }
}

fn denied(caller: &Denied, start: &Start, way: Way<'_>, (user_id, is_made): (&str, bool)) -> Line {
    let Denied { about, ids: [refused, has_rights, unclear], wanted } = *caller;
    let flow = way.flow;
    match start {
        Start::Refused { denied: true, .. } => {
            Line::ok(about, about, format!("the target knows it, and it may not start {flow} for subject {user_id}"))
        }
        Start::Token { answer } => Line::problem(
            about,
            refused,
            format!("the target refuses it ({answer}), so that the 403 cases would see 401"),
            format!("renew the token: it has to be valid, {wanted}"),
        ),
        Start::Begun(_) => {
            let text = format!("it may start {flow} for subject {user_id}");
            let line = Line::problem(about, has_rights, text, format!("write a token {wanted}"));
            if is_made { line.for_the_run() } else { line }
        }
        start => Line::note(
            about,
            unclear,
            format!("it is answered {} in place of 403; the cases about permissions judge that", start.answer()),
        ),
    }
}
