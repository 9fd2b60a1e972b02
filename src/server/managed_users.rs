//! Users that were made over the network: names, passwords and tokens. On demand, reading calls lag behind, as eventually
//! consistent lists do: only the list, or sessions and tokens too. Writing calls see everything at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::config::Management;
use super::refusal::Refused;
use super::store::{Kind, Role, Store, User, user_id};
use crate::wire::secret::Secret;

/// The maximum number of users, so that nobody fills the memory.
const MOST_USERS: usize = 100_000;
/// Stream of the seed that the store does not use.
const STREAM: u64 = u64::MAX;

/// Everybody that was made.
#[derive(Debug)]
pub(super) struct Directory {
    pub settings: Management,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: ChaCha20Rng,
    next_index: u64,
    /// By id.
    people: HashMap<String, Person>,
    ids: HashMap<String, String>,
    tokens: HashMap<Secret, Token>,
    /// Names of removed users by id, and when they disappear from the list.
    removed: BTreeMap<String, (String, Instant)>,
}

#[derive(Debug)]
struct Person {
    user: Arc<User>,
    name: String,
    password: Option<Secret>,
    description: String,
    created: Instant,
}

#[derive(Debug)]
struct Token {
    user_id: String,
    issued: Instant,
    /// Whether it has checked one factor only, and is refused once the user has a second factor.
    is_session: bool,
}

/// Somebody in the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listed {
    pub name: String,
    pub user_id: String,
    /// Of a machine.
    pub description: Option<String>,
}

impl Directory {
    pub(super) fn new(settings: Management, seed: u64, store: &Store) -> Directory {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        random.set_stream(STREAM);
        let state = State {
            random,
            next_index: store.next_index(),
            people: HashMap::new(),
            ids: HashMap::new(),
            tokens: HashMap::new(),
            removed: BTreeMap::new(),
        };
        Directory { settings, state: Mutex::new(state) }
    }

    /// Makes a user and gives its id: with a password a human, otherwise a machine, which has no rights.
    pub(super) fn create(&self, name: &str, password: Option<Secret>) -> Result<String, Refused> {
        let mut state = self.state();
        if state.ids.contains_key(name) || state.people.len() >= MOST_USERS {
            return Err(Refused::new("MANAGE-name-taken"));
        }
        let id = user_id(state.random.next_u64(), state.next_index);
        let role = if password.is_some() { Role::Ordinary } else { Role::NoRights };
        let own = state.draw();
        let user = Arc::new(User::new(id.clone(), state.next_index, role, own));
        state.next_index += 1;
        state.ids.insert(name.to_owned(), id.clone());
        let person =
            Person { user, name: name.to_owned(), password, description: String::new(), created: Instant::now() };
        state.people.insert(id.clone(), person);
        Ok(id)
    }

    /// Removes a user with its tokens; its sessions are answered 404 from then on.
    pub(super) fn remove(&self, id: &str) -> Result<Arc<User>, Refused> {
        let mut state = self.state();
        let person = state.people.remove(id).ok_or_else(|| Refused::new("NOTFOUND-user"))?;
        state.ids.remove(&person.name);
        state.tokens.retain(|_, token| token.user_id != id || token.is_session);
        let shown_until = Instant::now() + self.settings.list_lag();
        state.removed.retain(|_, (_, until)| *until > Instant::now());
        state.removed.insert(id.to_owned(), (person.name, shown_until));
        Ok(person.user)
    }

    pub(super) fn set_password(&self, id: &str, password: Secret) -> Result<(), Refused> {
        let mut state = self.state();
        let person = state.people.get_mut(id).filter(|person| person.password.is_some());
        person.ok_or_else(|| Refused::new("NOTFOUND-user"))?.password = Some(password);
        Ok(())
    }

    /// The description of a machine.
    pub(super) fn describe(&self, id: &str, description: &str) -> Result<(), Refused> {
        let mut state = self.state();
        let machine = state.people.get_mut(id).filter(|person| person.password.is_none());
        description.clone_into(&mut machine.ok_or_else(|| Refused::new("NOTFOUND-user"))?.description);
        Ok(())
    }

