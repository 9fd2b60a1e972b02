//! Sequences of calls: what one call does to what another one has left, by whomever, over whatever version.

use super::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "sequence-remove-takes-all",
        "api/state/removed",
        "the removal of one factor removes all of its kind",
        &["model"],
    ),
    fails(
        "sequence-remove-takes-newest",
        "api/state/removed",
        "a removal takes the newest factor of the kind, whichever is named",
        &["model"],
    ),
    fails(
        "sequence-removed-comes-back",
        "api/state/removed",
        "a factor that was removed is there again after the next verify",
        &["model"],
    ),
    deviates(
        "sequence-v1-removal-keeps-credential-id",
        "api/state/enrol-again",
        "a credential that was removed over v1 counts as registered",
        &["model"],
    ),
    fails(
        "sequence-giving-up-ends-both-kinds",
        "api/state/open",
        "giving up the registration of one kind of factor ends that of the other kind",
        &["model"],
    ),
    fails(
        "sequence-verify-ends-both-kinds",
        "api/state/open",
        "a verify ends the registration of the other kind of factor",
        &["model"],
    ),
    fails(
        "sequence-registration-is-the-callers",
        "api/state/open",
        "a registration that the administrator started can't be finished by the user",
        &["model"],
    ),
    fails(
        "sequence-same-name-replaces",
        "api/state/kept",
        "a factor replaces another one of the same name",
        &["model"],
    ),
    fails(
        "sequence-third-evicts-first",
        "api/state/kept",
        "the third factor of a kind puts the first one out",
        &["model"],
    ),
    deviates(
        "sequence-versions-apart",
        "api/state/consistent",
        "options of one version do not list what was enrolled over the other",
        &["model"],
    ),
    fails(
        "sequence-ids-by-count",
        "api/state/ids",
        "the id of a factor is the number of those before: after a removal it is given twice",
        &["model"],
    ),
    deviates(
        "sequence-restarts-after-removal",
        "api/state/forward",
        "after a removal a user's sequence begins at 1 again",
        &["model"],
    ),
    deviates(
        "sequence-removal-dated-back",
        "api/state/forward",
        "changeDate of a removal is the date of the start, before that of the verify",
        &["model"],
    ),
];
