//! A credential taken apart down to its bytes, next to the good one: differences are marked, and parts that can't be read are shown raw.

mod compare;
mod decoded;
mod marks;
mod node;
mod part;
mod read;
mod render;

pub use decoded::decoded;
pub use marks::{Marks, Run};
pub use node::{Change, Node, Tree};
pub use render::text;

#[cfg(test)]
mod tests;
