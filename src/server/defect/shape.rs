//! Replies that lack, rename or mistype a documented member.

use super::{Defect, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "shape-start-details-missing",
        "api/shape/start",
        "a start is answered without details",
        &["enrolment/start"],
    ),
    fails(
        "shape-details-missing",
        "api/shape/verify",
        "a successful verify is answered without details",
        &["enrolment/good"],
    ),
    fails(
        "shape-verify-details-null",
        "api/shape/verify",
        "details of a verify are null over REST",
        &["enrolment/good"],
    ),
    fails(
        "shape-remove-details-missing",
        "api/shape/remove",
        "a successful remove is answered without details",
        &["enrolment/remove"],
    ),
    fails("shape-sequence-missing", "api/shape/details", "details come without sequence", &["enrolment/good"]),
    fails(
        "shape-sequence-number",
        "api/shape/details",
        "details.sequence is a JSON number over REST",
        &["enrolment/good"],
    ),
    fails(
        "shape-sequence-negative",
        "api/shape/details",
        "details.sequence is below zero over REST",
        &["enrolment/good"],
    ),
    fails("shape-dates-missing", "api/shape/details", "details come without any date", &["enrolment/good"]),
    fails(
        "shape-change-date-not-rfc3339",
        "api/shape/details",
        "details.changeDate is no RFC 3339 date over REST",
        &["enrolment/good"],
    ),
    fails(
        "shape-creation-date-number",
        "api/shape/details",
        "details.creationDate is a number of seconds over REST",
        &["enrolment/good"],
    ),
    fails(
        "shape-resource-owner-missing",
        "api/shape/details",
        "details come without resourceOwner",
        &["enrolment/good"],
    ),
    fails(
        "shape-resource-owner-renamed",
        "api/shape/details",
        "details.resourceOwner is called resource_owner over REST",
        &["enrolment/good"],
    ),
    fails(
        "shape-resource-owner-null",
        "api/shape/details",
        "details.resourceOwner is null over REST",
        &["enrolment/good"],
    ),
    fails(
        "shape-factor-id-missing",
        "api/shape/start",
        "a v2 start is answered without the factor's id",
        &["enrolment/start"],
    ),
    fails(
        "shape-factor-id-number",
        "api/shape/start",
        "the factor's id is a JSON number over REST",
        &["enrolment/start"],
    ),
    fails("shape-factor-id-empty", "api/shape/start", "the factor's id is empty", &["enrolment/start"]),
    fails(
        "shape-options-as-text",
        "api/shape/start",
        "v2's creation options are JSON in a string over REST",
        &["v2/*/rest/enrolment/start"],
    ),
    fails(
        "shape-options-as-object",
        "api/shape/start",
        "v1's creation options are an object over REST",
        &["v1/*/rest/enrolment/start"],
    ),
    fails(
        "shape-options-renamed",
        "api/shape/start",
        "v2's creation options have another name over REST",
        &["v2/*/rest/enrolment/start"],
    ),
    fails(
        "shape-error-without-type",
        "api/shape/error",
        "details of an error lack @type over REST",
        &["authorization/missing-token"],
    ),
    fails(
        "shape-error-code-string",
        "api/shape/error",
        "code of an error is a string over REST",
        &["authorization/missing-token"],
    ),
    fails(
        "shape-error-code-missing",
        "api/shape/error",
        "an error has no code over REST",
        &["authorization/missing-token"],
    ),
    fails(
        "shape-error-message-renamed",
        "api/shape/error",
        "message of an error is called error over REST",
        &["authorization/missing-token"],
    ),
    fails(
        "shape-error-message-null",
        "api/shape/error",
        "message of an error is null over REST",
        &["authorization/missing-token"],
    ),
    fails(
        "shape-error-details-not-list",
        "api/shape/error",
        "details of an error are an object over REST",
        &["authorization/missing-token"],
    ),
    fails(
        "shape-error-as-text",
        "api/shape/error",
        "the body of an error is the message alone, a JSON string, over REST",
        &["authorization/missing-token"],
    ),
];
