//! The handful of management calls, one function each.

use std::sync::atomic::Ordering;

use reqwest::Method;
use serde_json::{Value, json};

use super::server::Zitadel;
use crate::provisioner::account::Account;
use crate::provisioner::error::ProvisionerError;
use crate::provisioner::http::Answer;
use crate::provisioner::patience::{Late, Look};
use crate::wire::percent::encode_component;
use crate::wire::secret::{LEAST_SECRET_LENGTH, Secret};

/// Accounts of one page of a search.
const PAGE: usize = 100;
/// The most accounts that a search gives.
const MOST_FOUND: usize = 100_000;
/// There is nothing, or not yet.
const NOT_FOUND: u16 = 404;

impl Zitadel {
    /// The id of a new human user; `None` if the name is taken.
    pub(super) async fn create_human(&self, name: &str, password: &Secret) -> Result<Option<String>, ProvisionerError> {
        let doing = format!("make the user {name}");
        let body = json!({
            "username": name,
            "profile": { "givenName": "Proofmark", "familyName": name },
            "email": { "email": format!("{name}@proofmark.invalid"), "isVerified": true },
            "password": { "password": password.expose(), "changeRequired": false },
        });
        self.created(doing, "/v2/users/human", &body, &[password]).await
    }

    /// The id of a new machine user; `None` if the name is taken.
    pub(super) async fn create_machine(
        &self,
        name: &str,
        description: &str,
    ) -> Result<Option<String>, ProvisionerError> {
        let body = json!({ "userName": name, "name": name, "description": description });
        self.created(format!("make the machine user {name}"), "/management/v1/users/machine", &body, &[]).await
    }

    async fn created(
        &self,
        doing: String,
        path: &str,
        body: &Value,
        secrets: &[&Secret],
    ) -> Result<Option<String>, ProvisionerError> {
        let answer = self.asked(&doing, Method::POST, path, Some(body)).await?;
        match answer.text("userId") {
            _ if answer.status == 409 => Ok(None),
            Some(user_id) if answer.is_success() => Ok(Some(user_id.to_owned())),
            _ => Err(self.refused(doing, &answer, secrets)),
        }
    }

    /// Gives the administrator's organisation this user as a member with a role.
    pub(super) async fn make_member(&self, user_id: &str, role: &str) -> Result<(), ProvisionerError> {
        let doing = format!("give the role {role} to the caller that may only read");
        let body = json!({ "userId": user_id, "roles": [role] });
        let answer = self.asked(&doing, Method::POST, "/management/v1/orgs/me/members", Some(&body)).await?;
        // It is a member already.
        if answer.is_success() || answer.status == 409 { Ok(()) } else { Err(self.refused(doing, &answer, &[])) }
    }

    /// A new personal access token of a machine user.
    pub(super) async fn create_token(&self, user_id: &str) -> Result<Secret, ProvisionerError> {
        let doing = format!("make a token for the machine user {user_id}");
        let path = format!("/management/v1/users/{}/pats", encode_component(user_id));
        let answer = self.asked(&doing, Method::POST, &path, Some(&json!({}))).await?;
        self.secret(doing, &answer, "token", &[])
    }

    /// The token of a new session that checks only the password; the server's answer if it does not know the user yet.
    pub(super) async fn create_session(&self, user_id: &str, password: &Secret) -> Look<Secret> {
        let doing = format!("begin a session of user {user_id}");
        let body =
            json!({ "checks": { "user": { "userId": user_id }, "password": { "password": password.expose() } } });
        let answer = self.asked(&doing, Method::POST, "/v2/sessions", Some(&body)).await?;
        if answer.status == NOT_FOUND {
            return Ok(Err(answer.words(&[password, &self.admin])));
        }
        self.secret(doing, &answer, "sessionToken", &[password]).map(Ok)
    }

    /// Whether there is such a user.
    pub(super) async fn set_password(&self, user_id: &str, password: &Secret) -> Result<bool, ProvisionerError> {
        let doing = format!("set the password of user {user_id}");
        let body = json!({ "newPassword": { "password": password.expose(), "changeRequired": false } });
        let path = format!("/v2/users/{}/password", encode_component(user_id));
        let answer = self.asked(&doing, Method::POST, &path, Some(&body)).await?;
        if answer.is_success() || answer.status == NOT_FOUND {
            return Ok(answer.is_success());
        }
        Err(self.refused(doing, &answer, &[password]))
    }

