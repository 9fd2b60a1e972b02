//! How methods are named.

/// A method of a service, whose messages have its name.
macro_rules! grpc {
    ($package:literal, $service:literal, $method:literal) => {
        Some(GrpcBinding {
            service: concat!($package, ".", $service),
            method: $method,
            request: concat!($package, ".", $method, "Request"),
            response: concat!($package, ".", $method, "Response"),
        })
    };
}
pub(super) use grpc;
