//! The few calls by which a provisioner makes users, sessions and callers, and removes them: HTTP/JSON only, and only if the
//! server is configured to have them. The server imitates the awkward behaviour of real servers, always or on demand.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request};
use axum::response::Response;
use axum::routing::{delete, post, put};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::managed_users::{Directory, Listed};
use super::refusal::Refused;
use super::service::Service;
use super::store::{Kind, Role};
use super::{body, rest};
use crate::contract::Protocol;
use crate::wire::secret::Secret;

/// The role that may only read.
const READER: &str = "ORG_OWNER_VIEWER";
/// Users of one page if the search does not say how many.
const PAGE: usize = 100;

/// A call that a route takes: the id in the path, and the body.
type Handler = for<'a> fn(&'a Service, &'a Directory, &'a str, &'a Map<String, Value>) -> Answer;
type Answer = Result<Value, Refused>;

/// Path, and what is done. The method is POST.
const POSTS: &[(&str, Handler)] = &[
    ("/v2/users/human", create_human),
    ("/v2/users", search),
    ("/v2/users/{userId}/password", set_password),
    ("/v2/users/{userId}/authentication_factors/_search", factors),
    ("/v2/sessions", begin_session),
    ("/management/v1/users/machine", create_machine),
    ("/management/v1/users/{userId}/pats", issue_token),
    ("/management/v1/orgs/me/members", make_member),
];

/// Calls that hash a password.
const HASHES: [&str; 3] = ["/v2/users/human", "/v2/users/{userId}/password", "/v2/sessions"];

/// One route for each call; none if the server does not have these calls.
pub(super) fn routes(service: &Arc<Service>) -> Router {
    if service.site.directory.is_none() {
        return Router::new();
    }
    let posts = POSTS.iter().fold(Router::new(), |router, (path, handler)| {
        let service = service.clone();
        let answer = move |id: Option<Path<String>>, request: Request| async move {
            let id = id.map(|Path(id)| id).unwrap_or_default();
            respond(&service, answer(&service, (path, *handler), &id, request).await)
        };
        router.route(path, post(answer))
    });
    let describing = service.clone();
    let described = move |Path(id): Path<String>, request: Request| async move {
        respond(&describing, answer(&describing, ("", describe), &id, request).await)
    };
    let service = service.clone();
    let removed = move |Path(id): Path<String>, request: Request| async move {
        respond(&service, answer(&service, ("", remove), &id, request).await)
    };
    posts.route("/v2/users/{userId}", delete(removed)).route("/management/v1/users/{userId}/machine", put(described))
}

fn respond(service: &Service, answer: Answer) -> Response {
    rest::respond(&service.site.switches, None, answer)
}

/// The body is read first, so that its sender can read a refusal; then the caller is checked: only the administrator may call.
async fn answer(service: &Service, (path, handler): (&str, Handler), id: &str, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let body = body::read(body, body::MAX_MESSAGE).await;
    let caller = service.authenticate(&parts.headers, Protocol::Rest)?;
    if caller.user.role != Role::Admin {
        return Err(Refused::new("PERMISSION-denied"));
    }
    let body = body?;
    let members =
        if body.is_empty() { Map::new() } else { rest::members(&parts.headers, &body, &service.site.switches)? };
    let directory = service.site.directory.as_ref().ok_or_else(|| Refused::new("NOTFOUND-path"))?;
    if HASHES.contains(&path) {
        tokio::time::sleep(directory.settings.password_delay).await;
    }
    handler(service, directory, id, &members)
}

fn text<'m>(members: &'m Map<String, Value>, path: &[&str]) -> Result<&'m str, Refused> {
    let (first, rest) = path.split_first().ok_or_else(|| Refused::new("REQUEST-message"))?;
    let value = rest.iter().try_fold(members.get(*first), |value, name| Some(value?.get(*name))).flatten();
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| Refused::new("REQUEST-message"))
}

fn create_human(service: &Service, directory: &Directory, _: &str, members: &Map<String, Value>) -> Answer {
    for required in [&["profile", "givenName"], &["profile", "familyName"], &["email", "email"]] {
        text(members, required)?;
    }
    let password = text(members, &["password", "password"])?;
    let user_id = directory.create(text(members, &["username"])?, Some(Secret::new(password)))?;
    Ok(json!({ "userId": user_id, "details": details(service) }))
}

fn create_machine(service: &Service, directory: &Directory, _: &str, members: &Map<String, Value>) -> Answer {
    text(members, &["name"])?;
    let user_id = directory.create(text(members, &["userName"])?, None)?;
    directory.describe(&user_id, text(members, &["description"]).unwrap_or_default())?;
    Ok(json!({ "userId": user_id, "details": details(service) }))
}

