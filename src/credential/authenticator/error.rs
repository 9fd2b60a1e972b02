//! Why no credential is made.

use crate::webauthn::cose::CoseAlgorithm;

/// Why a client gives no credential. The first five carry the names of the DOMExceptions that a browser throws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The authenticator holds one of the excluded credentials.
    #[error("InvalidStateError: the authenticator holds a credential of excludeCredentials")]
    InvalidState,
    /// No offered algorithm is one of the authenticator's.
    #[error("NotSupportedError: pubKeyCredParams does not offer COSE algorithm {0}")]
    NotSupported(CoseAlgorithm),
    /// The options require something that the authenticator can't do.
    #[error("NotSupportedError: the options require the extension {0}")]
    Extension(&'static str),
    /// The RP ID does not go with the origin.
    #[error("SecurityError: RP ID {rp_id:?} is neither the host of {origin} nor a suffix of it")]
    Security {
        /// The RP ID of the options.
        rp_id: String,
        /// The caller's origin.
        origin: String,
    },
    /// The user handle is not 1 to 64 bytes long.
    #[error("TypeError: user.id has {0} bytes, not 1 to 64")]
    UserId(usize),
    /// The caller's origin is not of the form `scheme://host[:port]`.
    #[error("{0:?} is not an origin")]
    Origin(String),
    /// The private key of the request is not a key of the algorithm.
    #[error("the private key is not a key of the algorithm")]
    PrivateKey,
    /// No key of the algorithm can be made.
    #[error("keys of COSE algorithm {0} can't be made")]
    Algorithm(CoseAlgorithm),
    /// The mutation could not be applied.
    #[error("mutation {id}: {source}")]
    Mutation {
        /// Id of the mutation.
        id: &'static str,
        /// What is wrong with it.
        source: MutationError,
    },
}

/// Why a mutation cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MutationError {
    /// The arguments do not have the form that the mutation accepts.
    #[error("its arguments must be {0}")]
    Args(&'static str),
    /// The mutation is about something that the attestation format does not have.
    #[error("it does not apply to format {0}")]
    Format(&'static str),
    /// The mutation cuts more than there is.
    #[error("there are only {0} bytes to keep a part of")]
    Shorter(usize),
    /// What is asked for cannot be made from this response, by chance: another challenge or key may do.
    #[error("{0}")]
    Chance(&'static str),
    /// What is asked for cannot be made from this response.
    #[error("{0}")]
    Impossible(String),
    /// One of several mutations changed nothing, so that the name of the chain would not say what was done.
    #[error("it changes nothing here")]
    Nothing,
}
