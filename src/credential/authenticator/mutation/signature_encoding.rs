//! Encodings of signatures that are not those of WebAuthn L3 §6.5.5, and numbers that no signature has.

use crate::authenticator::error::MutationError;
use crate::authenticator::keys::encode_pkcs1;
use crate::webauthn::der;

/// The order of P-256 (FIPS 186-5).
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
/// The order of Ed25519's base point, little-endian (RFC 8032 §5.1).
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// r and s of an ECDSA signature in DER, as big-endian numbers without leading zeros.
fn numbers(signature: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let parts = der::read_all(der::read(signature).ok()?.expect(der::SEQUENCE).ok()?).ok()?;
    let number = |index: usize| -> Option<Vec<u8>> {
        let content = parts.get(index)?.expect(der::INTEGER).ok()?;
        Some(content.iter().copied().skip_while(|byte| *byte == 0).collect())
    };
    Some((number(0)?, number(1)?))
}

fn padded(number: &[u8], length: usize) -> Vec<u8> {
    [&vec![0; length.saturating_sub(number.len())], number].concat()
}

fn pair(r: &[u8], s: &[u8]) -> Vec<u8> {
    der::sequence(&[der::unsigned(r), der::unsigned(s)])
}

fn sum(a: &[u8], b: &[u8]) -> Vec<u8> {
    let length = a.len().max(b.len()) + 1;
    let (a, b) = (padded(a, length), padded(b, length));
    let mut carry = 0_u16;
    let mut out: Vec<u8> = Vec::with_capacity(length);
    for (a, b) in a.iter().rev().zip(b.iter().rev()) {
        let digit = u16::from(*a) + u16::from(*b) + carry;
        carry = digit >> 8;
        out.push(digit.to_le_bytes()[0]);
    }
    out.reverse();
    out
}

/// `a - b`, for `a` not below `b` and of the same length.
fn difference(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0_i16;
    let mut out: Vec<u8> = Vec::with_capacity(a.len());
    for (a, b) in a.iter().rev().zip(b.iter().rev()) {
        let digit = i16::from(*a) - i16::from(*b) - borrow;
        borrow = i16::from(digit < 0);
        out.push(digit.to_le_bytes()[0]);
    }
    out.reverse();
    out
}

/// A product, as long as both factors together.
fn product(a: &[u8], b: &[u8]) -> Vec<u8> {
    // Digits of 32 bits, the least significant first.
    let digits = |bytes: &[u8]| -> Vec<u64> {
        bytes.rchunks(4).map(|four| four.iter().fold(0, |digit, byte| digit << 8 | u64::from(*byte))).collect()
    };
    let (x, y) = (digits(a), digits(b));
    let mut out = vec![0_u64; x.len() + y.len()];
    for (i, x) in x.iter().enumerate() {
        let mut carry = 0;
        for (digit, y) in out[i..].iter_mut().zip(&y) {
            let sum = x * y + *digit + carry;
            (*digit, carry) = (sum & u64::from(u32::MAX), sum >> 32);
        }
        out[i + y.len()] = carry;
    }
    let bytes: Vec<u8> = out.iter().rev().flat_map(|digit| digit.to_be_bytes()[4..].to_vec()).collect();
    bytes[bytes.len() - a.len() - b.len()..].to_vec()
}

/// The signature without the zero byte before r: a negative number. `None` if r has no zero byte, since its first bit is clear.
pub(super) fn ecdsa_negative(signature: &[u8], length: usize) -> Option<Vec<u8>> {
    let (r, s) = numbers(signature)?;
    let r = padded(&r, length);
    (r.first()? & 0x80 != 0).then(|| der::sequence(&[der::element(der::INTEGER, &r), der::unsigned(&s)]))
}

/// An ECDSA signature in another encoding or with other numbers; `None` if there is no such kind, or it needs P-256.
pub(super) fn ecdsa(kind: &str, signature: &[u8], length: usize) -> Option<Vec<u8>> {
    let (r, s) = numbers(signature)?;
    let content = der::read(signature).ok()?.content;
    let order = (length == P256_ORDER.len()).then_some(P256_ORDER);
    Some(match kind {
        "raw-rs" => [padded(&r, length), padded(&s, length)].concat(),
        "der-trailing" => [signature, &[0]].concat(),
        "der-padded-integer" => {
            let r = der::read_all(content).ok()?.first()?.content;
            der::sequence(&[der::element(der::INTEGER, &[&[0], r].concat()), der::unsigned(&s)])
        }
        "ber-long-length" => [&[der::SEQUENCE, 0x81, u8::try_from(content.len()).ok()?], content].concat(),
        "ber-indefinite" => [&[der::SEQUENCE, 0x80], content, &[0, 0]].concat(),
        "high-s" => {
            let order = order?;
            let s = padded(&s, order.len());
            let other = difference(&order, &s);
            pair(&r, if s > other { &s } else { &other })
        }
        "zero" => pair(&[0], &[0]),
        "r-n" => pair(&order?, &[1]),
        "s-plus-n" => pair(&r, &sum(&s, &order?)),
        _ => return None,
    })
}

/// An Ed25519 signature whose s has the group order added.
pub(super) fn eddsa_s_plus_order(signature: &[u8]) -> Result<Vec<u8>, MutationError> {
    let wrong = || MutationError::Impossible("the attestation key is not an Ed25519 key".to_owned());
    let (r, s) = signature.split_at_checked(32).filter(|(_, s)| s.len() == 32).ok_or_else(wrong)?;
    let big_endian = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
    let raised = sum(&big_endian(s), &big_endian(&ED25519_ORDER));
    Ok([r, &big_endian(&raised[raised.len() - 32..])].concat())
}

/// A number whose cube begins with a PKCS #1 block of eight bytes of padding: a signature under e = 3 for verifiers that do not
/// look at what follows the digest.
pub(super) fn cube_root_forgery(message: &[u8], length: usize) -> Vec<u8> {
    let block = encode_pkcs1(message, length, Some(8));
    // The block with ones to its end is the greatest cube that still begins as wanted.
    let wanted = block.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
    let mut greatest = block;
    greatest[wanted..].fill(0xff);
    // The root, bit by bit from the highest.
    let mut root = vec![0_u8; length / 3 + 1];
    for bit in 0..root.len() * 8 {
        let mut candidate = root.clone();
        candidate[bit / 8] |= 0x80 >> (bit % 8);
        let cube = product(&product(&candidate, &candidate), &candidate);
        if cube <= padded(&greatest, cube.len()) {
            root = candidate;
        }
    }
    padded(&root, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_carries() {
        assert_eq!(sum(&[0xff, 0xff], &[1]), [1, 0, 0]);
        assert_eq!(difference(&[1, 0, 0], &[0, 0, 1]), [0, 0xff, 0xff]);
        assert_eq!(product(&[0xff, 0xff], &[0xff, 0xff]), [0xff, 0xfe, 0x00, 0x01]);
        assert_eq!(product(&[1, 0, 0, 0, 0, 3], &[2, 0]), [0, 2, 0, 0, 0, 0, 6, 0]);
    }

    #[test]
    fn the_forgery_s_cube_begins_with_the_block() {
        let root = cube_root_forgery(b"message", 256);
        let cube = product(&product(&root, &root), &root);
        let block = encode_pkcs1(b"message", 256, Some(8));
        let wanted = block.iter().rposition(|byte| *byte != 0).expect("a block") + 1;
        assert_eq!(cube[cube.len() - 256..][..wanted], block[..wanted]);
    }
}
