//! Makes the callers of a run and its subjects, and waits for a server that does not know of them yet.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;

use super::calls::late;
use super::random::password;
use super::server::{NO_RIGHTS, PAUSE, READ_ONLY, SUBJECT, Zitadel};
use crate::provisioner::account::{Account, Progress, Provided, ProvidedSubject, Tell};
use crate::provisioner::error::ProvisionerError;
use crate::wire::secret::Secret;

/// The role of the caller that may only read.
const READ_ONLY_ROLE: &str = "ORG_OWNER_VIEWER";
/// The description of the callers that are refused.
const FOR_DENIALS: &str = "made by proofmark for the 403 cases";
/// The subjects that are made first and alone. They show how far the server lags behind; if none of them can be made, no other can.
const FIRST: usize = 2;
/// Subjects under way for each call that may go: most of them wait for a server that lags behind.
const WAITING: usize = 4;
/// If this many in a row can't be made, no other can.
const IN_A_ROW: usize = 8;

/// The kinds of data to wait for, each with a lag of its own.
const NAMES: &str = "names";
const USERS: &str = "users";
const TOKENS: &str = "tokens";
pub(super) const FACTORS: &str = "factors";

/// Subjects as they are made.
#[derive(Default)]
struct Making {
    had: Vec<(usize, ProvidedSubject)>,
    left_out: usize,
    in_a_row: usize,
    /// Why the first was left out.
    why: Option<ProvisionerError>,
}

impl Making {
    /// Notes the result of one; an error if it makes no sense to continue.
    fn note(
        &mut self,
        number: usize,
        made: Result<ProvidedSubject, ProvisionerError>,
        count: usize,
    ) -> Result<(), ProvisionerError> {
        let why = match made {
            Ok(subject) => {
                self.had.push((number, subject));
                self.in_a_row = 0;
                return Ok(());
            }
            Err(why) => why,
        };
        (self.left_out, self.in_a_row) = (self.left_out + 1, self.in_a_row + 1);
        let is_first = self.had.is_empty() && self.left_out >= count.min(FIRST);
        let is_too_few = count - self.left_out < count.div_ceil(2).max(2);
        if !why.is_of_one || is_first || is_too_few || self.in_a_row >= IN_A_ROW {
            return Err(self.why.take().filter(|_| why.is_of_one).unwrap_or(why));
        }
        self.why.get_or_insert(why);
        Ok(())
    }
}

impl Zitadel {
    /// The callers first: missing rights show there, before a password was hashed.
    pub(super) async fn make(&self, count: usize, tell: Tell<'_>) -> Result<Provided, ProvisionerError> {
        tell(Progress::Making(0, count));
        let no_rights = self.machine(NO_RIGHTS, None).await?;
        let read_only = self.machine(READ_ONLY, Some(READ_ONLY_ROLE)).await?;
        let mut making = Making::default();
        let first = count.min(FIRST);
        self.make_some(1..=first, count, &mut making, tell).await?;
        self.make_some(first + 1..=count, count, &mut making, tell).await?;
        let Making { mut had, left_out, why, .. } = making;
        if let Some(why) = why {
            tell(Progress::LeftOut(left_out, count, why.answer));
        }
        had.sort_by_key(|(number, _)| *number);
        let subjects = had.into_iter().map(|(_, subject)| subject).collect();
        Ok(Provided { subjects, no_rights: Some(no_rights), read_only: Some(read_only) })
    }

    /// Makes the subjects with these numbers. If one fails in a way that concerns all, the others end before that is
    /// reported: the accounts that they made are noted, and can be removed.
    async fn make_some(
        &self,
        numbers: std::ops::RangeInclusive<usize>,
        count: usize,
        making: &mut Making,
        tell: Tell<'_>,
    ) -> Result<(), ProvisionerError> {
        let numbered = |number| async move { (number, self.subject(number).await) };
        let mut subjects = stream::iter(numbers)
            .take_while(|_| std::future::ready(!self.client.patience.is_over()))
            .map(numbered)
            .buffer_unordered(self.concurrency * WAITING);
        let mut outcome = Ok(());
        while let Some((number, made)) = subjects.next().await {
            if outcome.is_err() {
                continue;
            }
            outcome = making.note(number, made, count);
            match &outcome {
                Ok(()) => tell(Progress::Making(making.had.len(), count)),
                Err(_) => self.client.patience.end(),
            }
        }
        outcome
    }

    async fn machine(&self, name: &str, role: Option<&str>) -> Result<Secret, ProvisionerError> {
        let name = format!("{}-{name}", self.prefix);
        let (user_id, _) = self.created_or_found(&name, || self.create_machine(&name, FOR_DENIALS), None).await?;
        if let Some(role) = role {
            self.make_member(&user_id, role).await?;
        }
        let token = self.create_token(&user_id).await?;
        self.known(&format!("make the user {name}"), "the token", &token).await?;
        Ok(token)
    }

    async fn subject(&self, number: usize) -> Result<ProvidedSubject, ProvisionerError> {
        let name = format!("{}-{SUBJECT}{number:04}", self.prefix);
        let password = password()?;
        let create = || self.create_human(&name, &password);
        let (user_id, is_reused) = self.created_or_found(&name, create, Some(&password)).await?;
        let token = self.session(&format!("make the user {name}"), &user_id, &password).await?;
        let subject = ProvidedSubject { user_id, token };
        if is_reused {
            // The server has known the factors of an earlier run for long.
            self.without_u2f(&subject, Duration::ZERO).await?;
        }
        Ok(subject)
    }

