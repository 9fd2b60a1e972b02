//! What the endpoints of both versions have in common.

use crate::contract::{Endpoint, Flow, GrpcBinding, Operation, RestBinding, Slot, What};

pub(super) const DETAILS: Slot = Slot::new(What::Details, "/details");
/// A list of passkeys alone.
pub(super) const LISTED: &[Slot] = &[
    Slot::new(What::Entries, "/result"),
    Slot::new(What::EntryId, "/id"),
    Slot::new(What::EntryName, "/name"),
    Slot::new(What::EntryState, "/state"),
];

/// A method of a service, whose messages have its name.
macro_rules! grpc {
    ($package:literal, $service:literal, $method:literal) => {
        GrpcBinding {
            service: concat!($package, ".", $service),
            method: $method,
            request: concat!($package, ".", $method, "Request"),
            response: concat!($package, ".", $method, "Response"),
        }
    };
}
pub(super) use grpc;

/// An endpoint that has the name of its method. Factors are removed by DELETE, and everything else is a POST. Unless an endpoint says
/// otherwise, it takes nothing, answers details, and has neither limits nor refusals of its own.
pub(super) const fn endpoint(flow: Flow, operation: Operation, path: &'static str, grpc: GrpcBinding) -> Endpoint {
    let method = if matches!(operation, Operation::Remove) { "DELETE" } else { "POST" };
    Endpoint {
        name: grpc.method,
        flow,
        operation,
        rest: RestBinding { method, path },
        grpc: Some(grpc),
        request: &[],
        response: &[DETAILS],
        documented_refusals: &[],
        limits: &[],
    }
}
