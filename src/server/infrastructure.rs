//! gRPC health and reflection, as servers offer them to probes: tonic's own services, without a token.

use axum::Router;

use crate::wire::schema;

/// The routes of both services. Reflection is left out if our own `.proto` files do not compile, which every call says.
pub(super) fn routes() -> Router {
    let (_reporter, health) = tonic_health::server::health_reporter();
    let router = Router::new().route_service("/grpc.health.v1.Health/{method}", health);
    let Ok(descriptors) = schema::file_descriptor_set() else { return router };
    let reflection =
        || tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(&descriptors);
    let router = match reflection().build_v1() {
        Ok(reflection) => router.route_service("/grpc.reflection.v1.ServerReflection/{method}", reflection),
        Err(_) => router,
    };
    match reflection().build_v1alpha() {
        Ok(reflection) => router.route_service("/grpc.reflection.v1alpha.ServerReflection/{method}", reflection),
        Err(_) => router,
    }
}
