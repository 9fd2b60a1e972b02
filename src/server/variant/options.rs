//! The members of creation options.

use super::entry::{Variant, variant};

/// Cases that see options, make credentials from them, and have them verified.
const OPTIONS: &[&str] = &["enrolment", "ceremony/replayed-response", "client-data/challenge-other"];
/// Cases that spoil the challenge too.
const CHALLENGES: &[&str] = &["enrolment", "ceremony/replayed-response", "client-data/challenge-*"];
/// Cases of algorithms too.
const ALGORITHMS: &[&str] = &["v2/passkey/rest/enrolment", "v2/passkey/rest/cose", "v1/u2f/grpc/enrolment"];

entries! {
    VARIANTS: Variant;
    MEMBERS_FEW = variant(
        "options-members-few",
        "api/options/members",
        "options have only the required members: no timeout, no attestation, no empty list of excluded credentials",
        "WebAuthn L3 section 5.4 has defaults for all of them",
        OPTIONS,
    ),
    MEMBERS_MORE = variant(
        "options-members-more",
        "api/options/members",
        "options also have hints, attestationFormats, extensions and an unknown member",
        "WebAuthn L3 section 5.4 has the named members, and the pages do not show them; a dictionary ignores unknown members",
        &["enrolment", "ceremony/replayed-response", "client-data/challenge-other", "extensions"],
    ),
    V1_STANDARD_BASE64 = variant(
        "options-v1-standard-base64",
        "api/options/members",
        "binary members of v1's options are in standard base64 with padding",
        "as in page 003's example; v2's are base64url, as in page 004's",
        &["v1/*/*/enrolment", "v1/*/*/ceremony/replayed-response", "v1/*/*/client-data/challenge-other"],
    ),
    ATTACHMENT_CHOSEN = variant(
        "attachment-chosen",
        "api/options/attachment",
        "if a start does not ask for a kind of authenticator, the options name one",
        "the relying party chooses which authenticators it accepts (WebAuthn L3 section 5.4.4)",
        OPTIONS,
    ),
    ALGORITHMS_ES256_ONLY = variant(
        "algorithms-es256-only",
        "webauthn/7.1/algorithm",
        "only ES256 is offered",
        "as in page 004's example; the relying party chooses which algorithms it offers",
        ALGORITHMS,
    ),
    ALGORITHMS_REVERSED = variant(
        "algorithms-reversed",
        "webauthn/7.1/algorithm",
        "algorithms are offered in the reverse order",
        "the order is the relying party's preference (WebAuthn L3 section 5.4)",
        ALGORITHMS,
    ),
    ALGORITHMS_MORE = variant(
        "algorithms-more",
        "webauthn/7.1/algorithm",
        "fully specified algorithms and ML-DSA are offered too",
        "RFC 9864 and RFC 9964 register them, WebAuthn L3 section 5.8.5 names them",
        ALGORITHMS,
    ),
    ALGORITHMS_EMPTY = variant(
        "algorithms-empty",
        "api/options/members",
        "the list of algorithms is empty, which stands for ES256 and RS256",
        "WebAuthn L3 section 5.4, pubKeyCredParams",
        ALGORITHMS,
    ),
    ATTESTATION_DIRECT = variant(
        "attestation-direct",
        "webauthn/7.1/attestation-trust",
        "the options ask for attestation",
        "the relying party chooses the preference; authenticators may still give none",
        OPTIONS,
    ),
    ATTESTATION_ANY_ROOT = variant(
        "attestation-any-root",
        "webauthn/7.1/attestation-trust",
        "attestation need not lead to a trust anchor",
        "section 7.1 step 24 leaves trust to the relying party's policy; the target declares that it has none",
        &["v2/u2f/rest/packed-x5c", "v2/u2f/rest/tpm", "v1/u2f/rest/fido-u2f"],
    ),
    USER_VERIFICATION_PREFERRED = variant(
        "user-verification-preferred",
        "webauthn/7.1/user-verified",
        "user verification is preferred on every flow, and not required",
        "pages 003 and 004 differ here; it is a matter of policy (WebAuthn L3 section 5.8.6)",
        &["enrolment", "auth-data/flags-uv-clear-required", "client-data/challenge-other"],
    ),
    EXCLUDE_CREDENTIALS_REVERSED = variant(
        "exclude-credentials-reversed",
        "api/options/exclude-credentials",
        "the newest credential comes first in excludeCredentials",
        "the list has no order (WebAuthn L3 section 5.4)",
        OPTIONS,
    ),
    EXCLUDE_CREDENTIALS_TRANSPORTS = variant(
        "exclude-credentials-transports",
        "api/options/exclude-credentials",
        "descriptors in excludeCredentials have transports",
        "an optional member (WebAuthn L3 section 5.8.3)",
        OPTIONS,
    ),
    CHALLENGE_16 = variant(
        "challenge-16",
        "webauthn/13.4.3/challenge-length",
        "a challenge has 16 bytes",
        "the minimum that section 13.5.3 recommends",
        OPTIONS,
    ),
    CHALLENGE_64 = variant(
        "challenge-64",
        "webauthn/13.4.3/challenge-length",
        "a challenge has 64 bytes",
        "section 13.5.3 has no maximum length",
        OPTIONS,
    ),
    CHALLENGE_UUID = variant(
        "challenge-uuid",
        "webauthn/13.4.3/challenge-length",
        "a challenge is a random UUID, six bits of which are always the same",
        "section 13.5.3 asks for enough entropy that a challenge can't be guessed, and recommends 16 bytes",
        OPTIONS,
    ),
    CHALLENGE_WITH_TIME = variant(
        "challenge-with-time",
        "webauthn/13.4.3/challenge",
        "a challenge begins with eight bytes of the time, before 16 random ones",
        "the random bytes can't be guessed; servers that keep no state put the time into the challenge",
        CHALLENGES,
    ),
    CHALLENGE_AS_TEXT = variant(
        "challenge-as-text",
        "webauthn/13.4.3/challenge",
        "a challenge is the hexadecimal text of 16 random bytes",
        "it has as much entropy as it should; some characters of base64 never occur in the base64 of such a text",
        CHALLENGES,
    ),
    CHALLENGE_EXPIRES_LATE = variant(
        "challenge-expires-late",
        "webauthn/13.4.3/challenge-expiry",
        "a registration can be finished until 1.5 times the timeout of its options has passed",
        "the timeout is for the client, and the ceremony begins after the start was answered (WebAuthn L3 section 5.4)",
        &["*/*/rest/ceremony/expired-challenge"],
    ),
    USER_HANDLE_64 = variant(
        "user-handle-64",
        "webauthn/5.4.3/user-handle",
        "a user handle has 64 bytes",
        "the maximum that WebAuthn L3 section 5.4.3 allows",
        &["enrolment", "ceremony/user-handle-unique"],
    ),
    USER_HANDLE_OPAQUE = variant(
        "user-handle-opaque",
        "webauthn/5.4.3/user-handle",
        "a user handle is a hash of the user's id",
        "an opaque byte sequence (WebAuthn L3 section 5.4.3)",
        &["enrolment", "ceremony/user-handle-unique"],
    ),
    DISPLAY_NAME_EMPTY = variant(
        "options-display-name-empty",
        "api/options/members",
        "displayName is empty",
        "WebAuthn L3 section 5.4.3 lets it be empty if no name is suitable",
        &["enrolment", "ceremony/replayed-response"],
    ),
    TIMEOUT_TEN_MINUTES = variant(
        "options-timeout-ten-minutes",
        "webauthn/13.4.3/challenge-expiry",
        "timeout is ten minutes, and a registration can be finished for ten minutes",
        "section 15.1 recommends five to ten minutes",
        &["enrolment", "ceremony/replayed-response"],
    ),
    EXCLUDE_BOTH_KINDS = variant(
        "exclude-both-kinds",
        "api/options/exclude-credentials",
        "options list the user's credentials of both kinds",
        "by WebAuthn L3 section 5.4 the list holds the existing credentials of the account",
        &["enrolment"],
    ),
}
