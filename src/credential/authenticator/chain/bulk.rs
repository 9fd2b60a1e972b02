//! Creation options to credentials, as fast as templates and a key chain make it.

use std::ops::Range;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::key_chain::{ChainedKey, KeyChain, short};
use super::wanted::Wanted;
use crate::authenticator::client::Client;
use crate::authenticator::device::mark;
use crate::authenticator::error::ClientError;
use crate::authenticator::format::Format;
use crate::authenticator::keys::derive_bytes;
use crate::webauthn::authenticator_data::{Aaguid, AttestedCredentialData, AuthenticatorData, Flags};
use crate::webauthn::base64;
use crate::webauthn::client_data::{CREATE, CollectedClientData};
use crate::webauthn::cose::{CoseAlgorithm, CoseKey};
use crate::webauthn::options::OptionsError;
use crate::webauthn::public_key::{KeyKind, PublicKey};

/// Answers creation options with the throw-away credentials of a [`KeyChain`]: **for test servers only**, for the reason that
/// is written there.
///
/// A credential has the members, in the order, that [`Client::create`] writes for the same options, private key and credential
/// id, and is accepted where that one is. Each has a key and an id of its own.
///
/// Members of the options that have no consequence to the credential are not looked at, and no excluded credential is one that
/// this authenticator holds: it forgets what it makes.
#[derive(Clone)]
pub struct BulkAuthenticator {
    client: Client,
    attests: bool,
    chain: KeyChain,
    ids: CredentialIds,
    template: Template,
    site: Option<Site>,
}

/// Why there is no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BulkError {
    /// Only formats none and packed self attestation are made in bulk.
    #[error("format {} can't be made in bulk, only none and packed-self can", .0.slug())]
    Format(Format),
    /// The text is not creation options.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// A browser would refuse the options.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl BulkAuthenticator {
    /// An authenticator whose client is at an origin and makes all its checks. The seed decides every byte.
    ///
    /// # Errors
    /// [`BulkError::Format`]
    pub fn new(origin: impl Into<String>, format: Format, seed: [u8; 32]) -> Result<BulkAuthenticator, BulkError> {
        Self::with_client(Client::new(origin), format, seed)
    }

    /// As [`BulkAuthenticator::new`], with a client that may leave duties undone.
    ///
    /// # Errors
    /// [`BulkError::Format`]
    pub fn with_client(client: Client, format: Format, seed: [u8; 32]) -> Result<BulkAuthenticator, BulkError> {
        let attests = match format {
            Format::None => false,
            Format::PackedSelf => true,
            other => return Err(BulkError::Format(other)),
        };
        let (chain, ids, template) = (KeyChain::new(&seed), CredentialIds::new(&seed), Template::new(&client));
        Ok(BulkAuthenticator { client, attests, chain, ids, template, site: None })
    }

    /// Answers the JSON text of creation options, `{"publicKey": {..}}`, with that of a RegistrationResponseJSON. Every other
    /// form that servers send is read too, only not as fast.
    ///
    /// # Errors
    /// [`BulkError`]: the options can't be read, or a browser would throw.
    pub fn respond(&mut self, options: &str) -> Result<String, BulkError> {
        Ok(self.respond_to(Wanted::read(options)?)?.text())
    }

    /// As [`BulkAuthenticator::respond`], to creation options that were read as JSON already, with `publicKey` around them or without.
    ///
    /// # Errors
    /// [`BulkError`]: as there.
    pub fn respond_to_json<'a>(&'a mut self, options: &'a Value) -> Result<BulkCredential<'a>, BulkError> {
        self.respond_to(Wanted::read_json(options)?)
    }

    fn respond_to<'a>(&'a mut self, wanted: Wanted<'a>) -> Result<BulkCredential<'a>, BulkError> {
        if !(1..=64).contains(&wanted.user_handle_length) {
            return Err(ClientError::UserId(wanted.user_handle_length).into());
        }
        let site = match self.site.take() {
            Some(site) if site.is_for(&wanted) => site,
            _ => Site::new(&self.client, &wanted)?,
        };
        let site = self.site.insert(site);
        if self.client.honours_algorithms && !wanted.offers_es256 {
            return Err(ClientError::NotSupported(CoseAlgorithm::ES256).into());
        }
        let (key, id) = (self.chain.next_key(), self.ids.next());
        site.fill(&key, &id);
        self.template.fill(&key);
        let client_data = self.template.client_data(&wanted.challenge);
        let signer = self.attests.then_some(&mut self.chain);
        let object = attestation_object(signer, &site.data, &key, &client_data);
        Ok(BulkCredential {
            id,
            client_data,
            object,
            data: &site.data,
            public_key: &self.template.public_key,
            is_platform: wanted.is_platform,
        })
    }
}

