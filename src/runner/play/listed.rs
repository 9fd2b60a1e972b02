//! Compares what a list shows with what was sent.

use serde_json::Value;

use crate::contract::dialect::ListEntry;
use crate::contract::{Flow, Operation, What};
use crate::outcome::Reason;
use crate::wire::marks;

/// The clause of names.
pub(crate) const NAME: &str = "api/stored/name";
/// The clause of ids.
pub(crate) const ID: &str = "api/stored/id";
/// The clause of kinds.
pub(crate) const KIND: &str = "api/stored/kind";
/// The clause of what is there, and what is not.
pub(crate) const LISTED: &str = "api/stored/listed";
/// The clause of states.
pub(crate) const STATE: &str = "api/stored/state";
/// The clause of a list's own count.
pub(crate) const COUNT: &str = "api/stored/count";
/// The clause of lists that show one user's factors.
pub(crate) const ONE_USER: &str = "api/stored/one-user";

/// A list with more entries may be one page of a longer list, and count the whole list.
const ONE_PAGE: usize = 10;

pub(crate) const READY: &str = "AUTH_FACTOR_STATE_READY";
const NOT_READY: &str = "AUTH_FACTOR_STATE_NOT_READY";
const REMOVED: &str = "AUTH_FACTOR_STATE_REMOVED";

/// The result of a registration of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    Enrolled,
    Removed,
    Refused,
}

/// A factor as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct SentFactor {
    pub(crate) user_id: String,
    pub(crate) is_u2f: bool,
    /// `None` in v1, until a list has shown it.
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    /// Other forms in which the name may be stored.
    pub(crate) or: Vec<String>,
    /// Whether the name is unique among the factors.
    pub(crate) is_own_name: bool,
    pub(crate) became: Became,
}

impl SentFactor {
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.name == name || self.or.iter().any(|form| form == name)
    }
}

/// A factor as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: String,
}

/// A list as it was answered.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) entries: Vec<Entry>,
    /// The number of results that it states, and the number that it has.
    pub(crate) counts: Option<(u64, usize)>,
}

/// What is wrong with a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) clause: &'static str,
    pub(crate) reason: Reason,
    pub(crate) expected: &'static str,
    pub(crate) received: String,
    /// Whether it may be gone in a moment.
    pub(crate) may_pass: bool,
    /// Whether it has to show again in one more look.
    pub(crate) is_in_doubt: bool,
}

impl Problem {
    /// A problem that a lag does not explain.
    pub(crate) fn stays(clause: &'static str, expected: &'static str, received: impl Into<String>) -> Problem {
        Problem {
            clause,
            reason: Reason::StateChanged,
            expected,
            received: received.into(),
            may_pass: false,
            is_in_doubt: false,
        }
    }

    /// A problem that a lag may explain, or that breaks no documented promise.
    fn passes(clause: &'static str, expected: &'static str, received: impl Into<String>) -> Problem {
        Problem { reason: Reason::DocVsServer, may_pass: true, ..Problem::stays(clause, expected, received) }
    }
}

/// Whose list was asked for, and of which kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) is_u2f: bool,
    /// Ids that were there before the case, or that this run knows from other cases.
    pub(crate) before: &'a [String],
}

/// The entries of the flow's kind in a list's answer.
pub(crate) fn read(flow: Flow, body: &Value) -> Listed {
    let list = flow.endpoint(Operation::List);
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let entry = |entry: ListEntry<'_>| Entry { id: text(entry.id), name: text(entry.name), state: text(entry.state) };
    let has = list.and_then(|list| list.answered(What::Entries, body)?.as_array()).map_or(0, Vec::len);
    let total = body.pointer("/details/totalResult");
    let total = total.and_then(|total| total.as_u64().or_else(|| total.as_str()?.parse().ok()));
    let entries = list.into_iter().flat_map(|list| list.entries(body)).map(entry).collect();
    Listed { entries, counts: total.map(|total| (total, has)) }
}

