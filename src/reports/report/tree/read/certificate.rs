//! An X.509 certificate, field by field.

use crate::report::tree::marks::count;
use crate::report::tree::part::{Part, cut};
use crate::webauthn::x509::Certificate;

/// A certificate in DER.
pub(super) fn document(index: &str, der: &[u8]) -> Part {
    let mut part =
        Part::opaque(index, format!("certificate, {}", count(der.len())), der).labelled(format!("[{index}]"));
    match Certificate::from_der(der) {
        Ok(certificate) => {
            let fields = certificate.parts().into_iter();
            part.parts = fields.map(|field| Part::opaque(&field.name, cut(&field.value), &field.der)).collect();
        }
        Err(error) => part.broken = Some(error.to_string()),
    }
    part
}
