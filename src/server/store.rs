//! What the server remembers: users and tokens (fixed at the start), pending registrations and enrolled factors (per user, each user under its own lock).
//!
//! Everything is drawn from one seed, so two servers with one seed have the same users, tokens and, start by start, challenges.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::contract::{Flow, Protocol};
use crate::wire::secret::Secret;

/// Credential ids are looked up under one of this many locks.
const SHARDS: usize = 64;

/// 32-bit words of one ChaCha block; each start draws from a block of its own.
const WORDS_PER_DRAW: u128 = 16;

/// What a user's token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// May act on every v2 user.
    Admin,
    /// May act on itself.
    Ordinary,
    /// May do nothing.
    NoRights,
    /// May only read; no operation of this server only reads.
    ReadOnly,
}

/// The kind of a factor. A user has at most one pending registration of each, which v1 and v2 share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    U2f,
    Passkey,
}

impl Kind {
    pub(super) fn of(flow: Flow) -> Kind {
        if flow.is_u2f() { Kind::U2f } else { Kind::Passkey }
    }

    pub(super) fn other(self) -> Kind {
        match self {
            Kind::U2f => Kind::Passkey,
            Kind::Passkey => Kind::U2f,
        }
    }
}

/// A started registration.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub factor_id: String,
    /// The flow that started it.
    pub flow: Flow,
    /// The protocol over which it was started; only a defect looks at it.
    pub protocol: Protocol,
    /// Whether another user than its own started it.
    pub is_of_another: bool,
    pub challenge: Vec<u8>,
    pub rp_id: String,
    pub origin: String,
    /// `userVerification` of the options.
    pub user_verification: &'static str,
    pub created: Timestamp,
    pub started: Instant,
    /// How long it can be finished.
    pub lifetime: Duration,
    /// The challenge of the start that this one replaced; only a defect looks at it.
    pub replaced_challenge: Option<Vec<u8>>,
    /// The credential that this registration has enrolled already. A registration ends with its verify, so this is `None` unless a defect keeps it.
    pub replayable: Option<Vec<u8>>,
}

impl Pending {
    pub(super) fn is_alive(&self) -> bool {
        self.started.elapsed() < self.lifetime
    }
}

/// An enrolled factor.
#[derive(Debug, Clone)]
pub(super) struct Factor {
    pub id: String,
    /// The flow that enrolled it.
    pub flow: Flow,
    pub credential_id: Vec<u8>,
    pub rp_id: String,
    pub name: String,
    pub created: Timestamp,
    /// When it was enrolled.
    pub verified: Instant,
}

/// The part of a user that changes.
#[derive(Debug, Default)]
pub(super) struct UserState {
    u2f: KindState,
    passkey: KindState,
    starts: u64,
    sequence: u64,
    /// Factors that were removed; only a defect counts them.
    pub removals: u64,
}

/// What a user has of one kind.
#[derive(Debug, Default)]
pub(super) struct KindState {
    /// Open registrations, the oldest first: one, unless a variant allows several.
    pub pending: Vec<Pending>,
    pub factors: Vec<Factor>,
    /// A factor that was removed and is not forgotten; only a defect keeps it.
    pub removed: Option<Factor>,
    /// Whether a refusal keeps the user from starting again; only a defect sets it.
    pub blocked: bool,
}

impl UserState {
    pub(super) fn of(&mut self, kind: Kind) -> &mut KindState {
        match kind {
            Kind::U2f => &mut self.u2f,
            Kind::Passkey => &mut self.passkey,
        }
    }

    /// The number of the next event of this user, from 1.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Counts from 1 again.
    pub(super) fn restart_sequence(&mut self) {
        self.sequence = 0;
    }

    /// The open registrations, of either kind.
    pub(super) fn pending(&mut self) -> impl Iterator<Item = &mut Vec<Pending>> {
        [&mut self.u2f, &mut self.passkey].into_iter().map(|of| &mut of.pending)
    }

    /// Whether an open registration of either kind has this challenge.
    pub(super) fn has_pending_challenge(&self, challenge: &[u8]) -> bool {
        [&self.u2f, &self.passkey].into_iter().flat_map(|of| &of.pending).any(|pending| pending.challenge == challenge)
    }
}

/// One account.
#[derive(Debug)]
pub(super) struct User {
    pub id: String,
    pub index: u64,
    pub role: Role,
    pub token: Secret,
    state: Mutex<UserState>,
}

impl User {
    /// A user without factors; a user that was made over the network has its tokens elsewhere.
    pub(super) fn new(id: String, index: u64, role: Role, token: Secret) -> User {
        User { id, index, role, token, state: Mutex::default() }
    }
}

