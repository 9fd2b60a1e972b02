//! The user handle: the user's id, unless a defect or a variant has another.

use sha2::{Digest as _, Sha256};

use super::defect;
use super::store::{Kind, Pending, User};
use super::switches::Switches;
use super::variant;
use crate::contract::Flow;

/// The number of handles that a defect has for all users together.
const FEW: u64 = 8;

/// `user.id` of the options for a registration, decoded. Removals are those of the user.
pub(super) fn of(switches: &Switches, user: &User, flow: Flow, (pending, removals): (&Pending, u64)) -> Vec<u8> {
    let id = user.id.clone().into_bytes();
    if switches.has(&defect::options::USER_HANDLE_RANDOM) {
        pending.challenge.clone()
    } else if switches.has(&defect::options::USER_HANDLE_SHARED) {
        b"user".to_vec()
    } else if switches.has(&defect::options::USER_ID_65) {
        vec![7; 65]
    } else if !flow.names_user() && switches.has(&defect::identifier::HANDLE_IS_LOGIN_NAME_IN_V1) {
        format!("user-{}@{}", user.index, pending.rp_id).into_bytes()
    } else if switches.has(&defect::identifier::HANDLE_BY_KIND) {
        [id, if Kind::of(flow) == Kind::U2f { b"-u2f".to_vec() } else { b"-passkey".to_vec() }].concat()
    } else if switches.has(&defect::identifier::HANDLE_OF_FEW) {
        (user.index % FEW).to_be_bytes().to_vec()
    } else if removals > 0 {
        [id, removals.to_be_bytes().to_vec()].concat()
    } else if switches.varies(&variant::options::USER_HANDLE_64) {
        id.iter().copied().cycle().take(64).collect()
    } else if switches.varies(&variant::options::USER_HANDLE_OPAQUE) {
        Sha256::digest(id).to_vec()
    } else {
        id
    }
}
