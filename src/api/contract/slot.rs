//! The places of values in messages.

/// A place in a message.
#[derive(Debug)]
pub struct Slot {
    /// The value there.
    pub what: What,
    /// JSON pointer, such as `/verification/tokenName`; for [`What::Entry`] and the values in it, from the entry on.
    pub at: &'static str,
    pub form: Form,
}

impl Slot {
    /// A slot whose value is JSON as it is.
    pub const fn new(what: What, at: &'static str) -> Slot {
        Slot { what, at, form: Form::Json }
    }

    /// A slot whose value is the base64 of a JSON text.
    pub const fn in_base64(what: What, at: &'static str) -> Slot {
        Slot { what, at, form: Form::Base64 }
    }

    /// The name of the member, the last part of its pointer.
    pub fn name(&self) -> &'static str {
        self.at.rsplit('/').next().unwrap_or_default()
    }
}

/// The values of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The id of the user that a call acts on.
    User,
    /// The id of a factor, or of the registration that it comes of.
    FactorId,
    /// The display name of a factor.
    FactorName,
    /// The credential: RegistrationResponseJSON.
    Credential,
    /// The creation options, with their member `publicKey`.
    Options,
    /// The RP ID that options are asked for.
    Domain,
    /// The kind of authenticator that options are asked for.
    Authenticator,
    /// A registration code.
    Code,
    /// The server's details of the change: sequence number, dates, owner.
    Details,
    /// A list of factors. The slots behind it are those of an entry.
    Entries,
    /// The member that only an entry of the flow's kind has, if a list has other kinds too.
    Entry,
    EntryId,
    EntryName,
    EntryState,
}

/// The form of a value in its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As JSON.
    Json,
    /// As the base64 of its JSON text (of protobuf's `bytes`).
    Base64,
}