/// What is wrong with a list, given what was sent.
pub(crate) fn compare(asked: &Asked<'_>, kept: &[SentFactor], listed: &Listed) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for (at, factor) in kept.iter().enumerate() {
        let is_asked = factor.user_id == asked.user_id;
        let problem = match (factor.became, is_asked, factor.is_u2f == asked.is_u2f) {
            (Became::Enrolled, true, true) => enrolled(asked, kept, at, listed),
            // It may have been taken under the same name before, or later.
            (Became::Refused | Became::Removed, ..) if is_enrolled_too(factor, kept) => None,
            (_, false, _) => shown(factor, listed, ONE_USER, "a list of one user's factors"),
            (_, true, false) => shown(factor, listed, KIND, "a list of factors of one kind"),
            (Became::Removed, ..) => {
                let gone = "a removed factor is not listed";
                shown(factor, listed, ID, gone).map(|problem| Problem::passes(problem.clause, gone, "it is listed"))
            }
            (Became::Refused, ..) => shown(factor, listed, LISTED, "a refused registration is not listed as ready"),
        };
        problems.extend(problem);
    }
    if let Some((said, has)) = listed.counts.filter(|(said, has)| *has < ONE_PAGE && u64::try_from(*has) != Ok(*said)) {
        let received = format!("it states {said} results, and has {has}");
        problems.push(Problem {
            may_pass: false,
            ..Problem::passes(COUNT, "a list with as many results as it states", received)
        });
    }
    problems
}

/// Whether there is a factor with the same name.
fn is_enrolled_too(factor: &SentFactor, kept: &[SentFactor]) -> bool {
    kept.iter().any(|other| other.became == Became::Enrolled && other.has_name(&factor.name))
}

/// The problem if a factor that should not be in a list is there, as ready. An id that can be guessed may also be another factor's.
fn shown(factor: &SentFactor, listed: &Listed, clause: &'static str, expected: &'static str) -> Option<Problem> {
    let is_it = |entry: &&Entry| {
        let by_name = factor.is_own_name && factor.has_name(&entry.name);
        let by_id = factor.id.as_ref() == Some(&entry.id) && marks::is_recognisable(entry.id.as_bytes());
        (by_name || by_id) && ![REMOVED, NOT_READY].contains(&entry.state.as_str())
    };
    let entry = listed.entries.iter().find(is_it)?;
    Some(Problem::stays(clause, expected, format!("the list has the factor named {}", brief(&entry.name))))
}

/// What is wrong with an enrolled factor in the list of its user and kind.
fn enrolled(asked: &Asked<'_>, kept: &[SentFactor], at: usize, listed: &Listed) -> Option<Problem> {
    let factor = kept.get(at)?;
    let there = || listed.entries.iter().filter(|entry| entry.state != REMOVED);
    let by_id: Vec<&Entry> = there().filter(|entry| factor.id.as_ref() == Some(&entry.id)).collect();
    let by_name: Vec<&Entry> = there().filter(|entry| factor.has_name(&entry.name)).collect();
    let found = by_id.first().or_else(|| by_name.first().filter(|_| factor.id.is_none()));
    let Some(entry) = found else {
        return Some(absent(asked, kept, at, listed, factor.is_own_name && !by_name.is_empty()));
    };
    let of_name = kept.iter().filter(|other| is_same(other, factor)).count();
    if factor.id.is_none() && by_name.len() < of_name {
        let received = format!("{} of the {of_name} factors with the name {}", by_name.len(), brief(&factor.name));
        return Some(Problem::passes(LISTED, "every factor with the same name is listed", received));
    }
    // If ids are known, a name that occurs twice is a wrong name of the other factor.
    if by_id.len() > 1 || (by_id.is_empty() && factor.is_own_name && by_name.len() > 1) {
        return Some(Problem::stays(LISTED, "an enrolled factor is listed once", "it is listed twice"));
    }
    let expected = "the list shows the name that the verify gave";
    match (factor.has_name(&entry.name), entry.state.as_str()) {
        (true, NOT_READY) => Some(Problem::passes(STATE, "a verified factor is listed as ready", "it is not ready")),
        (true, _) => None,
        (false, _) if entry.name.is_empty() => Some(Problem::passes(NAME, expected, "it shows no name")),
        (false, _) => Some(Problem::stays(NAME, expected, differs(&factor.name, &entry.name))),
    }
}

/// Whether another is a factor of the same user and kind with the same name.
fn is_same(other: &SentFactor, factor: &SentFactor) -> bool {
    let is_there = other.became == Became::Enrolled && other.user_id == factor.user_id;
    is_there && other.is_u2f == factor.is_u2f && other.name == factor.name
}

