//! What is not tested, and why. `proofmark lint` fails where a case or a check is about one of these all the same.

const LIST: &str =
    "no page has a list, so that a target may have it elsewhere or not at all; what one shows is api/stored";
const READ: &str = "every operation under test is a manipulation; none reads one object";
const SCRIPT: &str = "a step of the script in the browser, whose place the harness takes: the server has no part in it";
const RESULT: &str = "what the procedure gives is not told to the client; it shows only in what step 24 refuses";
const KNOWLEDGE: &str = "what a relying party knows of a certificate from elsewhere, a client can neither set nor see";
const SAFETYNET: &str = "android-safetynet is deprecated in Level 3 and its service has ended: no authenticator makes it, and what is \
                         left to test is JWS libraries";
const EMPTY: &str = "over gRPC an empty message is no bytes, and over REST a missing body may stand for the empty object: \
                     request/empty-start sends none, and either answer will do";

/// Clause id, and why a default run does not verify it, though there is a case.
pub const ON_REQUEST: &[(&str, &str)] = &[(
    "webauthn/13.4.3/challenge-expiry",
    "its case waits until a challenge has expired: --wait-expiry TIME plays it where the options' time-out is no longer than TIME",
)];

/// Clause id, and why no case and no check is about it.
pub const EXCLUDED: &[(&str, &str)] = &[
    ("api/endpoint/v1/u2f/list", LIST),
    ("api/endpoint/v1/passwordless/list", LIST),
    ("api/endpoint/v2/passkey/list", LIST),
    (
        "api/request/oauth-flow",
        "the harness is given tokens; how a server hands them out is another specification, and not part of enrolment",
    ),
    ("api/request/body/v1/passwordless/start", EMPTY),
    ("api/request/body/v2/u2f/start", EMPTY),
    ("api/details/on-read/sequence", READ),
    ("api/details/on-read/creation-date", READ),
    ("api/details/on-read/change-date", READ),
    (
        "api/error-detail",
        "no page asks for a particular detail; where there is this one, its id is what a target file's reason map names",
    ),
    (
        "api/authenticator-kinds",
        "without attestation a response does not show what kind its authenticator is; what attests is played by the suites of \
         its formats",
    ),
    (
        "webauthn/7.1/options",
        "what a relying party needs, a client can't know; that the options are well formed is api/options/members",
    ),
    ("webauthn/7.1/create", SCRIPT),
    ("webauthn/7.1/client-extension-results", SCRIPT),
    ("webauthn/7.1/backup-eligibility-policy", "a policy that no document of the target states"),
    ("webauthn/7.1/backup-state-policy", "a policy that no document of the target states"),
    ("webauthn/7.1/trust-anchors", "which anchors a relying party has shows only in what step 24 refuses"),
    (
        "webauthn/7.1/credential-record/contents",
        "no documented operation shows more of a record than its id; the rest would show in an authentication",
    ),
    (
        "webauthn/7.1/extension-outputs",
        "the documented starts can't be made to ask for an extension; what is answered unasked is webauthn/7.1/extensions",
    ),
    ("webauthn/8.2/knowledge", KNOWLEDGE),
    ("webauthn/8.2/result", RESULT),
    ("webauthn/8.2.1/aaguid-extension-required", "which models a root stands for, a client can't know"),
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
