//! What a bulk credential needs of creation options, borrowed from them.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::webauthn::base64;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::{OptionsError, PublicKeyCredentialCreationOptions};

/// The members of creation options that show in a credential.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted<'a> {
    /// `challenge`: base64url without padding.
    pub(super) challenge: Cow<'a, str>,
    /// `rp.id`
    pub(super) rp_id: Option<Cow<'a, str>>,
    /// Length in bytes of `user.id`.
    pub(super) user_handle_length: usize,
    /// Whether `pubKeyCredParams` offer ES256.
    pub(super) offers_es256: bool,
    /// Whether `userVerification` is anything but "discouraged".
    pub(super) asks_user_verification: bool,
    /// Whether `authenticatorAttachment` is "platform"; values that are not known are ignored.
    pub(super) is_platform: bool,
}

impl<'a> Wanted<'a> {
    /// Reads the form that servers usually send without copying; any other form as
    /// [`PublicKeyCredentialCreationOptions::from_text`] does.
    pub(super) fn read(text: &'a str) -> Result<Wanted<'a>, OptionsError> {
        let usual =
            serde_json::from_str::<Object<Wrapper<'a>>>(text).ok().and_then(|wrapper| usual(wrapper.0.public_key));
        usual.map_or_else(|| PublicKeyCredentialCreationOptions::from_text(text).map(Wanted::from), Ok)
    }

    /// As [`Wanted::read`], from a reply that was read already.
    pub(super) fn read_json(value: &'a Value) -> Result<Wanted<'a>, OptionsError> {
        let public_key = value.get("publicKey").unwrap_or(value);
        let usual = Object::<Options<'a>>::deserialize(public_key).ok().and_then(usual);
        usual.map_or_else(|| PublicKeyCredentialCreationOptions::from_json(value).map(Wanted::from), Ok)
    }
}

impl From<PublicKeyCredentialCreationOptions> for Wanted<'_> {
    fn from(options: PublicKeyCredentialCreationOptions) -> Self {
        let offers_es256 = options.offered().contains(&CoseAlgorithm::ES256);
        Wanted {
            challenge: base64::encode_url(&options.challenge).into(),
            rp_id: options.rp.id.map(Cow::from),
            user_handle_length: options.user.id.len(),
            offers_es256,
            asks_user_verification: options.user_verification.as_deref() != Some("discouraged"),
            is_platform: options.authenticator_attachment.as_deref() == Some(PLATFORM),
        }
    }
}

/// Of options whose binary members are base64url without padding.
fn usual(Object(options): Object<Options<'_>>) -> Option<Wanted<'_>> {
    base64::decode_url(options.challenge).ok()?;
    let selection = options.authenticator_selection.map(|selection| selection.0).unwrap_or_default();
    Some(Wanted {
        challenge: options.challenge.into(),
        rp_id: options.rp.0.id.map(Cow::from),
        user_handle_length: base64::decode_url(options.user.0.id).ok()?.len(),
        offers_es256: options.pub_key_cred_params.is_none_or(|offered| offered.0),
        asks_user_verification: selection.user_verification != Some("discouraged"),
        is_platform: selection.authenticator_attachment == Some(PLATFORM),
    })
}

/// `authenticatorAttachment` of an authenticator that is a part of the device.
const PLATFORM: &str = "platform";

#[derive(serde::Deserialize)]
struct Wrapper<'a> {
    #[serde(borrow, rename = "publicKey")]
    public_key: Object<Options<'a>>,
}

/// A text with escapes cannot be borrowed: it is not in the usual form.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options<'a> {
    #[serde(borrow)]
    rp: Object<RpEntity<'a>>,
    #[serde(borrow)]
    user: Object<UserEntity<'a>>,
    challenge: &'a str,
    pub_key_cred_params: Option<Offered>,
    #[serde(borrow)]
    authenticator_selection: Option<Object<Selection<'a>>>,
}

#[derive(serde::Deserialize)]
struct RpEntity<'a> {
    id: Option<&'a str>,
}

#[derive(serde::Deserialize)]
struct UserEntity<'a> {
    id: &'a str,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selection<'a> {
    user_verification: Option<&'a str>,
    authenticator_attachment: Option<&'a str>,
}

#[derive(serde::Deserialize)]
struct Parameter<'a> {
    #[serde(default = "public_key")]
    r#type: &'a str,
    alg: i64,
}

/// An entry without a type is one of a public key.
fn public_key<'a>() -> &'a str {
    "public-key"
}

/// A JSON object: the code that serde derives would also accept a list of the members.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Whether a list of parameters offers ES256; an empty one does.
struct Offered(bool);

impl<'de> Deserialize<'de> for Offered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OfferedVisitor)
    }
}

struct OfferedVisitor;

impl<'de> Visitor<'de> for OfferedVisitor {
    type Value = Offered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Offered, A::Error> {
        let (mut is_empty, mut found) = (true, false);
        while let Some(Object(parameter)) = list.next_element::<Object<Parameter<'de>>>()? {
            let is_public_key = parameter.r#type == public_key();
            is_empty = false;
            found |= is_public_key && CoseAlgorithm(parameter.alg) == CoseAlgorithm::ES256;
        }
        Ok(Offered(is_empty || found))
    }
}