    /// The token of a new session, once the server knows the user and then the token.
    pub(super) async fn session(
        &self,
        doing: &str,
        user_id: &str,
        password: &Secret,
    ) -> Result<Secret, ProvisionerError> {
        let session = || self.create_session(user_id, password);
        let token = self.client.patience.until(USERS, &self.client.pace, session).await?;
        let token = token.map_err(|missed| {
            let user = format!("user {user_id} could not be found");
            late(doing.to_owned(), &user, "it was created", &missed)
        })?;
        self.known(doing, "the token of its session", &token).await?;
        Ok(token)
    }

    /// Waits until a token is known.
    async fn known(&self, doing: &str, what: &str, token: &Secret) -> Result<(), ProvisionerError> {
        let known = self.client.patience.until(TOKENS, &self.client.pace, || self.is_known(token)).await?;
        known.map_err(|missed| late(doing.to_owned(), &format!("{what} was not known"), "it was made", &missed))
    }

    /// Removes the factors that lock a session, until it is valid. If there was no factor, that is believed only after this time: a list
    /// that does not have the factor yet, and a session that is not locked yet, look as if everything were right.
    pub(super) async fn without_u2f(
        &self,
        subject: &ProvidedSubject,
        settles: Duration,
    ) -> Result<(), ProvisionerError> {
        let (begun, removed) = (Instant::now(), AtomicUsize::new(0));
        let removed = &removed;
        let look = || async move {
            loop {
                let more = self.remove_u2f(&subject.user_id).await?;
                let removed = removed.fetch_add(more, Ordering::SeqCst) + more;
                let good = self.is_good(&subject.token).await?;
                if good.is_err() || removed > 0 || begun.elapsed() >= settles {
                    return Ok(good);
                }
                self.client.patience.sleep(PAUSE).await;
            }
        };
        let good = self.client.patience.until(FACTORS, &self.client.pace, look).await?;
        good.map_err(|missed| {
            let doing = format!("make the session of user {} valid again", subject.user_id);
            let what = format!("it was refused, although {} factors were removed,", removed.load(Ordering::SeqCst));
            late(doing, &what, "the enrolment", &missed)
        })
    }

    /// Makes an account; if there is one of that name, takes it, and sets its password. The server's list lags behind: an
    /// account that was just made may not be in it yet, and one that was just removed may still be. Gives its id, and whether it
    /// was there before.
    async fn created_or_found<F>(
        &self,
        name: &str,
        create: impl Fn() -> F + Send + Sync,
        password: Option<&Secret>,
    ) -> Result<(String, bool), ProvisionerError>
    where
        F: Future<Output = Result<Option<String>, ProvisionerError>> + Send,
    {
        let create = &create;
        let look = || async move {
            if let Some(user_id) = create().await? {
                self.note(name, &user_id);
                return Ok(Ok((user_id, false)));
            }
            let found = self.search(name, "TEXT_QUERY_METHOD_EQUALS").await?;
            for Account { user_id, .. } in found.into_iter().filter(|account| account.name == name) {
                // Nobody knows the password of an earlier run.
                let is_there = match password {
                    Some(password) => self.set_password(&user_id, password).await?,
                    None => true,
                };
                if is_there {
                    self.note(name, &user_id);
                    return Ok(Ok((user_id, true)));
                }
            }
            Ok(Err("the name is taken, and the administrator can't see the user that has it".to_owned()))
        };
        let taken = self.client.patience.until(NAMES, &self.client.pace, look).await?;
        taken.map_err(|missed| {
            let doing = format!("make the user {name}");
            let answer = format!("for {} s {}", missed.waited.as_secs_f64(), missed.answer);
            let fix = "write another prefix under accounts.provisioner";
            ProvisionerError { is_of_one: true, ..ProvisionerError::new(doing, answer, fix) }
        })
    }

    fn note(&self, name: &str, user_id: &str) {
        self.made().push(Account { name: name.to_owned(), user_id: user_id.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(number: usize) -> ProvidedSubject {
        ProvidedSubject { user_id: number.to_string(), token: Secret::new("a-token-of-a-subject") }
    }

    fn missed(answer: &str, is_of_one: bool) -> Result<ProvidedSubject, ProvisionerError> {
        Err(ProvisionerError { is_of_one, ..ProvisionerError::new("make", answer, "wait") })
    }

    #[test]
    fn a_few_that_cannot_be_had_are_left_out() {
        let mut making = Making::default();
        for number in 1..=10 {
            let made = if number % 2 == 0 { missed(&format!("no {number}"), true) } else { Ok(subject(number)) };
            making.note(number, made, 10).expect("half of them suffice");
        }
        assert_eq!((making.had.len(), making.left_out), (5, 5));
        assert_eq!(making.why.as_ref().expect("one").answer, "no 2");
        assert_eq!(making.note(11, missed("no 11", true), 10).expect_err("too few").answer, "no 2");
    }

    #[test]
    fn what_concerns_all_ends_it() {
        let mut making = Making::default();
        making.note(1, Ok(subject(1)), 100).expect("one");
        making.note(2, missed("late", true), 100).expect("one of many");
        assert_eq!(making.note(3, missed("HTTP 401", false), 100).expect_err("of all").answer, "HTTP 401");
        let mut first = Making::default();
        first.note(1, missed("late 1", true), 100).expect("the other may do");
        assert_eq!(first.note(2, missed("late 2", true), 100).expect_err("none of the first").answer, "late 1");
        let mut row = Making::default();
        row.note(1, Ok(subject(1)), 100).expect("one");
        let noted: Vec<bool> = (2..10).map(|number| row.note(number, missed("gone", true), 100).is_ok()).collect();
        assert_eq!(noted.iter().filter(|noted| !**noted).count(), 1);
        assert!(!noted[7], "the eighth in a row");
        let mut two = Making::default();
        assert!(two.note(1, missed("late", true), 2).is_err(), "two are the least");
    }
}