    /// The token of a new session.
    pub(super) fn begin_session(&self, id: &str, password: &Secret) -> Result<Secret, Refused> {
        let mut state = self.state();
        let person = state.people.get(id).filter(|person| self.is_visible(person.created));
        let person = person.ok_or_else(|| Refused::new("NOTFOUND-user"))?;
        if person.password.as_ref() != Some(password) {
            return Err(Refused::new("MANAGE-password"));
        }
        Ok(state.issue(id, true))
    }

    /// A new token of a machine.
    pub(super) fn issue_token(&self, id: &str) -> Result<Secret, Refused> {
        let mut state = self.state();
        if state.people.get(id).is_none_or(|person| person.password.is_some()) {
            return Err(Refused::new("NOTFOUND-user"));
        }
        Ok(state.issue(id, false))
    }

    /// Gives a machine the role that may only read.
    pub(super) fn make_reader(&self, id: &str) -> Result<(), Refused> {
        let mut state = self.state();
        let person = state.people.get_mut(id).ok_or_else(|| Refused::new("NOTFOUND-user"))?;
        if person.user.role == Role::ReadOnly {
            return Err(Refused::new("MANAGE-name-taken"));
        }
        let User { id, index, token, .. } = &*person.user;
        person.user = Arc::new(User::new(id.clone(), *index, Role::ReadOnly, token.clone()));
        Ok(())
    }

    pub(super) fn user(&self, id: &str) -> Option<Arc<User>> {
        self.state().people.get(id).map(|person| Arc::clone(&person.user))
    }

    /// Whose token it is; `None` if it was not issued here.
    pub(super) fn user_of(&self, token: &str) -> Option<Result<Arc<User>, Refused>> {
        let state = self.state();
        let token = state.tokens.get(&Secret::new(token)).filter(|token| self.is_visible(token.issued))?;
        let Some(person) = state.people.get(&token.user_id) else {
            return Some(Err(Refused::new("SESSION-user-gone")));
        };
        let user = Arc::clone(&person.user);
        let is_session = token.is_session;
        drop(state);
        if is_session && !user.state().of(Kind::U2f).factors.is_empty() {
            return Some(Err(Refused::new("SESSION-mfa-required")));
        }
        Some(Ok(user))
    }

    /// Everybody, by name, as it was a while ago.
    pub(super) fn list(&self) -> Vec<Listed> {
        let state = self.state();
        let delay = self.settings.list_lag();
        let there = state.people.iter().filter(|(_, person)| person.created.elapsed() >= delay);
        let there = there.map(|(id, person)| Listed {
            name: person.name.clone(),
            user_id: id.clone(),
            description: person.password.is_none().then(|| person.description.clone()),
        });
        let gone = state.removed.iter().filter(|(_, (_, until))| *until > Instant::now());
        let gone = gone.map(|(id, (name, _))| Listed { name: name.clone(), user_id: id.clone(), description: None });
        let mut listed: Vec<Listed> = there.chain(gone).collect();
        listed.sort();
        listed
    }

    /// The user with this id, if reading calls can find it already.
    pub(super) fn visible(&self, id: &str) -> Option<Arc<User>> {
        let state = self.state();
        let person = state.people.get(id).filter(|person| self.is_visible(person.created))?;
        Some(Arc::clone(&person.user))
    }

