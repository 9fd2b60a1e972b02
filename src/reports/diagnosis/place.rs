//! Where a test is played: over a protocol. The comparison of protocols has a place of its own.

/// A protocol, or the comparison of protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// REST.
    Rest,
    /// gRPC.
    Grpc,
    /// gRPC-Web.
    GrpcWeb,
    /// The comparison of protocols.
    Compared,
}

impl Place {
    /// All of them.
    pub const ALL: [Place; 4] = [Place::Rest, Place::Grpc, Place::GrpcWeb, Place::Compared];
    /// The protocols.
    pub const PROTOCOLS: [Place; 3] = [Place::Rest, Place::Grpc, Place::GrpcWeb];

    /// The place of a record.
    pub fn of(protocol: &str) -> Place {
        match protocol {
            "rest" => Place::Rest,
            "grpc" => Place::Grpc,
            "grpc-web" => Place::GrpcWeb,
            _ => Place::Compared,
        }
    }

    /// Its bit in a mask.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether a mask has it.
    pub const fn is_in(self, mask: u8) -> bool {
        mask & self.bit() != 0
    }
}

/// Counts of tests, by place.
pub type Tests = [u32; 4];
