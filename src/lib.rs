//! proofmark: a headless conformance harness and load tester for WebAuthn enrolment.

/// For an enum without data whose values have names: gives it `ALL`, the values in order, and the function that gives the name.
macro_rules! named {
    ($(#[$about:meta])* $visible:vis enum $type:ident by $name:ident {
        $($(#[$of_one:meta])* $value:ident = $text:literal,)+
    }) => {
        $(#[$about])*
        $visible enum $type {
            $($(#[$of_one])* $value,)+
        }

        impl $type {
            /// Every value, in order.
            pub const ALL: [$type; [$($text),+].len()] = [$($type::$value),+];

            /// Its name in ids, files and reports.
            pub const fn $name(self) -> &'static str {
                match self {
                    $($type::$value => $text,)+
                }
            }
        }
    };
}

pub mod authenticator;
pub mod checks;
pub mod cli;
pub mod contract;
pub mod gate;
pub mod lease;
pub mod load;
pub mod outcome;
pub mod provisioner;
pub mod relying_party;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod server;
pub mod transport;
pub mod webauthn;
pub mod wire;