    /// Removes a user's U2F factors, as far as the list has them; gives their number.
    pub(super) async fn remove_u2f(&self, user_id: &str) -> Result<usize, ProvisionerError> {
        let doing = format!("look for U2F factors of user {user_id}");
        let user = encode_component(user_id);
        let path = format!("/v2/users/{user}/authentication_factors/_search");
        let answer = self.asked(&doing, Method::POST, &path, Some(&json!({}))).await?;
        // The list lags behind.
        if !answer.is_success() && answer.status != NOT_FOUND {
            return Err(self.refused(doing, &answer, &[]));
        }
        let factors = answer.body.get("result").and_then(Value::as_array).into_iter().flatten();
        let ids: Vec<&str> = factors.filter_map(|factor| factor.pointer("/u2f/id")?.as_str()).collect();
        for id in &ids {
            let doing = format!("remove a U2F factor of user {user_id}");
            let path = format!("/v2/users/{user}/u2f/{}", encode_component(id));
            let answer = self.asked(&doing, Method::DELETE, &path, None).await?;
            if !answer.is_success() && answer.status != NOT_FOUND {
                return Err(self.refused(doing, &answer, &[]));
            }
        }
        Ok(ids.len())
    }

    /// Whether a token is accepted as the user's own; if not, the server's answer.
    pub(super) async fn is_good(&self, token: &Secret) -> Look<()> {
        let answer = self.own(token).await?;
        Ok(if answer.is_success() { Ok(()) } else { Err(answer.words(&[token, &self.admin])) })
    }

    /// Whether a token is known, whatever its rights are; if not, the server's answer. A server that has nothing at the path that is
    /// called does not show this, and the token counts as known.
    pub(super) async fn is_known(&self, token: &Secret) -> Look<()> {
        let answer = self.own(token).await?;
        let is_unknown = match answer.status {
            401 => true,
            NOT_FOUND => self.own(&self.admin).await?.status != NOT_FOUND,
            _ => false,
        };
        Ok(if is_unknown { Err(answer.words(&[token, &self.admin])) } else { Ok(()) })
    }

    /// Asks for a caller's own factors.
    async fn own(&self, token: &Secret) -> Result<Answer, ProvisionerError> {
        let path = "/auth/v1/users/me/auth_factors/_search";
        let answer = self.client.call(&Method::POST, path, token, Some(&json!({}))).await;
        answer.map_err(|why| self.silent("ask with a subject's token".to_owned(), why))
    }

    /// Accounts by name, with a method of the server's text queries.
    pub(super) async fn search(&self, name: &str, method: &str) -> Result<Vec<Account>, ProvisionerError> {
        Ok(self.users(name, method).await?.iter().filter_map(account).collect())
    }

    /// The machine user of a name, and how it is described.
    pub(super) async fn described(&self, name: &str) -> Result<Option<(Account, String)>, ProvisionerError> {
        let users = self.users(name, "TEXT_QUERY_METHOD_EQUALS").await?;
        let described = |user: &Value| {
            let description = user.pointer("/machine/description").and_then(Value::as_str).unwrap_or_default();
            account(user).filter(|account| account.name == name).map(|account| (account, description.to_owned()))
        };
        Ok(users.iter().find_map(described))
    }

    async fn users(&self, name: &str, method: &str) -> Result<Vec<Value>, ProvisionerError> {
        let (mut users, mut offset) = (Vec::new(), 0);
        while offset < MOST_FOUND {
            let doing = format!("look for the user {name}");
            let body = json!({
                "query": { "offset": offset.to_string(), "limit": PAGE, "asc": true },
                "sortingColumn": "USER_FIELD_NAME_USER_NAME",
                "queries": [{ "userNameQuery": { "userName": name, "method": method } }],
            });
            let answer = self.asked(&doing, Method::POST, "/v2/users", Some(&body)).await?;
            if !answer.is_success() {
                return Err(self.refused(doing, &answer, &[]));
            }
            let found = answer.body.get("result").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            users.extend_from_slice(found);
            offset += found.len();
            if found.len() < PAGE {
                break;
            }
        }
        Ok(users)
    }

