//! Every mutation.

use super::stage::Mutation;
use super::{
    attestation_object, authenticator_data, certificate, client_data, cose_key, credential, envelope, format_parts,
    signature,
};

impl Mutation {
    /// The mutation with an id.
    pub fn find(id: &str) -> Option<&'static Mutation> {
        MUTATIONS.iter().find(|mutation| mutation.id == id)
    }
}

/// Every mutation, by family.
pub const MUTATIONS: &[Mutation] = &ALL;

const FAMILIES: [&[Mutation]; 9] = [
    client_data::MUTATIONS,
    authenticator_data::MUTATIONS,
    cose_key::MUTATIONS,
    signature::MUTATIONS,
    certificate::MUTATIONS,
    format_parts::MUTATIONS,
    attestation_object::MUTATIONS,
    envelope::MUTATIONS,
    credential::MUTATIONS,
];

const ALL: [Mutation; count()] = {
    let mut all = [FAMILIES[0][0]; count()];
    let (mut family, mut next) = (0, 0);
    while family < FAMILIES.len() {
        let mut index = 0;
        while index < FAMILIES[family].len() {
            all[next] = FAMILIES[family][index];
            index += 1;
            next += 1;
        }
        family += 1;
    }
    all
};

const fn count() -> usize {
    let (mut total, mut family) = (0, 0);
    while family < FAMILIES.len() {
        total += FAMILIES[family].len();
        family += 1;
    }
    total
}
