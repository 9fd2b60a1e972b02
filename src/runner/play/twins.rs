//! One call is made for a user or factor that exists and for one that does not, by a caller that may act on neither. The answers have to
//! be the same; otherwise the caller learns which users or factors exist.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::call::call_step;
use super::case_run::CaseRun;
use super::ledger::Ended;
use crate::contract::{Operation, Protocol};
use crate::outcome::{Finding, Reason};
use crate::scenario::{Expectation, FactorRef, Step, Twin, UserRef};
use crate::transport::{Exchange, Reply};
use crate::wire::secret::Masker;
use crate::words::beginning;

/// The clause of answers that do not tell users apart.
pub(crate) const CLAUSE: &str = "api/identifiers/no-user-oracle";
const CHECK: &str = "user-oracle";

/// The calls of a round, `true` for the user that exists. The order matches nothing that changes with every second or third call.
const ROUND: [bool; 6] = [true, false, false, true, true, false];
/// Further rounds, if the first seems to tell the users apart.
const FURTHER: usize = 2;
/// How many times longer one of the answers has to take, and by how much, so that a caller over a network learns something.
const TIMES_LONGER: u32 = 5;
const LONGER: Duration = Duration::from_millis(50);
/// Headers that are compared in another form, or that follow from the body, which may name the id of the request.
const LEFT_OUT: [&str; 8] = [
    "content-length",
    "content-digest",
    "content-md5",
    "etag",
    "repr-digest",
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
];
/// Part of the names of headers with durations: times are compared separately.
const TIME: &str = "tim";

/// The answers for one of the two users.
#[derive(Debug, Default)]
struct Answers {
    /// The values of each part of the answer.
    said: Vec<BTreeMap<String, String>>,
    took: Vec<Duration>,
}

impl Answers {
    fn add(&mut self, exchange: &Exchange, ids: [&str; 2]) {
        self.said.push(said(exchange, ids));
        self.took.push(exchange.timings.last_byte);
    }

    /// The value of one part if all answers agree; `None` if they differ.
    fn all(&self, part: &str) -> Option<Option<&str>> {
        let values: BTreeSet<Option<&str>> = self.said.iter().map(|said| said.get(part).map(String::as_str)).collect();
        let one = values.len() == 1;
        values.into_iter().next().filter(|_| one)
    }

    fn median(&self) -> Duration {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get(took.len() / 2).copied().unwrap_or_default()
    }
}

/// Makes a call for the subject of the case and for a user that does not exist, with an id of the same form, several times each.
pub(crate) async fn compare_twins(run: &mut CaseRun<'_>, operation: Operation, step: &Step) -> Result<(), Ended> {
    let (own, what) = match step.twin {
        Some(Twin::UnknownFactor) => (run.ceremony.factor_id.clone().unwrap_or_default(), "factor"),
        _ => (run.lease.own().user_id.clone(), "user"),
    };
    let unknown = alike(&own, &run.seed);
    let mut both = (Answers::default(), Answers::default());
    play_round(run, operation, step, [&own, &unknown], &mut both).await?;
    if told_apart(&both.0, &both.1, &run.shared.masker).is_some() {
        for _ in 0..FURTHER {
            play_round(run, operation, step, [&own, &unknown], &mut both).await?;
        }
    }
    run.ledger.look_at([CLAUSE]);
    let expected = format!("the same answer for a {what} that exists and for one that does not");
    let finding = match told_apart(&both.0, &both.1, &run.shared.masker) {
        Some(received) => Finding::new(CHECK, CLAUSE, Reason::SecurityUnmet, expected, received),
        None => Finding::new(CHECK, CLAUSE, Reason::Met, expected, "the answers are the same"),
    };
    run.find(finding);
    Ok(())
}

