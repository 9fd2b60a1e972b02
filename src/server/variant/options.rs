//! What creation options hold.

use super::entry::{Variant, variant};

/// Cases that see options, make credentials from them, and have them verified.
const OPTIONS: &[&str] = &["enrolment", "ceremony/replayed-response", "client-data/challenge-other"];
/// Cases that spoil the challenge too.
const CHALLENGES: &[&str] = &["enrolment", "ceremony/replayed-response", "client-data/challenge-*"];
/// Cases of algorithms too.
const ALGORITHMS: &[&str] = &["v2/passkey/rest/enrolment", "v2/passkey/rest/cose", "v1/u2f/grpc/enrolment"];

pub(super) const VARIANTS: &[Variant] = &[
    variant(
        "options-members-few",
        "api/options/members",
        "options have only what they must: no timeout, no attestation, no empty list of excluded credentials",
        "WebAuthn L3 section 5.4 has defaults for all of them",
        OPTIONS,
    ),
    variant(
        "options-members-more",
        "api/options/members",
        "options also have hints, attestationFormats, extensions and a member that nobody knows",
        "members of WebAuthn L3 section 5.4 that the pages do not show; a dictionary ignores what it does not have",
        &["enrolment", "ceremony/replayed-response", "client-data/challenge-other", "extensions"],
    ),
    variant(
        "options-v1-standard-base64",
        "api/options/members",
        "binary members of v1's options are in standard base64 with padding",
        "as in page 003's example; v2's are base64url, as in page 004's",
        &["v1/*/*/enrolment", "v1/*/*/ceremony/replayed-response", "v1/*/*/client-data/challenge-other"],
    ),
    variant(
        "attachment-chosen",
        "api/options/attachment",
        "where a start asks for no kind of authenticator the options name one",
        "which authenticators are taken is the relying party's choice (WebAuthn L3 section 5.4.4)",
        OPTIONS,
    ),
    variant(
        "algorithms-es256-only",
        "webauthn/7.1/algorithm",
        "only ES256 is offered",
        "page 004's example; which algorithms are offered is the relying party's choice",
        ALGORITHMS,
    ),
    variant(
        "algorithms-reversed",
        "webauthn/7.1/algorithm",
        "algorithms are offered in the reverse order",
        "the order is the relying party's preference (WebAuthn L3 section 5.4)",
        ALGORITHMS,
    ),
    variant(
        "algorithms-more",
        "webauthn/7.1/algorithm",
        "fully specified algorithms are offered too",
        "RFC 9864 registers them, WebAuthn L3 section 5.8.5 names them",
        ALGORITHMS,
    ),
    variant(
        "algorithms-empty",
        "api/options/members",
        "the list of algorithms is empty, which stands for ES256 and RS256",
        "WebAuthn L3 section 5.4, pubKeyCredParams",
        ALGORITHMS,
    ),
    variant(
        "attestation-direct",
        "webauthn/7.1/attestation-trust",
        "attestation is asked for",
        "the preference is the relying party's; authenticators may give none all the same",
        OPTIONS,
    ),
    variant(
        "attestation-any-root",
        "webauthn/7.1/attestation-trust",
        "attestation need not lead to a trust anchor",
        "section 7.1 step 24 leaves trust to the relying party's policy; the target says that it has none",
        &["v2/u2f/rest/packed-x5c", "v2/u2f/rest/tpm", "v1/u2f/rest/fido-u2f"],
    ),
    variant(
        "user-verification-preferred",
        "webauthn/7.1/user-verified",
        "user verification is preferred on every flow, and not required",
        "pages 003 and 004 differ in it; a policy (WebAuthn L3 section 5.8.6)",
        &["enrolment", "auth-data/flags-uv-clear-required", "client-data/challenge-other"],
    ),
    variant(
        "exclude-credentials-reversed",
        "api/options/exclude-credentials",
        "the newest credential stands first in excludeCredentials",
        "the list has no order (WebAuthn L3 section 5.4)",
        OPTIONS,
    ),
    variant(
        "exclude-credentials-transports",
        "api/options/exclude-credentials",
        "descriptors in excludeCredentials have transports",
        "an optional member (WebAuthn L3 section 5.8.3)",
        OPTIONS,
    ),
    variant(
        "challenge-16",
        "webauthn/13.4.3/challenge-length",
        "a challenge has 16 bytes",
        "the least that section 13.5.3 recommends",
        OPTIONS,
    ),
    variant(
        "challenge-64",
        "webauthn/13.4.3/challenge-length",
        "a challenge has 64 bytes",
        "section 13.5.3 has no greatest length",
        OPTIONS,
    ),
    variant(
        "challenge-uuid",
        "webauthn/13.4.3/challenge-length",
        "a challenge is a random UUID, six bits of which are always the same",
        "section 13.5.3 asks for so much that it can't be guessed, and recommends 16 bytes",
        OPTIONS,
    ),
    variant(
        "challenge-with-time",
        "webauthn/13.4.3/challenge",
        "a challenge begins with eight bytes of the time, before 16 random ones",
        "what follows can't be guessed; servers that keep no state put the time into the challenge",
        CHALLENGES,
    ),
    variant(
        "challenge-as-text",
        "webauthn/13.4.3/challenge",
        "a challenge is the hexadecimal text of 16 random bytes",
        "it has as much entropy as it should; some characters of base64 never stand in the base64 of such a text",
        CHALLENGES,
    ),
    variant(
        "challenge-expires-late",
        "webauthn/13.4.3/challenge-expiry",
        "a registration can be finished for half as long again as the time-out of its options",
        "the time-out is the client's, and the ceremony begins later than the start is answered (WebAuthn L3 section 5.4)",
        &["*/*/rest/ceremony/expired-challenge"],
    ),
    variant(
        "user-handle-64",
        "webauthn/5.4.3/user-handle",
        "a user handle has 64 bytes",
        "the most that WebAuthn L3 section 5.4.3 allows",
        &["enrolment", "ceremony/user-handle-unique"],
    ),
    variant(
        "user-handle-opaque",
        "webauthn/5.4.3/user-handle",
        "a user handle is a hash of the user's id",
        "an opaque byte sequence (WebAuthn L3 section 5.4.3)",
        &["enrolment", "ceremony/user-handle-unique"],
    ),
    variant(
        "options-display-name-empty",
        "api/options/members",
        "displayName is empty",
        "WebAuthn L3 section 5.4.3 lets it be empty where no name is suitable",
        &["enrolment", "ceremony/replayed-response"],
    ),
    variant(
        "options-timeout-ten-minutes",
        "webauthn/13.4.3/challenge-expiry",
        "timeout is ten minutes, and a registration can be finished as long",
        "section 15.1 recommends five to ten minutes",
        &["enrolment", "ceremony/replayed-response"],
    ),
    variant(
        "exclude-both-kinds",
        "api/options/exclude-credentials",
        "options list the user's credentials of both kinds",
        "WebAuthn L3 section 5.4 has the list hold the existing credentials of the account",
        &["enrolment"],
    ),
];
