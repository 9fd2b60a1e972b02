//! What every layer uses: enums with names, and words for counts and cuts.

/// For an enum without data whose values have names: gives it `ALL`, the values in order, and the function that gives the name.
#[macro_export]
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

pub mod words;