/// A credential of a [`BulkAuthenticator`] as a RegistrationResponseJSON (WebAuthn L3 section 5.1), with the members in the order of [`Client::create`].
#[derive(Debug)]
pub struct BulkCredential<'a> {
    id: [u8; 32],
    client_data: Vec<u8>,
    object: Vec<u8>,
    data: &'a [u8],
    public_key: &'a [u8],
    is_platform: bool,
}

impl BulkCredential<'_> {
    /// Its id in base64url.
    pub fn id(&self) -> String {
        base64::encode_url(&self.id)
    }

    fn transport(&self) -> &'static str {
        if self.is_platform { "internal" } else { "usb" }
    }

    fn attachment(&self) -> &'static str {
        if self.is_platform { "platform" } else { "cross-platform" }
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        let text = |bytes: &[u8]| Value::from(base64::encode_url(bytes));
        // `json!` would copy every text.
        let response = [
            ("clientDataJSON", text(&self.client_data)),
            ("attestationObject", text(&self.object)),
            ("authenticatorData", text(self.data)),
            ("transports", vec![self.transport()].into()),
            ("publicKeyAlgorithm", CoseAlgorithm::ES256.0.into()),
            ("publicKey", text(self.public_key)),
        ];
        let members = [
            ("id", text(&self.id)),
            ("rawId", text(&self.id)),
            ("type", "public-key".into()),
            ("clientExtensionResults", Value::Object(Map::new())),
            ("response", response.into_iter().collect()),
            ("authenticatorAttachment", self.attachment().into()),
        ];
        members.into_iter().collect()
    }

    /// As text.
    pub fn text(&self) -> String {
        let binary = [&self.id, &self.id, &self.client_data[..], &self.object, self.data, self.public_key];
        let length = binary.iter().map(|bytes| bytes.len() + 2).sum::<usize>() * 4 / 3;
        let mut json = String::with_capacity(length + self.attachment().len() + 320);
        json.push_str("{\"id\":\"");
        base64::append_url(&self.id, &mut json);
        json.push_str("\",\"rawId\":\"");
        base64::append_url(&self.id, &mut json);
        json.push_str("\",\"type\":\"public-key\",\"clientExtensionResults\":{},\"response\":{\"clientDataJSON\":\"");
        base64::append_url(&self.client_data, &mut json);
        json.push_str("\",\"attestationObject\":\"");
        base64::append_url(&self.object, &mut json);
        json.push_str("\",\"authenticatorData\":\"");
        base64::append_url(self.data, &mut json);
        json.push_str("\",\"transports\":[\"");
        json.push_str(self.transport());
        json.push_str("\"],\"publicKeyAlgorithm\":-7,\"publicKey\":\"");
        base64::append_url(self.public_key, &mut json);
        json.push_str("\"},\"authenticatorAttachment\":\"");
        json.push_str(self.attachment());
        json.push_str("\"}");
        json
    }
}

/// Ids that differ from each other: hashes of what the seed gives and a counter.
#[derive(Clone)]
struct CredentialIds {
    secret: Vec<u8>,
    made: u64,
}

impl CredentialIds {
    fn new(seed: &[u8; 32]) -> CredentialIds {
        CredentialIds { secret: derive_bytes(seed, "key-chain/credential-ids", 32), made: 0 }
    }

    fn next(&mut self) -> [u8; 32] {
        self.made += 1;
        let hash = Sha256::new().chain_update(&self.secret).chain_update(self.made.to_be_bytes());
        let mut id: [u8; 32] = hash.finalize().into();
        mark(&mut id);
        id
    }
}

