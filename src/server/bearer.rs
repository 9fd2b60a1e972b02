//! Whose token a call carries.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::defect;
use super::refusal::Refused;
use super::site::Site;
use super::store::User;
use super::variant;

/// The minimum length of a text in which a defect looks for a token.
const LEAST: usize = 8;
/// A header in which proxies name the user that they have authenticated.
const REMOTE_USER: &str = "x-remote-user";

/// The user of the bearer token in the headers.
pub(super) fn user_of(site: &Site, headers: &HeaderMap) -> Result<Arc<User>, Refused> {
    let switches = &site.switches;
    let administrator = || Ok(site.store.admin().clone());
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, another) = (values.next(), values.next());
    let Some(value) = value else {
        if switches.has(&defect::authorization::MISSING_TOKEN_ACCEPTED) {
            return administrator();
        }
        let named = headers.get(REMOTE_USER).and_then(|id| site.user(id.to_str().ok()?));
        let named = named.filter(|_| switches.has(&defect::carrier::REMOTE_USER_IS_CALLER));
        return named.ok_or_else(|| Refused::new("AUTH-missing"));
    };
    let value = if another.is_some() { None } else { Some(value) };
    let text = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token =
        if switches.varies(&variant::behaviour::TOKEN_PADDING_IGNORED) { token.trim_end_matches('=') } else { token };
    let is_exact = switches.has(&defect::http::SCHEME_EXACT);
    let is_bearer = if is_exact { scheme == "Bearer" } else { scheme.eq_ignore_ascii_case("bearer") };
    if let Some(made) = site.directory.as_ref().filter(|_| is_bearer).and_then(|made| made.user_of(token)) {
        return made;
    }
    match site.store.user_of_token(token) {
        Some(user) if is_bearer || switches.has(&defect::authorization::ANY_SCHEME) => Ok(user.clone()),
        None if !token.is_empty() && switches.has(&defect::authorization::UNKNOWN_TOKEN_ACCEPTED) => administrator(),
        None if token.is_empty() && switches.has(&defect::authorization::MALFORMED_ACCEPTED) => administrator(),
        None if is_bearer && token.len() >= LEAST => similar(site, token).ok_or_else(|| Refused::new("AUTH-invalid")),
        _ => Err(Refused::new("AUTH-invalid")),
    }
}

/// The user whose token is almost this one: only a defect accepts such a token.
fn similar(site: &Site, token: &str) -> Option<Arc<User>> {
    let switches = &site.switches;
    let is_lengthened = switches.has(&defect::authorization::TOKEN_LENGTHENED_ACCEPTED);
    let is_shortened = switches.has(&defect::authorization::TOKEN_SHORTENED_ACCEPTED);
    let is_any_case = switches.has(&defect::authorization::TOKEN_ANY_CASE);
    if !(is_lengthened || is_shortened || is_any_case) {
        return None;
    }
    let fits = |issued: &str| {
        (is_lengthened && token.starts_with(issued))
            || (is_shortened && issued.starts_with(token))
            || (is_any_case && issued.eq_ignore_ascii_case(token))
    };
    site.store.user_of_token_that(fits).cloned()
}