    fn is_visible(&self, since: Instant) -> bool {
        since.elapsed() >= self.settings.lag
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held leaves whole values behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn issue(&mut self, user_id: &str, is_session: bool) -> Secret {
        let token = self.draw();
        let issued = Instant::now();
        self.tokens.insert(token.clone(), Token { user_id: user_id.to_owned(), issued, is_session });
        token
    }

    fn draw(&mut self) -> Secret {
        let mut token = [0; 24];
        self.random.fill_bytes(&mut token);
        Secret::new(URL_SAFE_NO_PAD.encode(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        Directory::new(Management::default(), 1, &Store::new(1, 2))
    }

    #[test]
    fn names_are_unique_until_their_user_is_removed() {
        let directory = directory();
        let password = || Some(Secret::new("a-password"));
        let id = directory.create("somebody", password()).expect("free");
        assert_eq!(directory.create("somebody", password()).expect_err("taken").id(), "MANAGE-name-taken");
        assert_eq!(directory.begin_session(&id, &Secret::new("another")).expect_err("wrong").id(), "MANAGE-password");
        let token = directory.begin_session(&id, &Secret::new("a-password")).expect("right");
        assert_eq!(directory.user_of(token.expose()).expect("issued").expect("good").id, id);
        directory.remove(&id).expect("there");
        let gone = directory.user_of(token.expose()).expect("issued").expect_err("gone");
        assert_eq!((gone.http_status, gone.id()), (404, "SESSION-user-gone"));
        assert_eq!(directory.remove(&id).expect_err("gone").id(), "NOTFOUND-user");
        assert_ne!(directory.create("somebody", None).expect("free again"), id);
        assert!(directory.user_of("never issued").is_none());
    }

    #[test]
    fn a_machine_has_tokens_and_at_most_the_role_that_reads() {
        let directory = directory();
        let id = directory.create("machine", None).expect("free");
        let token = directory.issue_token(&id).expect("a machine");
        let role = || directory.user_of(token.expose()).expect("issued").expect("good").role;
        assert_eq!(role(), Role::NoRights);
        directory.make_reader(&id).expect("there");
        assert_eq!(role(), Role::ReadOnly);
        assert_eq!(directory.make_reader(&id).expect_err("already").http_status, 409);
        assert_eq!(directory.begin_session(&id, &Secret::new("none")).expect_err("none").id(), "MANAGE-password");
        let human = directory.create("human", Some(Secret::new("a-password"))).expect("free");
        assert!(directory.issue_token(&human).is_err(), "a human has no such token");
        directory.remove(&id).expect("there");
        assert!(directory.user_of(token.expose()).is_none());
    }

    #[test]
    fn the_list_lags_behind_as_far_as_it_is_told() {
        let behind = Directory::new(
            Management { list_delay: std::time::Duration::from_secs(3600), ..Management::default() },
            1,
            &Store::new(1, 2),
        );
        let id = behind.create("somebody", None).expect("free");
        assert_eq!(behind.list(), [], "not yet");
        behind.remove(&id).expect("there");
        assert_eq!(behind.list().len(), 1, "still");
        let at_once = directory();
        at_once.create("somebody", None).expect("free");
        assert_eq!(at_once.list()[0].name, "somebody");
    }

    #[test]
    fn what_reads_lags_behind_what_writes() {
        let lag = std::time::Duration::from_millis(300);
        let behind = Directory::new(Management { lag, ..Management::default() }, 1, &Store::new(1, 2));
        let password = Secret::new("a-password");
        let id = behind.create("somebody", Some(password.clone())).expect("free");
        assert_eq!(behind.create("somebody", None).expect_err("taken").id(), "MANAGE-name-taken");
        assert_eq!(behind.begin_session(&id, &password).expect_err("not yet").id(), "NOTFOUND-user");
        assert_eq!((behind.list(), behind.visible(&id).is_some()), (Vec::new(), false));
        assert!(behind.user(&id).is_some(), "what writes knows it");
        behind.set_password(&id, password.clone()).expect("what writes knows it");
        std::thread::sleep(lag);
        let token = behind.begin_session(&id, &password).expect("known by now");
        assert_eq!((behind.list().len(), behind.visible(&id).is_some()), (1, true));
        assert!(behind.user_of(token.expose()).is_none(), "not yet");
        std::thread::sleep(lag);
        assert!(behind.user_of(token.expose()).is_some_and(|user| user.is_ok()));
    }
}
