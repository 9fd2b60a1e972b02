//! What belongs to whom: everything that this run knows about its subjects, so that each reply can be searched for data of other users.
//!
//! Names of factors and credential ids are drawn for the case, so they occur nowhere by chance. Values that the target chose (ids, user
//! handles, challenges) count if they can't be guessed. A value that two users have belongs to nobody.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError, RwLock};

use bytes::Bytes;
use serde_json::Value;

use crate::checks::{NO_TOKEN, Seen, Watch};
use crate::contract::Flow;
use crate::outcome::Finding;
use crate::runner::target::description::Accounts;
use crate::transport::{Exchange, SentRequest};
use crate::webauthn::base64;
use crate::wire::marks::{self, Mark, Marks, Stands};
use crate::wire::secret::{MASK, Masker, Secret};

/// An organization that owns at least so many users is not a secret.
const SEVERAL: usize = 3;
/// How deep a request is searched: JSON in base64 in JSON.
const DEPTH: usize = 4;

/// A kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Token,
    UserId,
    UserName,
    UserHandle,
    Challenge,
    FactorId,
    FactorName,
    CredentialId,
}

impl What {
    const fn words(self) -> &'static str {
        match self {
            What::Token => "the token",
            What::UserId => "the id",
            What::UserName => "the name",
            What::UserHandle => "the user handle",
            What::Challenge => "the challenge",
            What::FactorId => "the id of a factor",
            What::FactorName => "the name of a factor",
            What::CredentialId => "the id of a credential",
        }
    }

    /// Ids and names that others chose may be prefixes of other ones.
    const fn stands(self) -> Stands {
        match self {
            What::Token | What::Challenge | What::FactorName | What::CredentialId => Stands::Anywhere,
            What::UserId | What::UserName | What::UserHandle | What::FactorId => Stands::AsWord,
        }
    }
}

/// A user's number, in the order of first appearance.
type User = usize;

/// The owner of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    User(User),
    /// A caller that is not a subject.
    Caller,
    /// Two users have it, or the target shows it to all.
    Nobody,
}

