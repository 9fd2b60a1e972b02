//! The contract and its flows.

use super::{v1, v2};
use crate::contract::{Contract, Flow, FlowData};

/// Auth v1 and user v2.
pub static CONTRACT: Contract =
    Contract { name: "zitadel", flows: &[Flow(&V1_U2F), Flow(&V1_PASSWORDLESS), Flow(&V2_U2F), Flow(&V2_PASSKEY)] };

impl Flow {
    /// `/auth/v1/users/me/auth_factors/u2f`
    pub const V1_U2F: Flow = Flow(&V1_U2F);
    /// `/auth/v1/users/me/passwordless`
    pub const V1_PASSWORDLESS: Flow = Flow(&V1_PASSWORDLESS);
    /// `/v2/users/{userId}/u2f`
    pub const V2_U2F: Flow = Flow(&V2_U2F);
    /// `/v2/users/{userId}/passkeys`
    pub const V2_PASSKEY: Flow = Flow(&V2_PASSKEY);

    /// All four.
    pub const ALL: [Flow; 4] = [Flow::V1_U2F, Flow::V1_PASSWORDLESS, Flow::V2_U2F, Flow::V2_PASSKEY];
}

static V1_U2F: FlowData = FlowData {
    slug: "v1/u2f",
    contract: || &CONTRACT,
    is_u2f: true,
    verifies_user: false,
    locks_token: true,
    endpoints: || &v1::U2F,
};

static V1_PASSWORDLESS: FlowData = FlowData {
    slug: "v1/passwordless",
    contract: || &CONTRACT,
    is_u2f: false,
    verifies_user: true,
    locks_token: false,
    endpoints: || &v1::PASSWORDLESS,
};

static V2_U2F: FlowData = FlowData {
    slug: "v2/u2f",
    contract: || &CONTRACT,
    is_u2f: true,
    verifies_user: true,
    locks_token: false,
    endpoints: || &v2::U2F,
};

static V2_PASSKEY: FlowData = FlowData {
    slug: "v2/passkey",
    contract: || &CONTRACT,
    is_u2f: false,
    verifies_user: true,
    locks_token: false,
    endpoints: || &v2::PASSKEY,
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::contract::Operation;

    #[test]
    fn every_flow_has_every_operation_once() {
        for flow in Flow::ALL {
            for operation in Operation::ALL {
                let found = flow.endpoints().filter(|endpoint| endpoint.operation == operation).count();
                assert_eq!(found, 1, "{flow} {}", operation.slug());
            }
            assert!(flow.endpoints().all(|endpoint| endpoint.flow == flow), "{flow}");
            assert_eq!(Flow::from_slug(flow.slug()), Some(flow));
        }
    }

    #[test]
    fn path_members_are_read_in_order() {
        let verify = Flow::V2_U2F.endpoint(Operation::Verify).expect("listed");
        assert_eq!(verify.path_members().collect::<Vec<_>>(), ["userId", "u2fId"]);
        assert_eq!(Flow::V1_U2F.endpoint(Operation::Start).expect("listed").path_members().count(), 0);
    }

    #[test]
    fn grpc_paths_are_unique() {
        let mut paths = HashSet::new();
        for endpoint in CONTRACT.endpoints() {
            let path = endpoint.grpc.as_ref().map(|grpc| grpc.path());
            assert!(path.is_some_and(|path| paths.insert(path)), "{}", endpoint.name);
        }
    }

    #[test]
    fn flows_have_two_siblings_and_an_order() {
        assert_eq!(Flow::V1_U2F.of_other_kind(), Some(Flow::V1_PASSWORDLESS));
        assert_eq!(Flow::V2_PASSKEY.of_other_family(), Some(Flow::V1_PASSWORDLESS));
        assert!(Flow::ALL.is_sorted() && Flow::V1_U2F < Flow::V2_PASSKEY);
        let named = Flow::ALL.map(|flow| (flow.names_user(), flow.names_registration()));
        assert_eq!(named, [(false, false), (false, false), (true, true), (true, true)]);
    }
}
