//! DER read with nothing forgiven, by the `der` crate: lengths and tags in the shortest form, sets in order, values in their
//! only form, also in the values of extensions.

use x509_cert::Certificate;
use x509_cert::der::asn1::{AnyRef, BitStringRef, Null, ObjectIdentifier, PrintableStringRef, SetOfRef, Utf8StringRef};
use x509_cert::der::asn1::{GeneralizedTime, IntRef, UtcTime};
use x509_cert::der::{Decode, Encode, Error, Reader as _, SliceReader, Tag, Tagged as _};

/// A certificate, with what its extensions hold.
pub fn certificate(der: &[u8]) -> Result<(), String> {
    element(der)?;
    let read = Certificate::from_der(der).map_err(|error| error.to_string())?;
    for extension in read.tbs_certificate().extensions().into_iter().flatten() {
        let place = |error: String| format!("extension {}: {error}", extension.extn_id);
        element(extension.extn_value.as_bytes()).map_err(place)?;
    }
    Ok(())
}

/// One element and all within it.
pub fn element(der: &[u8]) -> Result<(), String> {
    AnyRef::from_der(der).and_then(walk).map_err(|error| error.to_string())
}

fn walk(any: AnyRef<'_>) -> Result<(), Error> {
    let constructed = match any.tag() {
        Tag::Sequence | Tag::Set => true,
        tag @ (Tag::ContextSpecific { .. } | Tag::Application { .. } | Tag::Private { .. }) => tag.is_constructed(),
        _ => false,
    };
    if any.tag() == Tag::Set {
        // Refuses a set that is not in order.
        any.decode_as::<SetOfRef<'_, AnyRef<'_>>>()?;
    }
    if !constructed {
        return primitive(any);
    }
    let mut reader = SliceReader::new(any.value())?;
    while !reader.is_finished() {
        walk(AnyRef::decode(&mut reader)?)?;
    }
    Ok(())
}

fn primitive(any: AnyRef<'_>) -> Result<(), Error> {
    let bytes = any.to_der()?;
    match any.tag() {
        Tag::Boolean => bool::from_der(&bytes).map(drop),
        Tag::Integer => IntRef::from_der(&bytes).map(drop),
        Tag::BitString => {
            let bits = BitStringRef::from_der(&bytes)?;
            let unused = bits.raw_bytes().last().copied().unwrap_or_default() & ((1 << bits.unused_bits()) - 1);
            // X.690 11.2.1, which the crate does not ask for.
            if unused == 0 { Ok(()) } else { Err(Tag::BitString.value_error().into()) }
        }
        Tag::Null => Null::from_der(&bytes).map(drop),
        Tag::ObjectIdentifier => <ObjectIdentifier>::from_der(&bytes).map(drop),
        Tag::Utf8String => Utf8StringRef::from_der(&bytes).map(drop),
        Tag::PrintableString => PrintableStringRef::from_der(&bytes).map(drop),
        Tag::UtcTime => UtcTime::from_der(&bytes).map(drop),
        Tag::GeneralizedTime => GeneralizedTime::from_der(&bytes).map(drop),
        _ => Ok(()),
    }
}