/// The problem if a factor is not found in its list.
fn absent(asked: &Asked<'_>, kept: &[SentFactor], at: usize, listed: &Listed, is_named: bool) -> Problem {
    let factor = &kept[at];
    if is_named {
        return Problem::stays(
            ID,
            "the list shows the id that the start answered",
            "the list shows its name with another id",
        );
    }
    let is_new = |entry: &&Entry| {
        let is_known = kept.iter().any(|kept| kept.id.as_ref() == Some(&entry.id) || kept.has_name(&entry.name));
        let is_waiting = [REMOVED, NOT_READY].contains(&entry.state.as_str()) || entry.name.is_empty();
        !is_known && !asked.before.contains(&entry.id) && !is_waiting
    };
    let mut new = listed.entries.iter().filter(is_new);
    if let (Some(only), None) = (new.next(), new.next())
        && factor.id.is_none()
    {
        let expected = "the list shows the name that the verify gave";
        // It may be another factor, which the list did not have before because of a lag.
        return Problem { is_in_doubt: true, ..Problem::stays(NAME, expected, differs(&factor.name, &only.name)) };
    }
    let later = kept.iter().skip(at + 1).filter(|later| {
        later.user_id == factor.user_id && later.is_u2f == factor.is_u2f && later.became == Became::Enrolled
    });
    let is_behind = !later
        .into_iter()
        .any(|later| later.is_own_name && listed.entries.iter().any(|entry| later.has_name(&entry.name)));
    let expected = "an enrolled factor is in the list of its kind";
    match is_behind {
        true => Problem::passes(LISTED, expected, "it is not in the list"),
        false => Problem::stays(LISTED, expected, "it is not in the list, but a factor that was enrolled later is"),
    }
}

