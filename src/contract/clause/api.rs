//! The API reference pages, and what gRPC and its web form say of replies.

use super::{Clause, Level};

/// The clauses of this source.
pub const CLAUSES: &[Clause] = &[
    Clause {
        id: "api/status/ok",
        level: Level::Doc,
        text: "A call that succeeds is answered with 200 (gRPC: status 0) and the documented response message.",
        source: "API pages 000 to 004, responses: 200",
    },
    Clause {
        id: "api/status/unauthenticated",
        level: Level::Doc,
        text: "A call without a valid bearer token is refused as unauthenticated: HTTP 401, code 16.",
        source: "API page 002, authorization (OAuth 2 bearer token); default response",
    },
    Clause {
        id: "api/status/permission-denied",
        level: Level::Doc,
        text: "A caller without the permission for a resource is refused with 403 (code 7).",
        source: "API pages 001 and 004, responses: 403",
    },
    Clause {
        id: "api/status/not-found",
        level: Level::Doc,
        text: "A call for a resource that does not exist is refused with 404 (code 5).",
        source: "API pages 001 and 004, responses: 404",
    },
    Clause {
        id: "api/status/default",
        level: Level::Doc,
        text: "Any other refusal is an error response with code, message and details, not a success.",
        source: "API pages 000 to 004, responses: default",
    },
    Clause {
        id: "api/authorization",
        level: Level::Doc,
        text: "A caller acts on its own user (v1) or on a user it has permission for (v2) and on nobody else.",
        source: "API pages 001 and 004, 403; page 002, users/me",
    },
    Clause {
        id: "api/shape/start",
        level: Level::Doc,
        text: "A started registration is answered with details, the id of the factor (v2) and the creation options.",
        source: "API pages 003 and 004, response schema",
    },
    Clause {
        id: "api/shape/verify",
        level: Level::Doc,
        text: "A verified registration is answered with an object that has details.",
        source: "API pages 000, 001 and 002, response schema",
    },
    Clause {
        id: "api/shape/remove",
        level: Level::Doc,
        text: "A removal is answered with an object that has details.",
        source: "API, remove operations, response schema",
    },
    Clause {
        id: "api/shape/details",
        level: Level::Doc,
        text: "details has sequence as a uint64 in a string, dates in RFC 3339 date-time form and resourceOwner as a string.",
        source: "API pages 000 to 004, schema of details",
    },
    Clause {
        id: "api/shape/error",
        level: Level::Doc,
        text: "An error body is an object with code (int32), message (string) and details (objects that each have @type).",
        source: "API pages 000 to 004, schema of the default response",
    },
    Clause {
        id: "api/content-type",
        level: Level::Doc,
        text: "A reply has the content type of the protocol that the call used.",
        source: "API pages 000 to 004, response content types",
    },
    Clause {
        id: "api/grpc-status",
        level: Level::Must,
        text: "A gRPC reply ends with a grpc-status of 0 to 16, and status details repeat the same code.",
        source: "gRPC over HTTP/2, Responses; google.rpc.Status",
    },
    Clause {
        id: "api/grpc-web-framing",
        level: Level::Must,
        text: "A gRPC-Web reply is a sequence of length-prefixed messages that one trailer frame ends, or has its status in the headers.",
        source: "gRPC-Web protocol, message framing",
    },
    Clause {
        id: "api/transports-agree",
        level: Level::Doc,
        text: "The same call gets the same answer over REST, gRPC and gRPC-Web.",
        source: "API pages 000 to 004: one operation, three content types",
    },
    Clause {
        id: "api/limit/token-name",
        level: Level::Doc,
        text: "The name of the factor is not empty and has at most 200 characters; every length in between is accepted.",
        source: "API pages 000 and 001, tokenName: non-empty and <= 200 characters",
    },
    Clause {
        id: "api/limit/credential",
        level: Level::Doc,
        text: "publicKeyCredential has 55 to 1048576 characters: v1 counted on the decoded bytes, v2 on the object's JSON text; every valid credential in between is accepted.",
        source: "API pages 000 and 001, publicKeyCredential: >= 55 characters and <= 1048576 characters",
    },
    Clause {
        id: "api/limit/user-id",
        level: Level::Doc,
        text: "userId has 1 to 200 characters.",
        source: "API pages 001 and 004, path parameters",
    },
    Clause {
        id: "api/limit/factor-id",
        level: Level::Doc,
        text: "The id of the factor in the path has 1 to 200 characters.",
        source: "API page 001, path parameters",
    },
    Clause {
        id: "api/options/exclude-credentials",
        level: Level::Doc,
        text: "The creation options list the credentials that the user already has, and no others, in excludeCredentials.",
        source: "API page 004, example; WebAuthn L3 section 5.4, excludeCredentials",
    },
    Clause {
        id: "api/options/members",
        level: Level::Must,
        text: "The creation options have rp, user, challenge and pubKeyCredParams with the types that WebAuthn gives them.",
        source: "WebAuthn L3 section 5.4, PublicKeyCredentialCreationOptions",
    },
    Clause {
        id: "api/options/rp-id",
        level: Level::Doc,
        text: "rp.id is the RP ID of the target, or the domain that the call asked for.",
        source: "API page 004, domain: \"Domain on which the user is authenticated.\"",
    },
    Clause {
        id: "api/request/malformed",
        level: Level::Doc,
        text: "A request that can't be read (broken JSON, protobuf or frame, wrong content type or method) is refused, and is not a server error.",
        source: "API pages 000 to 004, request content types; default response",
    },
    Clause {
        id: "api/request/json-mapping",
        level: Level::Doc,
        text: "Requests are read as the protobuf formats define: bytes in either base64 alphabet, padded or not, members by either of their names, unknown fields ignored in messages, the last of several counts.",
        source: "API pages 000 to 004: content types application/json, application/grpc, application/grpc-web+proto; Protocol Buffers, JSON mapping and encoding",
    },
    Clause {
        id: "api/robustness",
        level: Level::Doc,
        text: "No request makes the server fail: no 5xx, no internal or unknown error, no closed connection, no hang.",
        source: "API pages 000 to 004, default response",
    },
    Clause {
        id: "api/no-leak",
        level: Level::Doc,
        text: "A reply does not repeat the caller's token and shows nothing of the server's inside, such as a stack trace.",
        source: "OWASP ASVS 4.0.3, 7.4.1; RFC 6750 section 5",
    },
    Clause {
        id: "api/after-state",
        level: Level::Must,
        text: "A refused registration stores nothing and does not block the next one; an accepted one is stored exactly once.",
        source: "WebAuthn L3 section 7.1, create and store a new credential record",
    },
    Clause {
        id: "api/remove",
        level: Level::Doc,
        text: "A removed factor is gone: it is no longer listed in excludeCredentials.",
        source: "API, remove operations",
    },
];
