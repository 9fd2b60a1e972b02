//! Sequences of calls: what one call does to the state that another call left, by any caller and over any API version.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    REMOVE_TAKES_ALL = fails(
        "sequence-remove-takes-all",
        "api/state/kept",
        "the removal of one factor removes all of its kind",
        &["sequences/remove-first-of-two"],
    ),
    REMOVE_TAKES_NEWEST = fails(
        "sequence-remove-takes-newest",
        "api/state/removed",
        "a removal removes the newest factor of the kind, whichever factor it names",
        &["sequences/remove-first-of-two"],
    ),
    REMOVED_COMES_BACK = fails(
        "sequence-removed-comes-back",
        "api/state/removed",
        "a factor that was removed is there again after the next verify",
        &["sequences/enrol-after-removal"],
    ),
    V1_REMOVAL_KEEPS_CREDENTIAL_ID = deviates(
        "sequence-v1-removal-keeps-credential-id",
        "api/state/enrol-again",
        "a credential that was removed over v1 still counts as registered",
        &["sequences/enrol-removed-again"],
    ),
    GIVING_UP_ENDS_BOTH_KINDS = fails(
        "sequence-giving-up-ends-both-kinds",
        "api/state/open",
        "giving up the registration of one kind of factor ends that of the other kind",
        &["sequences/one-kind-given-up"],
    ),
    VERIFY_ENDS_BOTH_KINDS = fails(
        "sequence-verify-ends-both-kinds",
        "api/state/open",
        "a verify ends the registration of the other kind of factor",
        &["sequences/both-kinds-open"],
    ),
    SAME_NAME_REPLACES = fails(
        "sequence-same-name-replaces",
        "api/options/exclude-credentials",
        "a factor replaces another one of the same name",
        &["stored/same-name"],
    ),
    THIRD_EVICTS_FIRST = fails(
        "sequence-third-evicts-first",
        "api/state/listed",
        "the third factor of a kind removes the first one",
        &["sequences/remove-middle-of-three"],
    ),
    VERSIONS_APART = fails(
        "sequence-versions-apart",
        "api/state/kept",
        "options of one API version do not list credentials that were enrolled over the other",
        &["sequences/versions-mixed"],
    ),
    IDS_BY_COUNT = fails(
        "sequence-ids-by-count",
        "api/state/ids",
        "the id of a factor is the number of factors before it: after a removal an id is given twice",
        &["sequences/enrol-after-removal"],
    ),
    RESTARTS_AFTER_REMOVAL = deviates(
        "sequence-restarts-after-removal",
        "api/details/sequence",
        "after a removal a user's sequence begins at 1 again",
        &["sequences/enrol-after-removal"],
    ),
    REMOVAL_ENDS_REGISTRATIONS = fails(
        "sequence-removal-ends-registrations",
        "api/state/open",
        "the removal of a factor ends the open registrations of its user",
        &["sequences/removal-beside-open"],
    ),
    REFUSED_START_ENDS_REGISTRATION = fails(
        "sequence-refused-start-ends-registration",
        "api/state/open",
        "a start that is refused for its domain ends the registration that was open",
        &["sequences/refused-domain-beside-open"],
    ),
    FINISHED_VERIFY_ACCEPTED = fails(
        "sequence-finished-verify-accepted",
        "webauthn/7.1/challenge",
        "a further verify of a finished v2 factor is answered with 200, whatever it contains",
        &["ceremony/challenge-reuse-new-key"],
    ),
    ENROLLED_FOR_CALLER = fails(
        "sequence-enrolled-for-caller",
        "api/state/listed",
        "a credential that the administrator verifies for a user is stored for the administrator",
        &["sequences/administrator-starts"],
    ),
    BOUND_TO_PROTOCOL = fails(
        "sequence-bound-to-protocol",
        "api/transports-agree",
        "a registration that was started over one protocol is not found over another",
        &["ceremony/other-transport"],
    ),
    REMOVAL_BY_ANY_KIND = fails(
        "sequence-removal-by-any-kind",
        "api/request/factor-id",
        "a removal at the path of one kind of factor can also remove a factor of the other kind",
        &["across/other-kind-remove"],
    ),
    DENIED_VERIFY_ENDS_REGISTRATION = fails(
        "sequence-denied-verify-ends-registration",
        "api/state/open",
        "a verify that is refused for a lack of permission ends the registration that it names",
        &["sequences/denied-calls-beside-open"],
    ),
    ONE_REGISTRATION_PER_ADMINISTRATOR = fails(
        "sequence-one-registration-per-administrator",
        "api/state/open",
        "a start by the administrator for one user ends the registration that the administrator started for another",
        &["sequences/administrator-starts-for-two"],
    ),
}
