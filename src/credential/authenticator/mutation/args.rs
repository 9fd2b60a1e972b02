//! Arguments of mutations.

use serde_json::Value;

use crate::authenticator::error::MutationError;
use crate::webauthn::base64;

/// The arguments of a mutation: a JSON value, `null` for none. Each mutation says which arguments it accepts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Args(pub Value);

impl Args {
    /// No arguments.
    pub fn none() -> Args {
        Args(Value::Null)
    }

    /// A string.
    ///
    /// # Errors
    /// [`MutationError::Args`]
    pub fn text(&self) -> Result<&str, MutationError> {
        self.0.as_str().ok_or(MutationError::Args("a string"))
    }

    /// A string, or the default if there are no arguments.
    ///
    /// # Errors
    /// [`MutationError::Args`]
    pub fn text_or<'a>(&'a self, default: &'a str) -> Result<&'a str, MutationError> {
        if self.0.is_null() { Ok(default) } else { self.text() }
    }

    /// A whole number, also one written as a double.
    ///
    /// # Errors
    /// [`MutationError::Args`]
    pub fn number(&self) -> Result<i64, MutationError> {
        let whole = |number: f64| (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok()).flatten();
        self.0.as_i64().or_else(|| self.0.as_f64().and_then(whole)).ok_or(MutationError::Args("a whole number"))
    }

    /// A whole number, or the default if there are no arguments.
    ///
    /// # Errors
    /// [`MutationError::Args`]
    pub fn number_or(&self, default: i64) -> Result<i64, MutationError> {
        if self.0.is_null() { Ok(default) } else { self.number() }
    }

    /// A length or count: a whole number from 0 on.
    ///
    /// # Errors
    /// [`MutationError::Args`]
    pub fn size(&self) -> Result<usize, MutationError> {
        usize::try_from(self.number()?).map_err(|_error| MutationError::Args("a whole number of at least 0"))
    }

    /// A length or count, or the default if there are no arguments.
    ///
    /// # Errors
    /// [`MutationError::Args`]
    pub fn size_or(&self, default: usize) -> Result<usize, MutationError> {
        if self.0.is_null() { Ok(default) } else { self.size() }
    }

    /// A boolean, or the default if there are no arguments.
    ///
    /// # Errors
    /// [`MutationError::Args`]
    pub fn flag_or(&self, default: bool) -> Result<bool, MutationError> {
        if self.0.is_null() { Ok(default) } else { self.0.as_bool().ok_or(MutationError::Args("true or false")) }
    }

    /// Bytes: a string of base64 in any form, or a number of zero bytes (at most 16 MiB); one zero byte by default.
    ///
    /// # Errors
    /// [`MutationError::Args`]
    pub fn bytes(&self) -> Result<Vec<u8>, MutationError> {
        const WANTED: MutationError = MutationError::Args("base64, or a number of zero bytes up to 16777216");
        match &self.0 {
            Value::String(text) => base64::decode_any(text).map_err(|_error| WANTED),
            _ => match self.size_or(1)? {
                length @ 0..=0x0100_0000 => Ok(vec![0; length]),
                _ => Err(WANTED),
            },
        }
    }

    /// A member of an object.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

impl From<Value> for Args {
    fn from(value: Value) -> Args {
        Args(value)
    }
}