impl User {
    /// The user's state. Nothing that takes long may be done while it is held.
    pub(super) fn state(&self) -> MutexGuard<'_, UserState> {
        // A panic while it was held leaves whole values behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Users, tokens and registered credential ids.
#[derive(Debug)]
pub(super) struct Store {
    random: ChaCha20Rng,
    by_id: HashMap<String, Arc<User>>,
    by_token: HashMap<Secret, Arc<User>>,
    admin: Arc<User>,
    no_rights: Arc<User>,
    read_only: Arc<User>,
    credential_ids: Vec<Mutex<HashSet<Vec<u8>>>>,
    /// Id of the organisation that owns everything.
    pub resource_owner: String,
}

impl Store {
    /// A store with an administrator (index 0), a user without rights (1), ordinary users, and one that may only read (the last).
    pub(super) fn new(seed: u64, ordinary_users: usize) -> Store {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let resource_owner = numeric_id(random.next_u64());
        let ordinary = std::iter::repeat_n(Role::Ordinary, ordinary_users);
        let roles = [Role::Admin, Role::NoRights].into_iter().chain(ordinary).chain([Role::ReadOnly]);
        let users: Vec<_> =
            (0..).zip(roles).map(|(index, role)| Arc::new(draw_user(&mut random, index, role))).collect();
        Store {
            random,
            by_id: users.iter().map(|user| (user.id.clone(), user.clone())).collect(),
            by_token: users.iter().map(|user| (user.token.clone(), user.clone())).collect(),
            admin: users[0].clone(),
            no_rights: users[1].clone(),
            read_only: users[ordinary_users + 2].clone(),
            credential_ids: (0..SHARDS).map(|_| Mutex::default()).collect(),
            resource_owner,
        }
    }

    pub(super) fn admin(&self) -> &Arc<User> {
        &self.admin
    }

    pub(super) fn no_rights(&self) -> &Arc<User> {
        &self.no_rights
    }

    pub(super) fn read_only(&self) -> &Arc<User> {
        &self.read_only
    }