async fn play_round(
    run: &mut CaseRun<'_>,
    operation: Operation,
    step: &Step,
    ids: [&str; 2],
    (existing, unknown): &mut (Answers, Answers),
) -> Result<(), Ended> {
    for exists in ROUND {
        let mut call = Step { twin: None, expect: Some(Expectation::EITHER), ..step.clone() };
        match step.twin {
            Some(Twin::UnknownFactor) if !exists => call.factor = FactorRef::Text(ids[1].to_owned()),
            Some(Twin::UnknownFactor) => call.factor = FactorRef::Own,
            _ if !exists => call.user = UserRef::Text(ids[1].to_owned()),
            _ => call.user = UserRef::Own,
        }
        call_step(run, operation, &call).await?;
        if let Some(played) = run.ledger.exchanges().last() {
            let answers = if exists { &mut *existing } else { &mut *unknown };
            answers.add(&played.exchange, ids);
        }
    }
    Ok(())
}

/// What tells the users apart, in words; `None` if nothing does. A part of the answer counts if it is the same in all answers for one
/// user, and differs from the value in all answers for the other user.
fn told_apart(existing: &Answers, unknown: &Answers, masker: &Masker) -> Option<String> {
    let parts: BTreeSet<&String> = existing.said.iter().chain(&unknown.said).flat_map(BTreeMap::keys).collect();
    let differing = parts.into_iter().find_map(|part| {
        let (known, other) = (existing.all(part)?, unknown.all(part)?);
        (known != other).then(|| {
            let brief = |value: Option<&str>| value.map_or_else(|| "none".to_owned(), |value| brief(value, masker));
            format!("{part}: {} for the one that exists, {} for the other", brief(known), brief(other))
        })
    });
    differing.or_else(|| {
        let is_slower = takes_longer(&existing.took, &unknown.took) || takes_longer(&unknown.took, &existing.took);
        let millis = |answers: &Answers| answers.median().as_millis();
        is_slower.then(|| {
            let (known, other) = (millis(existing), millis(unknown));
            format!("time: {known} ms for the one that exists, {other} ms for the other (medians)")
        })
    })
}

/// Whether each call of one group took much longer than each call of the other group.
fn takes_longer(these: &[Duration], others: &[Duration]) -> bool {
    match (these.iter().min(), others.iter().max()) {
        (Some(least), Some(most)) => *least >= most.saturating_mul(TIMES_LONGER) && *least >= *most + LONGER,
        _ => false,
    }
}

/// Masked before it is cut.
fn brief(value: &str, masker: &Masker) -> String {
    format!("{:?}", beginning(&masker.mask(value), 120))
}

/// The parts of an answer, with the ids of both users taken out.
fn said(exchange: &Exchange, ids: [&str; 2]) -> BTreeMap<String, String> {
    let without = |text: &str| ids.iter().fold(text.to_owned(), |text, id| text.replace(id, "ID"));
    let mut said = BTreeMap::from([("HTTP status".to_owned(), exchange.http_status.to_string())]);
    let mut add = |name: &str, value: String| said.insert(name.to_owned(), value);
    match &exchange.reply {
        Reply::Success(_) => drop(add("answer", "accepted".to_owned())),
        Reply::Unreadable(_) => drop(add("answer", "unreadable".to_owned())),
        Reply::Refusal(refusal) => {
            drop(add("answer", "refused".to_owned()));
            if let Some(status) = &refusal.status {
                drop(add("code", status.code.to_string()));
                drop(add("message", without(&status.message)));
                drop(add("details", without(&serde_json::Value::from(status.details.clone()).to_string())));
            }
            if exchange.protocol == Protocol::Rest {
                drop(add("body", without(&String::from_utf8_lossy(&exchange.body))));
            }
        }
    }
    for (name, value) in exchange.headers.iter().chain(&exchange.trailers) {
        if !LEFT_OUT.contains(&name.as_str()) && !name.as_str().contains(TIME) {
            let value = without(&String::from_utf8_lossy(value.as_bytes()));
            said.entry(format!("header {name}"))
                .and_modify(|known| *known = format!("{known}, {value}"))
                .or_insert(value);
        }
    }
    said
}

/// Where a UUID has its version and its variant (RFC 9562 section 4).
const UUID_FIXED: [usize; 2] = [14, 19];

