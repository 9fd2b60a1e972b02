//! The documented limits, enforced from the contract's table.

use serde_json::Value;

use super::defect;
use super::refusal::{self, Refused};
use super::switches::Switches;
use crate::contract::{Endpoint, LengthUnit, Limit, What};

/// Refuses a message with a member outside its limits. A member that is not there counts as empty, as in proto3.
pub(super) fn check(endpoint: &Endpoint, message: &Value, switches: &Switches) -> Result<(), Refused> {
    for limit in endpoint.limits {
        let is_of = |what| endpoint.asks(what).is_some_and(|slot| slot.at == limit.member);
        let (is_name, is_credential, is_factor) =
            (is_of(What::FactorName), is_of(What::Credential), is_of(What::FactorId));
        let mut length = message.pointer(limit.member).map_or(0, |member| measure(limit.unit, member));
        let is_user = is_of(What::User);
        let (mut min, mut max) = (limit.min, limit.max);
        let text = message.pointer(limit.member).and_then(Value::as_str).unwrap_or_default();
        if (is_name && switches.has(&defect::limit::TOKEN_NAME_BYTES))
            || (is_user && switches.has(&defect::limit::USER_ID_BYTES))
            || (is_factor && switches.has(&defect::limit::FACTOR_ID_BYTES))
            || (limit.unit == LengthUnit::DecodedBytes && switches.has(&defect::limit::CREDENTIAL_BASE64_TEXT))
        {
            length = text.len();
        }
        if is_name && switches.has(&defect::limit::TOKEN_NAME_UTF16) {
            length = text.encode_utf16().count();
        }
        let one = |concerned: bool| usize::from(concerned);
        min -= one(is_name && switches.has(&defect::limit::TOKEN_NAME_EMPTY));
        min += one(is_name && switches.has(&defect::limit::TOKEN_NAME_MIN_2));
        max -= one(is_name && switches.has(&defect::limit::TOKEN_NAME_199));
        max += one(is_name && switches.has(&defect::limit::TOKEN_NAME_201));
        min -= one(is_credential && switches.has(&defect::limit::CREDENTIAL_MIN));
        min += one(is_credential && switches.has(&defect::limit::CREDENTIAL_MIN_56));
        max -= one(is_credential && switches.has(&defect::limit::CREDENTIAL_MAX));
        max += one(is_credential && switches.has(&defect::limit::CREDENTIAL_OVER));
        min += one(is_user && switches.has(&defect::limit::USER_ID_MIN_2));
        max -= one(is_user && switches.has(&defect::limit::USER_ID_199));
        max += one(is_user && switches.has(&defect::limit::USER_ID_201));
        min += one(is_factor && switches.has(&defect::limit::FACTOR_ID_MIN_2));
        max -= one(is_factor && switches.has(&defect::limit::FACTOR_ID_199));
        max += one(is_factor && switches.has(&defect::limit::FACTOR_ID_201));
        let is_own_passkey = !endpoint.flow.is_u2f() && !endpoint.flow.names_user();
        if is_name && is_own_passkey && switches.has(&defect::rare::NAME_UNLIMITED_IN_V1_PASSWORDLESS) {
            max = usize::MAX;
        }
        if !(min..=max).contains(&length) {
            let message = format!("{} has length {length}, allowed are {min} to {max}", name_of(limit));
            return Err(Refused::with_message(&error_id(endpoint, limit), message));
        }
    }
    Ok(())
}

/// The id of the refusal for a limit, such as `LIMIT-tokenName`. If another contract names a member otherwise, it has the id of the corresponding member.
pub(super) fn error_id(endpoint: &Endpoint, limit: &Limit) -> String {
    let id = format!("LIMIT-{}", name_of(limit));
    let what = endpoint.request.iter().find(|slot| slot.at == limit.member).map(|slot| slot.what);
    match what {
        _ if refusal::is_listed(&id) => id,
        Some(What::User) => "LIMIT-userId".to_owned(),
        Some(What::Credential) => "LIMIT-publicKeyCredential".to_owned(),
        Some(What::FactorName) => "LIMIT-tokenName".to_owned(),
        _ => "LIMIT-u2fId".to_owned(),
    }
}

fn name_of(limit: &Limit) -> &'static str {
    limit.member.rsplit('/').next().unwrap_or(limit.member)
}

/// The length of a member of a message in canonical protobuf JSON.
fn measure(unit: LengthUnit, member: &Value) -> usize {
    match unit {
        LengthUnit::Characters => member.as_str().map_or(0, |text| text.chars().count()),
        // Every four characters of base64 are three bytes; padding is none.
        LengthUnit::DecodedBytes => member.as_str().map_or(0, |text| text.trim_end_matches('=').len() * 3 / 4),
        LengthUnit::JsonText => member.to_string().chars().count(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Flow, Operation, usual};
    use crate::server::defect::Defect;
    use crate::server::refusal::ERROR_IDS;

    #[test]
    fn units_are_counted_as_the_contract_says() {
        assert_eq!(measure(LengthUnit::Characters, &json!("äß😀")), 3);
        for (text, bytes) in [("", 0), ("QQ==", 1), ("QUI=", 2), ("QUJD", 3), ("QUJDRA==", 4)] {
            assert_eq!(measure(LengthUnit::DecodedBytes, &json!(text)), bytes, "{text}");
        }
        assert_eq!(measure(LengthUnit::JsonText, &json!({"a": "ä", "b": [1]})), r#"{"a":"ä","b":[1]}"#.chars().count());
    }

    #[test]
    fn every_limit_has_its_error_id() {
        let limits =
            usual().endpoints().flat_map(|endpoint| endpoint.limits.iter().map(move |limit| (endpoint, limit)));
        for (endpoint, limit) in limits {
            let id = error_id(endpoint, limit);
            assert!(id.ends_with(name_of(limit)), "{id}");
            assert!(ERROR_IDS.iter().any(|entry| entry.id == id), "{id}");
        }
    }

    fn remove_with(user: usize, factor: usize, switches: &Switches) -> Result<(), String> {
        let endpoint = Flow::V2_U2F.endpoint(Operation::Remove).expect("documented");
        let message = json!({"userId": "é".repeat(user), "u2fId": "é".repeat(factor)});
        check(endpoint, &message, switches).map_err(|refused| refused.id().to_owned())
    }

    #[test]
    fn both_edges_hold_on_path_members() {
        let none = Switches::default();
        assert_eq!(remove_with(1, 1, &none), Ok(()));
        assert_eq!(remove_with(200, 200, &none), Ok(()));
        assert_eq!(remove_with(201, 1, &none), Err("LIMIT-userId".to_owned()));
        assert_eq!(remove_with(0, 1, &none), Err("LIMIT-userId".to_owned()));
        assert_eq!(remove_with(1, 201, &none), Err("LIMIT-u2fId".to_owned()));
        let switches = Switches::new(&[Defect::find("limit-factor-id-201").expect("listed")], &[]);
        assert_eq!(remove_with(1, 201, &switches), Ok(()));
        assert_eq!(remove_with(1, 202, &switches), Err("LIMIT-u2fId".to_owned()));
    }
}