/// A member of the account in options: whose, on which flow, and its name.
type AccountMember = (User, Flow, &'static str);

/// Everything that a run knows about its subjects.
#[derive(Debug, Default)]
pub(crate) struct Canaries {
    marks: Marks,
    /// By mark.
    about: RwLock<Vec<Option<(What, Owner)>>>,
    users: Mutex<HashMap<String, User>>,
    /// What the target first answered about a user's account on a flow, by the member's pointer.
    accounts: Mutex<HashMap<AccountMember, Vec<u8>>>,
    owners: Mutex<Owners>,
}

/// The organizations that the target names, each with users that belong to it according to the target.
#[derive(Debug, Default)]
struct Owners {
    /// The one that was named first.
    first: Option<String>,
    seen: HashMap<String, HashSet<User>>,
}

impl Canaries {
    /// Those of the accounts: every token, and the ids of the subjects.
    pub(crate) fn new(accounts: &Accounts) -> Canaries {
        let canaries = Canaries::default();
        for subject in &accounts.subjects {
            canaries.note(&subject.user_id, What::UserId, subject.user_id.as_bytes());
            canaries.note(&subject.user_id, What::Token, subject.token.expose().as_bytes());
        }
        for token in accounts.secrets() {
            canaries.note_token(token);
        }
        canaries
    }

    /// Notes that something belongs to a user.
    pub(crate) fn note(&self, user_id: &str, what: What, value: &[u8]) {
        let owner = Owner::User(self.user(user_id));
        if (what == What::Token || marks::is_recognisable(value))
            && let Some(mark) = self.marks.add(value, what.stands())
        {
            self.put(mark, what, owner);
        }
    }

    /// Notes a token, of any caller.
    pub(crate) fn note_token(&self, token: &Secret) -> Option<Mark> {
        let value = token.expose().as_bytes();
        self.marks.number(value).or_else(|| {
            let mark = self.marks.add(value, What::Token.stands())?;
            self.put(mark, What::Token, Owner::Caller);
            Some(mark)
        })
    }

    /// Notes what the target answers about a user's account. A different answer later is not taken as the user's own data.
    pub(crate) fn note_account(&self, user_id: &str, (flow, member): (Flow, &'static str), what: What, value: &[u8]) {
        let place = (self.user(user_id), flow, member);
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = accounts.entry(place).or_insert_with(|| value.to_vec()) == value;
        drop(accounts);
        if is_same {
            self.note(user_id, what, value);
        }
    }

    /// Notes the organization that owns a user's things according to the target. The first organization, and one that owns several users,
    /// is not a secret, even if it has the id of a user.
    pub(crate) fn note_organization(&self, user_id: &str, name: &str) {
        let Some(mark) = self.marks.number(name.as_bytes()) else { return };
        let user = self.user(user_id);
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = owners.first.get_or_insert_with(|| name.to_owned()) == name;
        let owned = owners.seen.entry(name.to_owned()).or_default();
        owned.insert(user);
        if is_first || owned.len() >= SEVERAL {
            drop(owners);
            self.put(mark, What::UserId, Owner::Nobody);
        }
    }

    /// Whether a text is something that this run knows about a user.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.marks.number(text.as_bytes()).is_some()
    }

    fn put(&self, mark: Mark, what: What, owner: Owner) {
        let mut about = self.about.write().unwrap_or_else(PoisonError::into_inner);
        if about.len() <= mark {
            about.resize(mark + 1, None);
        }
        match &mut about[mark] {
            Some((What::Token, _)) => {}
            Some((_, known)) if *known != owner => *known = Owner::Nobody,
            Some(_) => {}
            none => *none = Some((what, owner)),
        }
    }

    fn about(&self, mark: Mark) -> Option<(What, Owner)> {
        self.about.read().unwrap_or_else(PoisonError::into_inner).get(mark).copied().flatten()
    }

    pub(crate) fn user(&self, id: &str) -> User {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let next = users.len();
        match users.get(id) {
            Some(known) => *known,
            None => *users.entry(id.to_owned()).or_insert(next),
        }
    }
}

/// Who reads a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// May see the data of this user.
    Of(User),
    /// May see no data of any user.
    Nobody,
    /// May see everything but tokens.
    Everything,
}

/// Searches the reply to one call.
pub(crate) struct Reading<'a> {
    pub(crate) canaries: &'a Canaries,
    pub(crate) reader: Reader,
    pub(crate) request: &'a SentRequest,
    /// The case's own subject.
    pub(crate) own: User,
    /// The token that was sent.
    pub(crate) sent: Option<Mark>,
}

impl fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reading").field(&self.reader).finish()
    }
}

impl Watch for Reading<'_> {
    fn seen(&self, bytes: &[u8]) -> Vec<Seen> {
        let found = self.canaries.marks.find_of(bytes, &|mark| self.may_be_foreign(mark));
        found.into_iter().filter_map(|mark| self.is_foreign(mark)).collect()
    }
}