    /// A number that is not the index of a user of the store.
    pub(super) fn next_index(&self) -> u64 {
        u64::try_from(self.by_id.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn user(&self, id: &str) -> Option<&Arc<User>> {
        self.by_id.get(id)
    }

    pub(super) fn user_of_token(&self, token: &str) -> Option<&Arc<User>> {
        self.by_token.get(&Secret::new(token))
    }

    /// A user with a token that fits. Looks at every token: only a defect asks.
    pub(super) fn user_of_token_that(&self, fits: impl Fn(&str) -> bool) -> Option<&Arc<User>> {
        self.by_token.iter().find(|(token, _)| fits(token.expose())).map(|(_, user)| user)
    }

    /// Users of a role in the order of their indices.
    pub(super) fn users_of(&self, role: Role) -> Vec<&Arc<User>> {
        let mut users: Vec<_> = self.by_id.values().filter(|user| user.role == role).collect();
        users.sort_by_key(|user| user.index);
        users
    }

    /// Challenge and factor id of the user's next start.
    pub(super) fn draw_start(&self, user: &User, state: &mut UserState) -> (Vec<u8>, String) {
        let mut random = self.random.clone();
        // Stream 0 has drawn the users.
        random.set_stream(user.index + 1);
        random.set_word_pos(u128::from(state.starts) * WORDS_PER_DRAW);
        state.starts += 1;
        let mut challenge = vec![0; 32];
        random.fill_bytes(&mut challenge);
        (challenge, numeric_id(random.next_u64()))
    }

    pub(super) fn is_registered(&self, credential_id: &[u8]) -> bool {
        self.shard(credential_id).contains(credential_id)
    }

    /// Reserves a credential id; `false` if it is taken.
    pub(super) fn register(&self, credential_id: &[u8]) -> bool {
        self.shard(credential_id).insert(credential_id.to_vec())
    }

    pub(super) fn release(&self, credential_id: &[u8]) {
        self.shard(credential_id).remove(credential_id);
    }

    /// Whether an open registration of another user has the challenge. Looks at every user: only a defect asks.
    pub(super) fn is_pending_elsewhere(&self, user: &User, challenge: &[u8]) -> bool {
        self.by_id.values().any(|other| other.id != user.id && other.state().has_pending_challenge(challenge))
    }

    /// The user that has a credential, and the factor. Looks at every user: only a defect asks.
    pub(super) fn owner_of(&self, credential_id: &[u8]) -> Option<(&Arc<User>, Factor)> {
        self.by_id.values().find_map(|user| {
            let mut state = user.state();
            let found = [Kind::U2f, Kind::Passkey].into_iter().find_map(|kind| {
                state.of(kind).factors.iter().find(|factor| factor.credential_id == credential_id).cloned()
            });
            found.map(|factor| (user, factor))
        })
    }

    /// The factor with this id, where another user has it, and that user. Looks at every user: only a defect asks.
    pub(super) fn factor_elsewhere(&self, user: &User, id: &str) -> Option<(&Arc<User>, Factor)> {
        self.by_id.values().filter(|other| other.id != user.id).find_map(|other| {
            let mut state = other.state();
            let kinds = [Kind::U2f, Kind::Passkey].into_iter();
            let found = kinds.flat_map(|kind| state.of(kind).factors.clone()).find(|factor| factor.id == id);
            found.map(|factor| (other, factor))
        })
    }

    /// Takes a credential away from all users but one. Looks at every user: only a defect asks.
    pub(super) fn take_from_others(&self, user: &User, credential_id: &[u8]) {
        for other in self.by_id.values().filter(|other| other.id != user.id) {
            let mut state = other.state();
            for kind in [Kind::U2f, Kind::Passkey] {
                state.of(kind).factors.retain(|factor| factor.credential_id != credential_id);
            }
        }
    }

    /// Whether anybody has a credential as a factor of this kind. Looks at every user: only a defect asks.
    pub(super) fn has_of_kind(&self, kind: Kind, credential_id: &[u8]) -> bool {
        let has = |factors: &[Factor]| factors.iter().any(|factor| factor.credential_id == credential_id);
        self.by_id.values().any(|user| has(&user.state().of(kind).factors))
    }

    fn shard(&self, credential_id: &[u8]) -> MutexGuard<'_, HashSet<Vec<u8>>> {
        let mut hasher = DefaultHasher::new();
        credential_id.hash(&mut hasher);
        // The lowest byte is enough for a choice of 64.
        let shard = usize::from(hasher.finish().to_le_bytes()[0]) % SHARDS;
        self.credential_ids[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn draw_user(random: &mut ChaCha20Rng, index: u64, role: Role) -> User {
    let id = user_id(random.next_u64(), index);
    let mut token = [0; 24];
    random.fill_bytes(&mut token);
    User::new(id, index, role, Secret::new(URL_SAFE_NO_PAD.encode(token)))
}

/// An id of 18 digits.
fn numeric_id(drawn: u64) -> String {
    (100_000_000_000_000_000 + drawn % 900_000_000_000_000_000).to_string()
}

/// An id of 18 digits that no other user has: half of it is drawn, the other half is the index.
pub(super) fn user_id(drawn: u64, index: u64) -> String {
    format!("{}{index:09}", 100_000_000 + drawn % 900_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_store() {
        let (a, b, other) = (Store::new(7, 3), Store::new(7, 3), Store::new(8, 3));
        let names = |store: &Store| -> Vec<_> {
            store.users_of(Role::Ordinary).iter().map(|user| (user.id.clone(), user.token.clone())).collect()
        };
        assert_eq!(names(&a).len(), 3);
        assert_eq!(names(&a), names(&b));
        assert_ne!(names(&a), names(&other));
        let draw = |store: &Store, index: usize| {
            let user = store.users_of(Role::Ordinary)[index].clone();
            store.draw_start(&user, &mut user.state())
        };
        let first = draw(&a, 0);
        assert_eq!(first, draw(&b, 0));
        assert_ne!(first, draw(&a, 0), "a second start draws anew");
        assert_ne!(first, draw(&a, 1), "another user draws otherwise");
    }

    #[test]
    fn ids_and_tokens_are_distinct() {
        let store = Store::new(1, 2000);
        assert_eq!(store.by_id.len(), 2003);
        assert_eq!(store.by_token.len(), 2003);
        for user in store.users_of(Role::Ordinary) {
            assert!(user.id.len() == 18 && user.id.bytes().all(|b| b.is_ascii_digit()), "{}", user.id);
            assert_eq!(store.user_of_token(user.token.expose()).map(|found| &found.id), Some(&user.id));
        }
    }

    #[test]
    fn a_credential_id_is_registered_once() {
        let store = Store::new(1, 0);
        assert!(store.register(b"a") && !store.register(b"a") && store.is_registered(b"a"));
        store.release(b"a");
        assert!(!store.is_registered(b"a") && store.register(b"a"));
    }
}