    /// Removes a user; whether it was there.
    pub(super) async fn delete(&self, account: &Account) -> Result<bool, ProvisionerError> {
        let doing = format!("remove the user {}", account.name);
        let path = format!("/v2/users/{}", encode_component(&account.user_id));
        let answer = self.asked(&doing, Method::DELETE, &path, None).await?;
        if answer.is_success() || answer.status == NOT_FOUND {
            return Ok(answer.is_success());
        }
        Err(self.refused(doing, &answer, &[]))
    }

    async fn asked(
        &self,
        doing: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ProvisionerError> {
        let answer = self.client.call(&method, path, &self.admin, body).await;
        let answer = answer.map_err(|why| self.silent(doing.to_owned(), why))?;
        if answer.is_success() || answer.status == 409 {
            self.is_served.store(true, Ordering::SeqCst);
        }
        Ok(answer)
    }

    fn secret(
        &self,
        doing: String,
        answer: &Answer,
        member: &str,
        secrets: &[&Secret],
    ) -> Result<Secret, ProvisionerError> {
        match answer.text(member).filter(|_| answer.is_success()) {
            Some(token) if is_token(token) => Ok(Secret::new(token)),
            _ => Err(self.refused(doing, answer, secrets)),
        }
    }

    fn refused(&self, doing: String, answer: &Answer, secrets: &[&Secret]) -> ProvisionerError {
        let is_served = self.is_served.load(Ordering::SeqCst);
        let fix = match answer.status {
            401 => {
                "make a new personal access token for the administrator, and put it where accounts.admin-token looks for it"
            }
            403 => "give the administrator (the owner of accounts.admin-token) the role ORG_OWNER in its organisation",
            NOT_FOUND if !is_served => {
                "write base-url with the host name that the server is set up for: the server finds its instance by the host name, and an IP \
                 address finds none"
            }
            NOT_FOUND => {
                "somebody else may have removed it; run again, or write another prefix under accounts.provisioner"
            }
            429 => {
                "raise the server's limit for the administrator, or let the provisioner wait for longer: patience-seconds and \
                 concurrency under accounts.provisioner"
            }
            500..=599 => "look at the server's log; `proofmark sweep` removes accounts that were left behind",
            _ => "read the server's answer; `proofmark sweep` removes accounts that were left behind",
        };
        let secrets: Vec<&Secret> = secrets.iter().copied().chain([&self.admin]).collect();
        let is_of_one = is_served && !matches!(answer.status, 401 | 403 | 429);
        ProvisionerError { is_of_one, ..ProvisionerError::new(doing, answer.words(&secrets), fix) }
    }

    /// There was no answer.
    fn silent(&self, doing: String, why: String) -> ProvisionerError {
        let fix = if self.is_served.load(Ordering::SeqCst) {
            "the server answered before: check whether it is still up; `proofmark sweep` removes accounts that were left behind"
        } else {
            "start the server, or correct base-url and [tls]"
        };
        ProvisionerError::new(doing, why, fix)
    }
}

/// The server's lists did not follow in time.
pub(super) fn late(doing: String, what: &str, since: &str, late: &Late) -> ProvisionerError {
    let answer = format!("{what} for {} s after {since}: {}", late.waited.as_secs_f64(), late.answer);
    let fix = "the server lags behind: let the provisioner wait for longer (patience-seconds under accounts.provisioner), or do less \
                at a time (concurrency)";
    ProvisionerError { is_of_one: true, ..ProvisionerError::new(doing, answer, fix) }
}

fn account(user: &Value) -> Option<Account> {
    let text = |member| user.get(member).and_then(Value::as_str).map(str::to_owned);
    Some(Account { name: text("username")?, user_id: text("userId")? })
}

/// A text that can be put into a header, and masked in all output (RFC 6750 section 2.1).
fn is_token(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    text.len() >= LEAST_SECRET_LENGTH && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_can_be_sent_and_masked() {
        for (text, good) in
            [("a-good.Token_1~+/=", true), ("short", false), ("with a blank", false), ("with\"quote", false)]
        {
            assert_eq!(is_token(text), good, "{text}");
        }
    }
}
