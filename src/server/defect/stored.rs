//! Stored data that differ from the data that were sent: names, kinds and ids.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    NAME_CUT_TO_64_CHARACTERS = fails(
        "stored-name-cut-to-64-characters",
        "api/stored/name",
        "only the first 64 characters of a name are stored",
        &["stored"],
    ),
    PASSKEY_NAME_CUT_TO_255_BYTES = fails(
        "stored-passkey-name-cut-to-255-bytes",
        "api/stored/name",
        "only the first 255 bytes of UTF-8 of a passkey's name are stored",
        &["stored"],
    ),
    NAME_IN_LOWER_CASE = fails("stored-name-in-lower-case", "api/stored/name", "names are stored in lower case", &["stored"]),
    NAME_ESCAPED = fails(
        "stored-name-escaped",
        "api/stored/name",
        "names are stored with HTML entities in place of <, >, & and quotes",
        &["stored"],
    ),
    NAME_PERCENT_DECODED = fails("stored-name-percent-decoded", "api/stored/name", "v2 percent-decodes names", &["stored"]),
    NAME_WITHOUT_ASTRAL_PLANES = fails(
        "stored-name-without-astral-planes",
        "api/stored/name",
        "characters above U+FFFF in a name are stored as question marks",
        &["stored"],
    ),
    NAME_AS_LATIN_1_OVER_GRPC_WEB = fails(
        "stored-name-as-latin-1-over-grpc-web",
        "api/stored/name",
        "over gRPC-Web the bytes of a name are read as Latin-1",
        &["stored"],
    ),
    NAME_OF_THE_FIRST = fails(
        "stored-name-of-the-first",
        "api/stored/name",
        "every further factor of a kind gets the name of the first",
        &["stored/two-names"],
    ),
    PASSKEY_AS_U2F_OVER_GRPC = fails(
        "stored-passkey-as-u2f-over-grpc",
        "api/stored/kind",
        "a passkey that is verified over gRPC is stored as a second factor",
        &["stored/passkey-among-second-factors"],
    ),
    LIST_SHOWS_CREDENTIAL_IDS = fails(
        "stored-list-shows-credential-ids",
        "api/stored/id",
        "the list of passkeys shows credential ids in place of the ids of the starts",
        &["stored"],
    ),
    CREDENTIAL_ID_CUT = fails(
        "stored-credential-id-cut",
        "api/options/exclude-credentials",
        "only the first 255 bytes of a credential id are stored",
        &["auth-data/credid-length-1023"],
    ),
    LIST_OF_TEN = deviates(
        "stored-list-of-ten",
        "api/stored/listed",
        "a list has at most ten factors, and there is no further page",
        &["stored/many"],
    ),
    LIST_ONCE_PER_NAME = deviates(
        "stored-list-once-per-name",
        "api/stored/listed",
        "if several factors have the same name, a list has only the first of them",
        &["stored/same-name"],
    ),
    V2_NOT_READY_IN_V1 = fails(
        "stored-v2-not-ready-in-v1",
        "api/state/listed",
        "lists of v1 show factors that were enrolled over v2 as not ready",
        &["sequences/versions-mixed"],
    ),
    NAME_OF_DIGITS_AS_NUMBER = fails(
        "stored-name-of-digits-as-number",
        "api/stored/name",
        "names that are only digits are stored as numbers, without leading zeros",
        &["stored/name-digits"],
    ),
    NAME_IN_COMPATIBILITY_FORM = fails(
        "stored-name-in-compatibility-form",
        "api/stored/name",
        "names are stored in Unicode normalization form KC: ligatures and superscripts become plain letters and digits",
        &["stored/name-compatibility"],
    ),
    LIST_OF_OWN_DOMAIN = deviates(
        "stored-list-of-own-domain",
        "api/stored/listed",
        "lists leave out factors that were enrolled at another domain than the server's own",
        &["stored/further-domain"],
    ),
    NAME_TAKEN = fails(
        "stored-name-taken",
        "api/stored/listed",
        "a new factor is refused if another factor of the user, of either kind, has the same name",
        &["stored/same-name"],
    ),
}
