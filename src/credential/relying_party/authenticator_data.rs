//! What is checked of authenticator data, in any ceremony.

use sha2::{Digest as _, Sha256};

use super::context::{Context, Row, holds};
use super::step::Step;
use crate::webauthn::authenticator_data::{AuthenticatorData, Flags};

/// The checks in the order of evaluation.
pub(super) const CHECKS: &[Row<AuthenticatorData>] = &[
    (Step::RpIdHash, is_of_rp_id),
    (Step::UserPresent, is_present),
    (Step::UserVerified, is_verified),
    (Step::BackupState, is_eligible_for_backup),
];

fn is_of_rp_id(context: &Context<'_>, data: &AuthenticatorData) -> Result<(), String> {
    let rp_id = context.ceremony.rp_id;
    let expected: [u8; 32] = Sha256::digest(rp_id.as_bytes()).into();
    holds(data.rp_id_hash == expected, || format!("rpIdHash is not the SHA-256 of {rp_id:?}"))
}

fn is_present(_: &Context<'_>, data: &AuthenticatorData) -> Result<(), String> {
    holds(data.flags.has(Flags::USER_PRESENT), || "the UP flag is clear".to_owned())
}

fn is_verified(context: &Context<'_>, data: &AuthenticatorData) -> Result<(), String> {
    let is_verified = data.flags.has(Flags::USER_VERIFIED) || !context.ceremony.user_verification_required;
    holds(is_verified, || "user verification is required and the UV flag is clear".to_owned())
}

fn is_eligible_for_backup(_: &Context<'_>, data: &AuthenticatorData) -> Result<(), String> {
    let stands = data.flags.has(Flags::BACKUP_ELIGIBLE) || !data.flags.has(Flags::BACKUP_STATE);
    holds(stands, || "the BS flag is set and the BE flag is clear".to_owned())
}
