//! Stored data that differ from the data that were sent: names, kinds and ids.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "stored-name-cut-to-64-characters",
        "api/stored/name",
        "only the first 64 characters of a name are stored",
        &["stored"],
    ),
    fails(
        "stored-passkey-name-cut-to-255-bytes",
        "api/stored/name",
        "only the first 255 bytes of UTF-8 of a passkey's name are stored",
        &["stored"],
    ),
    fails("stored-name-in-lower-case", "api/stored/name", "names are stored in lower case", &["stored"]),
    fails(
        "stored-name-escaped",
        "api/stored/name",
        "names are stored with HTML entities in place of <, >, & and quotes",
        &["stored"],
    ),
    fails("stored-name-percent-decoded", "api/stored/name", "v2 percent-decodes names", &["stored"]),
    fails(
        "stored-name-without-astral-planes",
        "api/stored/name",
        "characters above U+FFFF in a name are stored as question marks",
        &["stored"],
    ),
    fails(
        "stored-name-as-latin-1-over-grpc-web",
        "api/stored/name",
        "over gRPC-Web the bytes of a name are read as Latin-1",
        &["stored"],
    ),
    fails(
        "stored-name-of-the-first",
        "api/stored/name",
        "every further factor of a kind gets the name of the first",
        &["stored/two-names"],
    ),
    fails(
        "stored-passkey-as-u2f-over-grpc",
        "api/stored/kind",
        "a passkey that is verified over gRPC is stored as a second factor",
        &["stored/passkey-among-second-factors"],
    ),
    fails(
        "stored-list-shows-credential-ids",
        "api/stored/id",
        "the list of passkeys shows credential ids in place of the ids of the starts",
        &["stored"],
    ),
    fails(
        "stored-credential-id-cut",
        "api/options/exclude-credentials",
        "only the first 255 bytes of a credential id are stored",
        &["auth-data/credid-length-1023"],
    ),
    deviates(
        "stored-list-of-ten",
        "api/stored/listed",
        "a list has at most ten factors, and there is no further page",
        &["stored/many"],
    ),
    deviates(
        "stored-list-once-per-name",
        "api/stored/listed",
        "if several factors have the same name, a list has only the first of them",
        &["stored/same-name"],
    ),
    fails(
        "stored-v2-not-ready-in-v1",
        "api/state/listed",
        "lists of v1 show factors that were enrolled over v2 as not ready",
        &["sequences/versions-mixed"],
    ),
    fails(
        "stored-name-of-digits-as-number",
        "api/stored/name",
        "names that are only digits are stored as numbers, without leading zeros",
        &["stored/name-digits"],
    ),
    fails(
        "stored-name-in-compatibility-form",
        "api/stored/name",
        "names are stored in Unicode normalization form KC: ligatures and superscripts become plain letters and digits",
        &["stored/name-compatibility"],
    ),
    deviates(
        "stored-list-of-own-domain",
        "api/stored/listed",
        "lists leave out factors that were enrolled at another domain than the server's own",
        &["stored/further-domain"],
    ),
    fails(
        "stored-name-taken",
        "api/stored/listed",
        "a new factor is refused if another factor of the user, of either kind, has the same name",
        &["stored/same-name"],
    ),
];
