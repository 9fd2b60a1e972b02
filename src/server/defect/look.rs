//! Where the owner of a server has to look if it has a defect: it follows from the clause that the defect breaks.

use super::entry::Defect;

/// Beginnings of clause ids, and where a server does what the clause asks for. The longest beginning counts.
const PLACES: &[(&str, &str)] = &[
    ("api/after-state", "the transaction of the verify: what is written, or given up, if it refuses"),
    (
        "api/authorization",
        "the check whether the caller may act on the user or factor that the call names, in every handler",
    ),
    (
        "api/carriers",
        "the place where the request is read: which of several carriers of one thing (path, query, body, header) wins",
    ),
    (
        "api/carriers/host",
        "the settings that the RP ID and the origin come from; no header of a request may change them",
    ),
    ("api/carriers/token", "the place where the token is read: only the header Authorization may carry it"),
    ("api/carriers/identity", "the middleware that finds out who calls; only the token may decide it"),
    (
        "api/carriers/user-id",
        "the place where the user id is read: the permission and the action have to be about the same id",
    ),
    (
        "api/carriers/user-handle",
        "the place where the credential is stored: the user is that of the start, not one that the client names",
    ),
    ("api/content-type", "the place where the reply's content type is set, for successes and for errors"),
    ("api/details", "the code that fills `details` from the stored event"),
    ("api/endpoint", "the registration of the endpoint's handler"),
    ("api/grpc-status", "the interceptor that makes a gRPC status of an error"),
    ("api/grpc-web-framing", "the gRPC-Web layer or proxy: how it writes frames and trailers"),
    (
        "api/identifiers/no-user-oracle",
        "the order of the checks: the permission has to be checked before anything is looked up",
    ),
    ("api/limit", "the validation of the request's members, and the unit that it measures lengths in"),
    ("api/no-leak", "the texts and headers of replies, and the queries behind them: whose data they can hold"),
    ("api/no-leak/internals", "the place where an internal error becomes a reply: it should only go to the log"),
    ("api/no-leak/token", "the headers, cookies and trailers that replies are given"),
    ("api/options", "the code that builds the creation options in the start"),
    (
        "api/options/exclude-credentials",
        "the storing of the credential at the verify, and the query for excludeCredentials in the start",
    ),
    ("api/options/rp-id", "the place where the start chooses the RP ID for the domain that it is asked for"),
    ("api/remove", "the handler of the removal: what it deletes, and which open registrations it ends"),
    ("api/request", "the routing and the decoding of requests, before any handler"),
    ("api/request/factor-id", "the place where the handler loads the factor: id, kind and user all have to fit"),
    (
        "api/request/passkey-code",
        "the start of a passkey with a registration code: where the code is verified and used up",
    ),
    ("api/robustness", "the server's log at the time of the call: a handler fails or waits where it should refuse"),
    ("api/shape", "the code that writes this reply, or the mapping between the message and its JSON"),
    ("api/state", "the writes of this call and of those before it: which registrations and factors each may touch"),
    ("api/status", "the mapping from the kind of an error to a status"),
    ("api/status/ok", "the place where the status and the coding of a success are set"),
    ("api/status/permission-denied", "the check of the caller's role, and the status that its refusal is given"),
    ("api/status/unauthenticated", "the middleware that reads and looks up the token, and the status of its refusals"),
    ("api/stored", "the place where the verify stores the factor, and the query of the list"),
    (
        "api/transports-agree",
        "the part that only one protocol passes through, such as its handler or its mapping of errors",
    ),
    ("grpc", "the gRPC layer, or the proxy in front of it"),
    ("http", "the HTTP layer: middleware, framework settings, or a proxy in front of the server"),
    ("http/refusal-code", "the mapping from the kind of an error to a code"),
    ("rfc4648", "the decoder of base64url that the credential's members are read with"),
    (
        "webauthn/13.4.3",
        "the place where the start makes the challenge: its random source, its length, and how long it is kept",
    ),
    ("webauthn/4/rp-id", "the place where the start checks the domain that it is asked for"),
    ("webauthn/5.1", "the place where the verify reads the credential's envelope"),
    ("webauthn/5.4", "the code that builds the creation options in the start"),
    ("webauthn/5.4.3/user-handle", "the place where the start takes the user handle from; each user has one, for good"),
    ("webauthn/6.5.1", "the place where the verify reads the credential public key"),
    ("webauthn/7.1", "the verify: this step of the registration ceremony (WebAuthn, section 7.1)"),
    ("webauthn/7.1/accept", "the verify: which step refuses a good credential; the message of the refusal helps"),
    (
        "webauthn/7.1/attestation-trust",
        "the verify: how the certificate chain is verified, and where the trust anchors come from",
    ),
    (
        "webauthn/7.1/challenge",
        "the verify: where the open registration is loaded, compared with the challenge in the client data, and used up",
    ),
    (
        "webauthn/7.1/credential-id-unique",
        "the verify: the look-up of the credential id among all users, and the unique index that backs it",
    ),
    ("webauthn/7.1/origin", "the verify: the comparison of the origin in the client data with the allowed origins"),
    ("webauthn/7.1/rp-id-hash", "the verify: the comparison of the RP ID hash in the authenticator data"),
    ("webauthn/8", "the verify: the verification procedure of this attestation format (WebAuthn, section 8)"),
];

impl Defect {
    /// Where the owner of a server with this defect has to look, in one sentence.
    pub fn look(&self) -> String {
        let fits = |prefix: &str| {
            self.clause.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
        };
        let best = PLACES.iter().filter(|(prefix, _)| fits(prefix)).max_by_key(|(prefix, _)| prefix.len());
        best.map(|(_, place)| format!("Look at {place}.")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::defect;

    #[test]
    fn every_defect_has_a_place_and_every_place_a_defect() {
        let looks: Vec<String> = defect::all().map(Defect::look).collect();
        assert!(defect::all().all(|defect| !defect.look().is_empty()), "a clause has no place");
        for (prefix, place) in PLACES {
            assert!(looks.contains(&format!("Look at {place}.")), "{prefix} is for no defect");
        }
    }
}
