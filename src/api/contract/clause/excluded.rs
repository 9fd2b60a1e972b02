//! What is not tested, and why. `proofmark lint` fails where a case or a check is about one of these all the same.

const LIST: &str =
    "no page has a list, so a target may have it elsewhere or not at all; api/stored covers what a list shows";
const READ: &str = "every operation under test is a manipulation, and none of them reads one object";
const SCRIPT: &str = "a step of the script in the browser, which the harness replaces: the server takes no part in it";
const RESULT: &str = "the client does not see the result of the procedure; it shows only in what step 24 refuses";
const KNOWLEDGE: &str = "a client can neither set nor see what a relying party knows of a certificate from elsewhere";
const SAFETYNET: &str = "android-safetynet is deprecated in Level 3 and its service has ended: authenticators do not make it \
                         any more, and only JWS libraries would be left to test";
const EMPTY: &str = "over gRPC an empty message has no bytes, and over REST a missing body may mean the empty object: \
                     request/empty-start sends no body, and either answer is accepted";

/// Clause id, and why a default run does not verify it, though there is a case.
pub const ON_REQUEST: &[(&str, &str)] = &[(
    "webauthn/13.4.3/challenge-expiry",
    "its case waits until a challenge has expired: --wait-expiry TIME plays it if the options' time-out is not longer than TIME",
)];

/// Clause id, and why no case and no check is about it.
pub const EXCLUDED: &[(&str, &str)] = &[
    ("api/endpoint/v1/u2f/list", LIST),
    ("api/endpoint/v1/passwordless/list", LIST),
    ("api/endpoint/v2/passkey/list", LIST),
    (
        "api/request/oauth-flow",
        "the harness gets tokens from the user; how a server issues them is another specification, and not part of enrolment",
    ),
    ("api/request/body/v1/passwordless/start", EMPTY),
    ("api/request/body/v2/u2f/start", EMPTY),
    ("api/details/on-read/sequence", READ),
    ("api/details/on-read/creation-date", READ),
    ("api/details/on-read/change-date", READ),
    (
        "api/error-detail",
        "no page asks for a particular detail; if this one is there, a target file's reason map names its id",
    ),
    (
        "api/authenticator-kinds",
        "without attestation a response does not show the kind of its authenticator; the suites of the formats play \
         authenticators that attest",
    ),
    (
        "webauthn/7.1/options",
        "a client can't know what a relying party needs; api/options/members covers whether the options are well formed",
    ),
    ("webauthn/7.1/create", SCRIPT),
    ("webauthn/7.1/client-extension-results", SCRIPT),
    ("webauthn/7.1/backup-eligibility-policy", "a policy that no document of the target states"),
    ("webauthn/7.1/backup-state-policy", "a policy that no document of the target states"),
    ("webauthn/7.1/trust-anchors", "only the refusals of step 24 show which anchors a relying party has"),
    (
        "webauthn/7.1/credential-record/contents",
        "no documented operation shows more of a record than its id; only an authentication would show the rest",
    ),
    (
        "webauthn/7.1/extension-outputs",
        "the documented starts can't be made to ask for an extension; webauthn/7.1/extensions covers outputs that were not asked for",
    ),
    ("webauthn/8.2/knowledge", KNOWLEDGE),
    ("webauthn/8.2/result", RESULT),
    ("webauthn/8.2.1/aaguid-extension-required", "a client can't know for which models a root stands"),
    ("webauthn/8.3/result", RESULT),
    ("webauthn/8.4/tee-only", "a policy that no document of the target states"),
    ("webauthn/8.4/result", RESULT),
    ("webauthn/8.5/syntax", SAFETYNET),
    ("webauthn/8.5/response", SAFETYNET),
    ("webauthn/8.5/nonce", SAFETYNET),
    ("webauthn/8.5/service", SAFETYNET),
    ("webauthn/8.5/result", SAFETYNET),
    ("webauthn/8.6/knowledge", KNOWLEDGE),
    ("webauthn/8.6/result", RESULT),
    ("webauthn/8.7/result", RESULT),
    ("webauthn/8.8/result", RESULT),
    ("webauthn/8.9/result", RESULT),
];