impl Reading<'_> {
    /// Whether a mark needs a closer look: most are the reader's own.
    fn may_be_foreign(&self, mark: Mark) -> bool {
        match self.canaries.about(mark) {
            Some((What::Token, _)) => true,
            Some((_, Owner::User(user))) => self.reader != Reader::Everything && self.reader != Reader::Of(user),
            _ => false,
        }
    }

    /// The thing that a mark stands for, if this reader may not see it. Data that the request had is an echo, unless it is a token.
    fn is_foreign(&self, mark: Mark) -> Option<Seen> {
        let (what, owner) = self.canaries.about(mark)?;
        let seen = |whose| Some(Seen { what: what.words(), whose, is_token: what == What::Token });
        match (what, owner) {
            (What::Token, _) if self.sent == Some(mark) => seen("the caller"),
            (What::Token, Owner::User(user)) if user == self.own => seen("the caller"),
            (What::Token, Owner::User(_)) => seen("another user"),
            (What::Token, _) => seen("another caller"),
            (_, Owner::Nobody | Owner::Caller) => None,
            (_, Owner::User(user)) => match self.reader {
                Reader::Everything => None,
                Reader::Of(own) if own == user => None,
                _ if self.is_echo(mark) => None,
                Reader::Of(_) => seen("another user"),
                Reader::Nobody => seen("a user"),
            },
        }
    }

    fn is_echo(&self, mark: Mark) -> bool {
        let Some(value) = self.canaries.marks.value(mark) else { return true };
        let SentRequest { url, headers, body, message, .. } = self.request;
        let is_in = |bytes: &[u8]| marks::is_in(&value, bytes);
        is_in(url.as_bytes())
            || headers.values().any(|header| is_in(header.as_bytes()))
            || message.as_ref().is_some_and(|message| holds(message, &value, DEPTH))
            || (message.is_none() && is_in(body))
    }
}

/// Whether a JSON value contains the bytes, also within base64 and the JSON in that.
fn holds(json: &Value, value: &[u8], depth: usize) -> bool {
    let Some(deeper) = depth.checked_sub(1) else { return false };
    match json {
        Value::String(text) => {
            let inner = base64::decode_any(text).unwrap_or_default();
            let parsed = serde_json::from_slice::<Value>(&inner).ok();
            marks::is_in(value, text.as_bytes())
                || memchr::memmem::find(&inner, value).is_some()
                || parsed.is_some_and(|parsed| holds(&parsed, value, deeper))
        }
        Value::Array(items) => items.iter().any(|item| holds(item, value, depth)),
        Value::Object(members) => members.values().any(|member| holds(member, value, depth)),
        _ => false,
    }
}