/// Authenticator data for one RP ID, as a template.
#[derive(Clone)]
struct Site {
    rp_id: Option<String>,
    asks_user_verification: bool,
    data: Vec<u8>,
}

impl Site {
    /// Where the varying parts of the data are.
    const CREDENTIAL_ID: Range<usize> = 55..87;
    const X: Range<usize> = 97..129;
    const Y: Range<usize> = 132..164;

    fn new(client: &Client, wanted: &Wanted<'_>) -> Result<Site, ClientError> {
        let rp_id = client.rp_id(wanted.rp_id.as_deref())?;
        let flags = Flags(Flags::USER_PRESENT | Flags::ATTESTED_CREDENTIAL_DATA);
        let data = AuthenticatorData {
            rp_id_hash: Sha256::digest(rp_id.as_bytes()).into(),
            flags: flags.with(Flags::USER_VERIFIED, wanted.asks_user_verification),
            sign_count: 0,
            attested: Some(AttestedCredentialData {
                aaguid: Aaguid::ZERO,
                credential_id: vec![0; Self::CREDENTIAL_ID.len()],
                public_key: CoseKey::new(CoseAlgorithm::ES256, &no_key()),
            }),
            extensions: None,
        };
        Ok(Site {
            rp_id: wanted.rp_id.as_deref().map(str::to_owned),
            asks_user_verification: wanted.asks_user_verification,
            data: data.encode(),
        })
    }

    fn is_for(&self, wanted: &Wanted<'_>) -> bool {
        self.asks_user_verification == wanted.asks_user_verification && self.rp_id.as_deref() == wanted.rp_id.as_deref()
    }

    fn fill(&mut self, key: &ChainedKey, id: &[u8; 32]) {
        self.data[Self::CREDENTIAL_ID].copy_from_slice(id);
        self.data[Self::X].copy_from_slice(&key.x);
        self.data[Self::Y].copy_from_slice(&key.y);
    }
}

/// What is the same for every site.
#[derive(Clone)]
struct Template {
    /// The client data before and behind the challenge.
    client_data: [Vec<u8>; 2],
    /// SubjectPublicKeyInfo; the coordinates are at its end.
    public_key: Vec<u8>,
}

impl Template {
    fn new(client: &Client) -> Template {
        let data = CollectedClientData {
            r#type: Some(CREATE.to_owned()),
            challenge: Some(String::new()),
            origin: Some(client.origin.clone()),
            cross_origin: Some(client.cross_origin),
            top_origin: client.top_origin.clone(),
            extra: Vec::new(),
        };
        let mut before = data.serialize();
        let after = before.split_off(format!("{{\"type\":\"{CREATE}\",\"challenge\":\"").len());
        Template { client_data: [before, after], public_key: no_key().to_spki_der() }
    }

    fn fill(&mut self, key: &ChainedKey) {
        let at = self.public_key.len() - 64;
        let (x, y) = self.public_key[at..].split_at_mut(32);
        x.copy_from_slice(&key.x);
        y.copy_from_slice(&key.y);
    }

    fn client_data(&self, challenge: &str) -> Vec<u8> {
        let [before, after] = &self.client_data;
        [before, challenge.as_bytes(), after].concat()
    }
}

/// The attestation object in the CTAP2 canonical form; without a signer that of format none.
fn attestation_object(signer: Option<&mut KeyChain>, data: &[u8], key: &ChainedKey, client_data: &[u8]) -> Vec<u8> {
    let mut object = Vec::with_capacity(128 + data.len());
    if let Some(chain) = signer {
        object.extend(b"\xa3\x63fmt\x66packed\x67attStmt\xa2\x63alg\x26\x63sig\x58\0");
        let start = object.len();
        let digest = Sha256::new().chain_update(data).chain_update(Sha256::digest(client_data)).finalize();
        chain.sign_prehash(key, digest.into(), &mut object);
        object[start - 1] = short(object.len() - start);
    } else {
        object.extend(b"\xa3\x63fmt\x64none\x67attStmt\xa0");
    }
    object.extend(b"\x68authData\x58");
    object.push(short(data.len()));
    object.extend(data);
    object
}

/// A key with zeros for coordinates.
fn no_key() -> PublicKey {
    PublicKey::elliptic(KeyKind::P256, &[0; 32], &[0; 32])
}