/// An id of the same form: in its last two thirds each digit is replaced by another digit, and each letter by another letter.
fn alike(id: &str, seed: &[u8; 32]) -> String {
    let is_hex = id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let (kept, letters) = (id.chars().count() / 3, if is_hex { 6 } else { 26 });
    let is_uuid = id.len() == 36 && is_hex;
    let other = |(at, (c, byte)): (usize, (char, &u8))| {
        let from = |first: u8, count: u8| char::from(first + byte % count);
        match c {
            _ if at < kept || (is_uuid && UUID_FIXED.contains(&at)) => c,
            '0'..='9' => from(b'0', 10),
            'a'..='z' => from(b'a', letters),
            'A'..='Z' => from(b'A', letters),
            _ => c,
        }
    };
    let made: String = id.chars().zip(seed.iter().cycle()).enumerate().map(other).collect();
    // A short id may come out the same by chance.
    if made == id { format!("{id}9") } else { made }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    fn answers(said: &[&[(&str, &str)]], took: &[u64]) -> Answers {
        Answers {
            said: said.iter().map(|parts| parts.iter().map(|(name, value)| owned(name, value)).collect()).collect(),
            took: took.iter().copied().map(Duration::from_millis).collect(),
        }
    }

    fn told(existing: &Answers, unknown: &Answers) -> Option<String> {
        told_apart(existing, unknown, &Masker::default())
    }

    #[test]
    fn what_is_always_another_tells_users_apart() {
        let denied = answers(&[&[("code", "7")], &[("code", "7")]], &[1, 1]);
        let unknown = answers(&[&[("code", "5")], &[("code", "5")]], &[1, 1]);
        assert_eq!(
            told(&denied, &unknown).as_deref(),
            Some("code: \"7\" for the one that exists, \"5\" for the other")
        );
        assert_eq!(told(&denied, &denied), None);
        let with_header = answers(&[&[("code", "7"), ("header x", "1")], &[("code", "7"), ("header x", "1")]], &[1, 1]);
        assert!(told(&denied, &with_header).is_some_and(|words| words.starts_with("header x: none")));
    }

    #[test]
    fn what_is_another_each_time_tells_nothing() {
        let numbered =
            |first: &str, second: &str| answers(&[&[("header id", first)], &[("header id", second)]], &[1, 1]);
        assert_eq!(told(&numbered("1", "4"), &numbered("2", "3")), None);
        assert_eq!(told(&numbered("1", "1"), &numbered("2", "3")), None);
        assert!(told(&numbered("1", "1"), &numbered("2", "2")).is_some());
    }

    #[test]
    fn only_a_time_that_is_always_much_longer_tells_users_apart() {
        let took = |millis: &[u64]| answers(&[&[]], millis);
        assert!(told(&took(&[110, 120, 130]), &took(&[2, 3, 20])).is_some_and(|words| words.contains("120 ms")));
        assert!(told(&took(&[2, 3, 20]), &took(&[110, 120, 130])).is_some());
        for (existing, unknown) in [
            ([110, 120, 60], [2, 3, 20]),
            ([110, 120, 130], [2, 3, 30]),
            ([10, 12, 13], [1, 1, 2]),
            ([500, 500, 500], [400, 400, 400]),
        ] {
            assert_eq!(told(&took(&existing), &took(&unknown)), None, "{existing:?} {unknown:?}");
        }
    }

    #[test]
    fn an_unknown_id_has_the_form_of_a_known_one() {
        let seed: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7 + 3).expect("small"));
        for id in ["163840776835432705", "2f1c9f0e-5a41-4d3e-9d1b-0c6a6c7f2a11", "usr_Ab3dE9", "7"] {
            let other = alike(id, &seed);
            assert_ne!(other, id);
            let class = |c: char| (c.is_ascii_digit(), c.is_ascii_lowercase(), c.is_ascii_uppercase());
            if id.len() > 1 {
                assert_eq!(
                    other.chars().map(class).collect::<Vec<_>>(),
                    id.chars().map(class).collect::<Vec<_>>(),
                    "{other}"
                );
            }
        }
        let uuid = alike("2f1c9f0e-5a41-4d3e-9d1b-0c6a6c7f2a11", &seed);
        assert!(
            uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && &uuid[14..15] == "4" && &uuid[19..20] == "9"
        );
    }
}