fn describe(service: &Service, directory: &Directory, id: &str, members: &Map<String, Value>) -> Answer {
    text(members, &["name"])?;
    directory.describe(id, text(members, &["description"]).unwrap_or_default())?;
    Ok(json!({ "details": details(service) }))
}

fn remove(service: &Service, directory: &Directory, id: &str, _: &Map<String, Value>) -> Answer {
    let user = directory.remove(id)?;
    let mut state = user.state();
    for kind in [Kind::U2f, Kind::Passkey] {
        state.of(kind).factors.iter().for_each(|factor| service.site.store.release(&factor.credential_id));
    }
    Ok(json!({ "details": details(service) }))
}

fn set_password(service: &Service, directory: &Directory, id: &str, members: &Map<String, Value>) -> Answer {
    directory.set_password(id, Secret::new(text(members, &["newPassword", "password"])?))?;
    Ok(json!({ "details": details(service) }))
}

fn begin_session(service: &Service, directory: &Directory, _: &str, members: &Map<String, Value>) -> Answer {
    let user_id = text(members, &["checks", "user", "userId"])?;
    let password = Secret::new(text(members, &["checks", "password", "password"])?);
    let token = directory.begin_session(user_id, &password)?;
    Ok(json!({ "sessionId": user_id, "sessionToken": token.expose(), "details": details(service) }))
}

fn issue_token(service: &Service, directory: &Directory, id: &str, _: &Map<String, Value>) -> Answer {
    let token = directory.issue_token(id)?;
    Ok(json!({ "tokenId": id, "token": token.expose(), "details": details(service) }))
}

fn make_member(service: &Service, directory: &Directory, _: &str, members: &Map<String, Value>) -> Answer {
    let roles = members.get("roles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if roles != [json!(READER)] {
        return Err(Refused::new("REQUEST-message"));
    }
    directory.make_reader(text(members, &["userId"])?)?;
    Ok(json!({ "details": details(service) }))
}

/// Users by name.
fn search(_: &Service, directory: &Directory, _: &str, members: &Map<String, Value>) -> Answer {
    let mut listed = directory.list();
    for query in members.get("queries").and_then(Value::as_array).into_iter().flatten() {
        let query = query.get("userNameQuery").and_then(Value::as_object);
        let query = query.ok_or_else(|| Refused::new("REQUEST-message"))?;
        let name = text(query, &["userName"])?;
        match text(query, &["method"]).unwrap_or("TEXT_QUERY_METHOD_EQUALS") {
            "TEXT_QUERY_METHOD_EQUALS" => listed.retain(|user| user.name == name),
            "TEXT_QUERY_METHOD_STARTS_WITH" => listed.retain(|user| user.name.starts_with(name)),
            _ => return Err(Refused::new("REQUEST-message")),
        }
    }
    // 64-bit numbers are texts in protobuf's JSON, 32-bit ones numbers.
    let number = |name: &str| {
        let value = members.get("query").and_then(|query| query.get(name))?;
        value.as_str().map_or_else(|| value.as_u64(), |text| text.parse().ok()).and_then(|n| usize::try_from(n).ok())
    };
    let (offset, limit) = (number("offset").unwrap_or_default(), number("limit").unwrap_or(PAGE));
    let total = listed.len();
    let page: Vec<Value> = listed.iter().skip(offset).take(limit).map(shown).collect();
    Ok(json!({ "details": { "totalResult": total.to_string() }, "result": page }))
}

fn shown(user: &Listed) -> Value {
    let (kind, more) = match &user.description {
        None => ("human", json!({})),
        Some(description) => ("machine", json!({ "name": user.name, "description": description })),
    };
    json!({ "userId": user.user_id, "username": user.name, "state": "USER_STATE_ACTIVE", kind: more })
}

/// The user's second factors; they lag behind as the list of users does.
fn factors(service: &Service, directory: &Directory, id: &str, _: &Map<String, Value>) -> Answer {
    let user = service.site.store.user(id).cloned().or_else(|| directory.visible(id));
    let user = user.ok_or_else(|| Refused::new("NOTFOUND-user"))?;
    let delay = directory.settings.list_lag().as_secs_f64();
    let mut state = user.state();
    let known = state.of(Kind::U2f).factors.iter();
    let known = known.filter(|factor| Timestamp::now().duration_since(factor.created).as_secs_f64() >= delay);
    let result: Vec<Value> = known
        .map(|factor| json!({ "state": "AUTH_FACTOR_STATE_READY", "u2f": { "id": factor.id, "name": factor.name } }))
        .collect();
    Ok(json!({ "result": result }))
}

fn details(service: &Service) -> Value {
    service.site.details(1, Timestamp::now())
}