/// Two names, cut to the part in which they differ.
fn differs(sent: &str, shown: &str) -> String {
    let (long, short) = (sent.chars().count(), shown.chars().count());
    let same = sent.chars().zip(shown.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(4);
    let part = |text: &str| brief(&text.chars().skip(from).collect::<String>());
    let place = if from == 0 { String::new() } else { format!(", from character {from} on") };
    format!("sent {} ({long} characters), shown {} ({short} characters){place}", part(sent), part(shown))
}

/// Escaped, and cut, so that a hostile target can't flood a report.
fn brief(text: &str) -> String {
    const MOST: usize = 60;
    let cut = if text.chars().nth(MOST).is_some() { "..." } else { "" };
    let escaped: String = text
        .chars()
        .take(MOST)
        .flat_map(|c| {
            let plain = c.is_ascii_graphic() || c == ' ';
            if plain { vec![c] } else { c.escape_unicode().collect() }
        })
        .collect();
    format!("\"{escaped}{cut}\"")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ASKED: Asked<'_> = Asked { user_id: "one", is_u2f: false, before: &[] };

    fn kept(id: Option<&str>, name: &str) -> SentFactor {
        SentFactor {
            user_id: "one".to_owned(),
            is_u2f: false,
            id: id.map(str::to_owned),
            name: name.to_owned(),
            or: Vec::new(),
            is_own_name: true,
            became: Became::Enrolled,
        }
    }

    fn listed(entries: &[(&str, &str, &str)]) -> Listed {
        let entry = |(id, name, state): &(&str, &str, &str)| Entry {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            state: (*state).to_owned(),
        };
        Listed { entries: entries.iter().map(entry).collect(), counts: None }
    }

    /// Clause, reason, and whether it may pass.
    fn found(kept: &[SentFactor], list: &Listed) -> Vec<(&'static str, Reason, bool)> {
        let problems = compare(&ASKED, kept, list);
        problems.into_iter().map(|problem| (problem.clause, problem.reason, problem.may_pass)).collect()
    }

    const A: &str = "319283746573829101";
    const B: &str = "319283746573829102";

    #[test]
    fn what_was_sent_and_is_shown_is_good() {
        let two = listed(&[(A, "key-a", READY), (B, "key-b", READY), ("9", "an old one", NOT_READY)]);
        assert_eq!(found(&[kept(Some(A), "key-a"), kept(Some(B), "key-b")], &two), []);
        assert_eq!(found(&[kept(None, "key-a")], &two), [], "v1 says no id");
        assert_eq!(found(&[], &listed(&[])), []);
        let trimmed = SentFactor { or: vec!["key-a".to_owned()], ..kept(Some(A), " key-a ") };
        assert_eq!(found(&[trimmed], &two), []);
        let removed = SentFactor { became: Became::Removed, ..kept(Some(A), "key-a") };
        assert_eq!(found(&[removed], &listed(&[(A, "key-a", REMOVED)])), []);
        let refused = SentFactor { became: Became::Refused, ..kept(None, "key-b") };
        assert_eq!(found(&[refused, kept(Some(B), "key-b")], &two), [], "it was taken later");
    }

    #[test]
    fn what_no_lag_explains_is_told_at_once() {
        let stays = |clause| (clause, Reason::StateChanged, false);
        let a = || kept(Some(A), "key-a");
        assert_eq!(found(&[a()], &listed(&[(A, "KEY-A", READY)])), [stays(NAME)]);
        assert_eq!(found(&[a()], &listed(&[(B, "key-a", READY)])), [stays(ID)]);
        assert_eq!(found(&[a()], &listed(&[(A, "key-a", READY), (A, "key-a", READY)])), [stays(LISTED)]);
        assert_eq!(found(&[kept(None, "key-a")], &listed(&[("5", "key-", READY)])), [stays(NAME)]);
        let swapped = listed(&[(A, "key-b", READY), (B, "key-a", READY)]);
        assert_eq!(found(&[a(), kept(Some(B), "key-b")], &swapped), [stays(NAME), stays(NAME)]);
        assert_eq!(found(&[a(), kept(Some(B), "key-b")], &listed(&[(B, "key-b", READY)])), [stays(LISTED)]);
        let there = listed(&[(A, "key-a", READY)]);
        assert_eq!(found(&[SentFactor { is_u2f: true, ..a() }], &there), [stays(KIND)]);
        assert_eq!(found(&[SentFactor { user_id: "two".to_owned(), ..a() }], &there), [stays(ONE_USER)]);
        assert_eq!(found(&[SentFactor { became: Became::Refused, ..a() }], &there), [stays(LISTED)]);
        let guessable = SentFactor { user_id: "two".to_owned(), is_own_name: false, ..kept(Some("1"), "n") };
        assert_eq!(found(&[guessable], &listed(&[("1", "n", READY)])), [], "each user may have a first factor");
    }

    #[test]
    fn what_a_lag_explains_may_pass_and_is_never_a_fail() {
        let passes = |clause| (clause, Reason::DocVsServer, true);
        let a = || kept(Some(A), "key-a");
        assert_eq!(found(&[a()], &listed(&[])), [passes(LISTED)]);
        assert_eq!(found(&[kept(None, "key-a")], &listed(&[("5", "", NOT_READY)])), [passes(LISTED)]);
        assert_eq!(found(&[a()], &listed(&[(A, "", NOT_READY)])), [passes(NAME)]);
        assert_eq!(found(&[a()], &listed(&[(A, "key-a", NOT_READY)])), [passes(STATE)]);
        let removed = SentFactor { became: Became::Removed, ..a() };
        assert_eq!(found(&[removed], &listed(&[(A, "key-a", READY)])), [passes(ID)]);
        let before = Asked { before: &["5".to_owned()], ..ASKED };
        let old = compare(&before, &[kept(None, "key-a")], &listed(&[("5", "of an earlier run", READY)]));
        assert_eq!((old.len(), old[0].clause, old[0].may_pass), (1, LISTED, true));
    }

    #[test]
    fn lists_of_each_flow_are_read_and_counted() {
        let v1 = json!({ "result": [
            { "state": NOT_READY, "otp": {} },
            { "state": READY, "u2f": { "id": "1", "name": "key-a" } },
        ] });
        assert_eq!(read(Flow::V1_U2F, &v1).entries, listed(&[("1", "key-a", READY)]).entries);
        let v2 = |total: Value| json!({ "details": { "totalResult": total }, "result": [{ "id": "1", "name": "x", "state": READY }] });
        for (total, expected) in [(json!("1"), 0), (json!(1), 0), (json!("0"), 1), (json!("4000"), 1)] {
            let list = read(Flow::V2_PASSKEY, &v2(total));
            assert_eq!(list.entries, listed(&[("1", "x", READY)]).entries);
            assert_eq!(found(&[], &list).len(), expected);
        }
        let many = Listed { counts: Some((4000, ONE_PAGE)), ..Listed::default() };
        assert_eq!(found(&[], &many), [], "a page of a longer list");
        assert_eq!(read(Flow::V2_PASSKEY, &json!({})).entries, []);
    }

    #[test]
    fn two_names_are_told_apart_in_a_line() {
        let long = "n".repeat(200);
        let words = differs(&long, &long[..64]);
        assert!(
            words.contains("sent \"nnnn") && words.contains("(200 characters)") && words.contains("(64 characters)")
        );
        assert_eq!(differs("a\u{202e}b", "ab"), "sent \"a\\u{202e}b\" (3 characters), shown \"ab\" (2 characters)");
        assert!(differs(&long, &"\u{0}".repeat(10_000)).len() < 700);
    }
}