/// The exchange as it may be recorded: without a body that shows a token in a form in which it can't be masked.
pub(crate) fn without_hidden(exchange: Exchange, findings: &[Finding], masker: &Masker) -> Exchange {
    let shows = |finding: &Finding| finding.check == NO_TOKEN && finding.received.contains("the body");
    let text = String::from_utf8_lossy(&exchange.body);
    if !findings.iter().any(shows) || masker.mask(&text) != text {
        return exchange;
    }
    Exchange { body: Bytes::from_static(MASK.as_bytes()), ..exchange }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    const NAME: &str = "key-0f1e2d3c4b5a69788796";
    const TOKEN: &str = "a-token-of-one";

    fn canaries() -> Canaries {
        let canaries = Canaries::default();
        canaries.note("one", What::FactorName, NAME.as_bytes());
        canaries.note("one", What::Token, TOKEN.as_bytes());
        canaries.note("one", What::UserId, b"7");
        canaries
    }

    fn request(message: Option<Value>) -> SentRequest {
        SentRequest {
            method: "POST".to_owned(),
            url: "https://a.example/v2/users/two".to_owned(),
            headers: HeaderMap::new(),
            authorized: true,
            body: Bytes::new(),
            message: message.map(Arc::new),
        }
    }

    fn seen(
        canaries: &Canaries,
        reader: Reader,
        request: &SentRequest,
        reply: &str,
    ) -> Vec<(&'static str, &'static str)> {
        let (own, sent) = (canaries.user("two"), None);
        let reading = Reading { canaries, reader, request, own, sent };
        reading.seen(reply.as_bytes()).into_iter().map(|seen| (seen.what, seen.whose)).collect()
    }

    #[test]
    fn what_is_of_another_user_is_seen_by_who_may_not_see_it() {
        let canaries = canaries();
        let (one, two) = (canaries.user("one"), canaries.user("two"));
        let reply = format!("the name {NAME} is taken");
        let seen = |reader| seen(&canaries, reader, &request(None), &reply);
        assert_eq!(seen(Reader::Of(two)), [("the name of a factor", "another user")]);
        assert_eq!(seen(Reader::Nobody), [("the name of a factor", "a user")]);
        assert_eq!(seen(Reader::Of(one)), []);
        assert_eq!(seen(Reader::Everything), []);
    }

    #[test]
    fn a_token_is_for_nobody_and_short_values_count_for_nothing() {
        let canaries = canaries();
        let all = [Reader::Of(canaries.user("one")), Reader::Nobody, Reader::Everything];
        for reader in all {
            let echoed = request(Some(json!({ "passkeyName": TOKEN })));
            assert_eq!(seen(&canaries, reader, &echoed, TOKEN), [("the token", "another user")]);
            assert_eq!(seen(&canaries, reader, &request(None), "user 7"), []);
        }
        canaries.note_token(&Secret::new("of-a-caller"));
        assert_eq!(seen(&canaries, Reader::Nobody, &request(None), "of-a-caller"), [("the token", "another caller")]);
    }

    #[test]
    fn what_was_sent_may_come_back() {
        let canaries = canaries();
        let inner = json!({ "challenge": base64::encode_url(NAME.as_bytes()) }).to_string();
        for message in [
            json!({ "passkeyName": NAME }),
            json!({ "publicKeyCredential": { "response": { "clientDataJSON": base64::encode_url(inner.as_bytes()) } } }),
            json!({ "list": [base64::encode_standard(NAME.as_bytes())] }),
        ] {
            assert_eq!(seen(&canaries, Reader::Nobody, &request(Some(message.clone())), NAME), [], "{message}");
        }
        let url = SentRequest { url: format!("https://a.example/{NAME}"), ..request(Some(json!({}))) };
        let tampered = SentRequest { body: Bytes::from(format!("\x0a\x18{NAME}")), ..request(None) };
        for request in [url, tampered] {
            assert_eq!(seen(&canaries, Reader::Nobody, &request, NAME), []);
        }
    }

    #[test]
    fn what_two_users_have_or_all_are_shown_is_nobodys() {
        let canaries = canaries();
        let two = canaries.user("two");
        canaries.note("one", What::UserName, b"an.account@a.example");
        canaries.note("one", What::UserId, b"312847562839475623");
        let reply = "an.account@a.example 312847562839475623";
        assert_eq!(seen(&canaries, Reader::Of(two), &request(None), reply).len(), 2);
        canaries.note("two", What::UserName, b"an.account@a.example");
        canaries.note_organization("two", "312847562839475623");
        assert_eq!(seen(&canaries, Reader::Of(two), &request(None), reply), []);
        // A further one is an organization once several users are said to be in it.
        canaries.note("one", What::UserId, b"312847562839475624");
        let reply = "312847562839475624";
        for user in ["two", "three"] {
            canaries.note_organization(user, reply);
            assert_eq!(seen(&canaries, Reader::Of(two), &request(None), reply).len(), 1);
        }
        canaries.note_organization("four", reply);
        assert_eq!(seen(&canaries, Reader::Of(two), &request(None), reply), []);
    }

    #[test]
    fn an_account_is_what_was_said_of_it_first() {
        let canaries = canaries();
        let two = canaries.user("two");
        let place = (Flow::V1_U2F, "name");
        for (user, name) in [("one", "one@login.example"), ("two", "two@login.example"), ("two", "one@login.example")] {
            canaries.note_account(user, place, What::UserName, name.as_bytes());
        }
        let found = seen(&canaries, Reader::Of(two), &request(None), "one@login.example");
        assert_eq!(found, [("the name", "another user")]);
        canaries.note_account("two", (Flow::V2_U2F, "name"), What::UserName, b"one@login.example");
        assert_eq!(seen(&canaries, Reader::Of(two), &request(None), "one@login.example"), [], "both have it");
    }
}
