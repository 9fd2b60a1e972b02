//! The handles and ids of users and registrations over the whole run: one user has one handle, which no other user has, and a new
//! registration never has the id of an existing factor.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::challenges::hex;
use crate::outcome::{CaseRecord, Finding, Profile, Reason, Shard};

/// The clause of user handles.
pub(crate) const USER_HANDLE: &str = "webauthn/5.4.3/user-handle";

/// The clause of ids of registrations.
pub(crate) const FACTOR_ID: &str = "api/identifiers/factor-id";
/// The clause of what belongs to other users.
const OTHER_USER: &str = "api/no-leak/other-user";
/// Names of one user that are remembered.
const MOST_NAMES: usize = 8;

/// Every handle and id that was seen.
#[derive(Debug, Default)]
pub(crate) struct Identifiers(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The first handle of a user at an RP ID, and where it was seen.
    handles: HashMap<(String, String), (Vec<u8>, &'static str)>,
    /// The first user that had a handle at an RP ID.
    owners: HashMap<(Vec<u8>, String), String>,
    /// Users with several handles, and an example.
    several: (BTreeSet<String>, Option<String>),
    /// Users with the handle of another, and an example.
    shared: (BTreeSet<String>, Option<String>),
    /// The names of a user in options: member and text.
    names: HashMap<String, HashSet<(&'static str, String)>>,
    /// The enrolled factors: user, whether it is a U2F factor, and id.
    enrolled: HashSet<(String, bool, String)>,
    /// How often the id of an enrolled factor came again, and an example.
    again: (usize, Option<String>),
}

impl Identifiers {
    /// Notes the handle that a user was given at an RP ID, in an answer of a flow.
    pub(crate) fn handle(&self, user: &str, rp_id: &str, flow: &'static str, handle: &[u8]) {
        let mut seen = self.seen();
        let place = (user.to_owned(), rp_id.to_owned());
        match seen.handles.get(&place).cloned() {
            None => {
                seen.handles.insert(place, (handle.to_vec(), flow));
            }
            Some((first, before)) if first != handle => {
                let words = || format!("user {user} has {} in {before} and {} in {flow}", hex(&first), hex(handle));
                let (users, example) = &mut seen.several;
                users.insert(user.to_owned());
                example.get_or_insert_with(words);
            }
            Some(_) => {}
        }
        let owner = seen.owners.entry((handle.to_vec(), rp_id.to_owned())).or_insert_with(|| user.to_owned()).clone();
        if owner != user {
            let (users, example) = &mut seen.shared;
            users.insert(user.to_owned());
            example.get_or_insert_with(|| format!("users {owner} and {user} have {}", hex(handle)));
        }
    }

    /// Notes the names that options have for a user.
    pub(crate) fn named(&self, user: &str, names: [(&'static str, &str); 2]) {
        let mut seen = self.seen();
        let known = seen.names.entry(user.to_owned()).or_default();
        for (member, name) in names.into_iter().filter(|(_, name)| !name.is_empty()) {
            // More names would not show more.
            if known.len() < MOST_NAMES {
                known.insert((member, name.to_owned()));
            }
        }
    }

    /// Notes the id of a registration that was started.
    pub(crate) fn started(&self, user: &str, is_u2f: bool, id: &str) {
        let mut seen = self.seen();
        if seen.enrolled.contains(&(user.to_owned(), is_u2f, id.to_owned())) {
            let (count, example) = &mut seen.again;
            *count += 1;
            example.get_or_insert_with(|| format!("user {user} has a factor {id}, and a start gave that id again"));
        }
    }

    /// Notes the id of a factor that was enrolled.
    pub(crate) fn enrolled(&self, user: &str, is_u2f: bool, id: &str) {
        self.seen().enrolled.insert((user.to_owned(), is_u2f, id.to_owned()));
    }

    /// Notes that a factor was removed.
    pub(crate) fn removed(&self, user: &str, is_u2f: bool, id: &str) {
        self.seen().enrolled.remove(&(user.to_owned(), is_u2f, id.to_owned()));
    }

    /// What is wrong with them together, each in its own record.
    pub(crate) fn judged(&self, shard: Option<Shard>, profile: Profile) -> Vec<CaseRecord> {
        let seen = self.seen();
        let users = seen.handles.keys().map(|(user, _)| user).collect::<HashSet<_>>().len();
        let mut handles = Vec::new();
        let mut say = |(wrong, example): &(BTreeSet<String>, Option<String>), expected: &str, what: &str| {
            let Some(example) = example else { return };
            let received = format!("{} of {users} users {what}; for example {example}", wrong.len());
            handles.push(Finding::new("user-handles-together", USER_HANDLE, Reason::ShouldUnmet, expected, received));
        };
        say(&seen.several, "one user handle for each user, on every flow and at any time", "have several handles");
        say(&seen.shared, "a different user handle for each user", "have the handle of another user");
        let factors = seen.again.1.as_ref().map(|example| {
            let received =
                format!("{} new registrations have the id of an existing factor; for example {example}", seen.again.0);
            let expected = "a registration id that is not the id of an existing factor of the user";
            Finding::new("factor-ids-together", FACTOR_ID, Reason::WrongShape, expected, received)
        });
        let accounts = seen.mixed_up().map(|(count, example)| {
            let received = format!("{count} users sometimes have the name of another user; for example {example}");
            let expected = "options that do not name another user";
            Finding::new("accounts-together", OTHER_USER, Reason::Leak, expected, received)
        });
        let titled = [
            ("user-handles", "the user handles of the run, looked at together", handles),
            (
                "accounts",
                "the names of users in the options of the run, looked at together",
                accounts.into_iter().collect(),
            ),
            ("factor-ids", "the ids of registrations of the run, looked at together", factors.into_iter().collect()),
        ];
        let found = titled.into_iter().filter(|(.., findings)| !findings.is_empty());
        found.map(|(name, title, findings)| record(name, title, findings, shard, profile)).collect()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// How many users have several names, one of which another user has too, and an example.
    fn mixed_up(&self) -> Option<(usize, String)> {
        let mut users_of: HashMap<&(&str, String), BTreeSet<&str>> = HashMap::new();
        for (user, names) in &self.names {
            for name in names {
                users_of.entry(name).or_default().insert(user);
            }
        }
        let mut found: BTreeMap<&str, &str> = BTreeMap::new();
        for (user, names) in &self.names {
            let has_several = |member: &str| names.iter().filter(|(of, _)| *of == member).count() > 1;
            let is_shared = |name: &&(&'static str, String)| users_of.get(*name).is_some_and(|users| users.len() > 1);
            let mixed = names.iter().filter(is_shared).find(|(member, _)| has_several(member));
            found.extend(mixed.map(|(member, _)| (user.as_str(), *member)));
        }
        let (user, member) = found.first_key_value()?;
        Some((found.len(), format!("user {user}, whose {member} is not always the same")))
    }
}

fn record(name: &str, title: &str, findings: Vec<Finding>, shard: Option<Shard>, profile: Profile) -> CaseRecord {
    let id = shard.map_or_else(|| name.to_owned(), |shard| format!("{name}/shard-{}", shard.index));
    let mut record = CaseRecord::empty(&format!("all/all/{id}"), name);
    record.title = title.to_owned();
    record.flow = "all".to_owned();
    record.clauses = findings.first().map(|finding| finding.clause.clone()).into_iter().collect();
    record.findings = findings;
    record.decide(profile);
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Verdict;

    fn judged(seen: &Identifiers) -> Vec<CaseRecord> {
        seen.judged(None, Profile::default())
    }

    #[test]
    fn one_handle_for_a_user_and_one_user_for_a_handle_is_good() {
        let seen = Identifiers::default();
        for flow in ["v1/u2f", "v2/passkey"] {
            seen.handle("1", "login.example", flow, b"a");
            seen.handle("2", "login.example", flow, b"b");
        }
        seen.handle("1", "www.login.example", "v2/u2f", b"c");
        assert_eq!(judged(&seen), []);
    }

    #[test]
    fn several_handles_and_shared_ones_are_deviations_with_an_example() {
        let seen = Identifiers::default();
        seen.handle("1", "login.example", "v1/u2f", b"a");
        seen.handle("1", "login.example", "v2/u2f", b"b");
        seen.handle("2", "login.example", "v2/u2f", b"a");
        let records = judged(&seen);
        let [record] = &records[..] else { panic!("one record: {records:?}") };
        assert_eq!((record.id.as_str(), record.verdict), ("all/all/user-handles", Verdict::Deviation));
        let received: Vec<&str> = record.findings.iter().map(|finding| finding.received.as_str()).collect();
        assert_eq!(
            received,
            [
                "1 of 2 users have several handles; for example user 1 has 61 in v1/u2f and 62 in v2/u2f",
                "1 of 2 users have the handle of another user; for example users 1 and 2 have 61",
            ]
        );
    }

    #[test]
    fn a_user_who_is_called_as_another_now_and_then_is_told() {
        let seen = Identifiers::default();
        for (user, name) in [("1", "a"), ("2", "b"), ("3", "a"), ("1", "a")] {
            seen.named(user, [("name", name), ("displayName", "Somebody")]);
        }
        // Two users may have one name, and a user a new one.
        seen.named("2", [("name", "c"), ("displayName", "")]);
        assert!(judged(&seen).is_empty());
        seen.named("1", [("name", "b"), ("displayName", "Somebody")]);
        let records = judged(&seen);
        assert_eq!(records[0].id, "all/all/accounts");
        assert_eq!((records[0].verdict, records[0].findings[0].reason), (Verdict::Fail, Reason::Leak));
        let received = &records[0].findings[0].received;
        assert!(received.starts_with("2 users") && received.contains("user 1, whose name is not always"), "{received}");
    }

    #[test]
    fn an_id_comes_again_only_after_its_factor_was_removed() {
        let seen = Identifiers::default();
        seen.started("1", true, "7");
        seen.started("1", true, "7");
        seen.enrolled("1", true, "7");
        seen.started("1", false, "7");
        seen.started("2", true, "7");
        seen.removed("1", true, "7");
        seen.started("1", true, "7");
        assert_eq!(judged(&seen), [], "a start may be answered again, and kinds and users number for themselves");
        seen.enrolled("1", true, "7");
        seen.started("1", true, "7");
        let shard = seen.judged(Some(Shard { index: 2, count: 3 }), Profile::default());
        assert_eq!((shard[0].id.as_str(), shard[0].verdict), ("all/all/factor-ids/shard-2", Verdict::Fail));
    }
}
