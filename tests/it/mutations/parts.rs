//! Every mutation has done what it says, and that alone: the credential before and after it differ only in the part that it is
//! about, and in what follows from that.

use std::collections::BTreeSet;

use proofmark::authenticator::{ClientError, MutationError};
use serde_json::Value as Json;

use super::places::{Parts, parts};
use super::{Use, cases, create_from};

const SEEDS: u8 = 4;

/// What each mutation touches, as beginnings of places; `*` stands for the names in its arguments.
const TOUCHES: &[(&str, &[&str])] = &[
    // A text that JSON can escape in several ways has another form, too.
    ("challenge", &["client/challenge", "client/#"]),
    ("type", &["client/type"]),
    // It can be left out.
    ("origin", &["client/origin", "client/#order"]),
    ("client-data-member-missing", &["client/*"]),
    ("client-data-extra-member", &["client/*"]),
    ("client-data-member-value", &["client/*"]),
    ("client-data-json", &["client/"]),
    ("client-data-keep", &["client/"]),
    ("client-data-after-signing", &["json/response/clientDataJSON"]),
    ("rp-id-hash", &["data/rpIdHash"]),
    ("flags", &["data/flags"]),
    ("sign-count", &["data/signCount"]),
    ("aaguid", &["data/aaguid"]),
    ("credential-id-length", &["data/credentialId"]),
    ("auth-data", &["data/*"]),
    ("auth-data-keep", &["data/"]),
    ("cose-key", &["data/key"]),
    ("cose-key-kind", &["data/key"]),
    ("key-fault", &["data/key"]),
    ("signature", &["stmt/sig"]),
    ("signed-message", &["stmt/sig"]),
    ("certificate", &["x5c/*"]),
    ("tpm-cert-info", &["stmt/certInfo"]),
    ("tpm-pub-area", &["stmt/pubArea"]),
    ("key-description", &["x5c/0/Android key description"]),
    ("apple-nonce", &["x5c/0/Apple nonce"]),
    ("compound", &["stmt/"]),
    ("attestation-object", &["object/*"]),
    ("statement", &["stmt/*"]),
    ("statement-algorithm", &["stmt/alg"]),
    ("attestation-object-keep", &["object/"]),
    ("credential-json", &["json/*"]),
    ("pad-json-to", &["json/"]),
    ("credential-replace", &["json/"]),
    ("credential-text", &["text"]),
];

/// What has to be another where a part is another: hashes and signatures over it, and the client's copies of it.
const FOLLOWS: &[(&str, &[&str])] = &[
    ("client/", &["stmt/sig", "stmt/certInfo", "x5c/0/Android key description", "x5c/0/Apple nonce"]),
    ("data/", &["stmt/sig", "stmt/certInfo", "x5c/0/Apple nonce", "json/response/authenticatorData"]),
    ("data/aaguid", &["x5c/0/id-fido-gen-ce-aaguid"]),
    ("data/credentialId", &["json/id", "json/rawId"]),
    ("data/key", &["stmt/alg", "stmt/pubArea", "json/response/publicKey", "json/response/publicKeyAlgorithm"]),
    ("data/", &["json/response/publicKey", "json/response/publicKeyAlgorithm", "stmt/alg"]),
    // Two certificates of one issuer have different serial numbers.
    (
        "x5c/0/subjectPublicKeyInfo",
        &["x5c/0/subjectKeyIdentifier", "x5c/0/serialNumber", "stmt/alg", "stmt/sig", "stmt/certInfo"],
    ),
    ("x5c/0/", &["x5c/0/signature"]),
    ("x5c/1/", &["x5c/1/signature"]),
    ("x5c/2/", &["x5c/2/signature"]),
    ("stmt/certInfo", &["stmt/sig"]),
    ("stmt/pubArea", &["stmt/certInfo"]),
];

/// The names in arguments that stand for `*`.
fn named(one: &Use, control: &Json) -> Vec<String> {
    let args = &one.args.0;
    let keys = |json: &Json| json.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let texts = |list: &str| -> Vec<String> {
        let items = args.get(list).and_then(Json::as_array).into_iter().flatten();
        let first =
            items.flat_map(|item| item.as_array().cloned().unwrap_or_else(|| vec![item.clone()]).into_iter().take(2));
        first.map(|item| item.as_str().unwrap_or("#").to_owned()).collect()
    };
    match one.mutation.id {
        "client-data-member-missing" => vec![args.as_str().unwrap_or("type").to_owned(), "#order".to_owned()],
        "client-data-extra-member" | "client-data-member-value" => {
            let mut names = if args.is_null() { vec!["extra".to_owned()] } else { keys(args) };
            names.push("#order".to_owned());
            names
        }
        "auth-data" => {
            let place = |name: String| match name.as_str() {
                "flags" | "aaguid" | "key" => vec![name],
                "append" | "extensions" => vec!["key".to_owned()],
                "declared-id-length" => vec!["credentialId".to_owned(), "key".to_owned()],
                _ => vec![String::new()],
            };
            keys(args).into_iter().flat_map(place).collect()
        }
        "certificate" => of_certificates(args, control),
        "attestation-object" | "statement" => {
            let lists = ["set", "remove", "rename", "append", "order"];
            let mut names: Vec<String> = lists.iter().flat_map(|list| texts(list)).collect();
            names.push("#".to_owned());
            // The whole is another, or within another.
            names.extend(["replace", "prefix"].iter().filter_map(|whole| args.get(whole)).map(|_whole| String::new()));
            names
        }
        "credential-json" => {
            let mut names = keys(args.get("set").unwrap_or(&Json::Null));
            names.extend(texts("remove"));
            for (pointer, new) in args.get("rename").and_then(Json::as_object).into_iter().flatten() {
                let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                names.extend([pointer.clone(), format!("{parent}/{}", new.as_str().unwrap_or_default())]);
            }
            names.into_iter().map(|name| name.trim_start_matches('/').to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// The parts of certificates that the arguments name, by the certificates' places in x5c.
fn of_certificates(args: &Json, control: &Json) -> Vec<String> {
    let extension = |name: &str| {
        match name {
            "basic-constraints" => "basicConstraints",
            "key-usage" => "keyUsage",
            "extended-key-usage" => "extKeyUsage",
            "subject-alternative-name" => "subjectAltName",
            "aaguid" => "id-fido-gen-ce-aaguid",
            "key-description" => "Android key description",
            "nonce" => "Apple nonce",
            other => other,
        }
        .to_owned()
    };
    let fields = |field: &str, value: &Json| -> Vec<String> {
        let texts = || value.as_array().into_iter().flatten();
        match field {
            "not-before" => vec!["notBefore".to_owned()],
            "not-after" => vec!["notAfter".to_owned()],
            "subject" => vec!["subject".to_owned()],
            "remove" => texts().filter_map(Json::as_str).map(extension).collect(),
            "add" => texts().filter_map(|one| one["extension"].as_str()).map(extension).collect(),
            "critical" => value.as_str().map(extension).into_iter().collect(),
            "path-length" => vec!["basicConstraints".to_owned()],
            "hash" => vec!["signatureAlgorithm".to_owned()],
            "explicit-curve" => vec!["subjectPublicKeyInfo".to_owned()],
            "tpm-name" => vec!["subjectAltName".to_owned()],
            "issuer" => vec!["issuer".to_owned(), "authorityKeyIdentifier".to_owned()],
            "signed-by" => vec!["signature".to_owned()],
            // A certificate of version 1 has no extensions.
            _ => vec![String::new()],
        }
    };
    let mut names = Vec::new();
    let chain = args.get("chain").or(control.get("chain")).and_then(Json::as_array);
    let place = |name: &str| {
        chain.map_or(usize::from(name != "leaf"), |chain| chain.iter().position(|one| one == name).unwrap_or(9))
    };
    for (name, value) in args.as_object().into_iter().flatten() {
        match name.as_str() {
            _ if control.get(name) == Some(value) => {}
            "key" => names.push("0/subjectPublicKeyInfo".to_owned()),
            "algorithm" => names.push("algorithm".to_owned()),
            "issuer" => names.extend(["0/issuer".to_owned(), "0/authorityKeyIdentifier".to_owned()]),
            "chain" | "repeat" => names.push(String::new()),
            certificate => {
                let fields = value.as_object().into_iter().flatten().flat_map(|(field, value)| fields(field, value));
                names.extend(fields.map(|field| format!("{}/{field}", place(certificate))));
            }
        }
    }
    names
}

/// The beginnings of places that may differ: what the mutation is about, and what follows.
fn allowed(one: &Use, control: &Json) -> (Vec<String>, Vec<String>) {
    let (_, touched) = TOUCHES
        .iter()
        .find(|(id, _)| *id == one.mutation.id)
        .unwrap_or_else(|| panic!("{}: TOUCHES has to say what it touches", one.mutation.id));
    let names = named(one, control);
    let mut own: Vec<String> = touched
        .iter()
        .flat_map(|place| match place.strip_suffix('*') {
            Some(place) => names.iter().map(|name| format!("{place}{name}")).collect(),
            None => vec![(*place).to_owned()],
        })
        .collect();
    // Parts of parts.
    let further: Vec<&str> = own
        .iter()
        .flat_map(|place| match place.as_str() {
            "object/attStmt" => vec!["stmt/", "x5c/"],
            "object/authData" => vec!["data/"],
            "object/" => vec!["stmt/", "x5c/", "data/"],
            "stmt/x5c" => vec!["x5c/"],
            "stmt/#" => vec!["object/#"],
            "stmt/" => vec!["x5c/"],
            "x5c/algorithm" => vec!["stmt/alg", "stmt/sig", "stmt/certInfo"],
            "x5c/" => vec!["stmt/alg", "stmt/sig", "stmt/certInfo"],
            "json/" => vec!["text"],
            _ => Vec::new(),
        })
        .collect();
    own.extend(further.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let mut all = own.clone();
    loop {
        let follows = FOLLOWS
            .iter()
            .filter(|(from, _)| all.iter().any(|place| place.starts_with(from) || from.starts_with(place.as_str())));
        let new: BTreeSet<&str> =
            follows.flat_map(|(_, to)| *to).copied().filter(|to| !all.iter().any(|known| known == to)).collect();
        if new.is_empty() {
            return (own, all);
        }
        all.extend(new.into_iter().map(str::to_owned));
    }
}

/// The places where two credentials differ. Where the second can't be taken apart, its parts are not missing.
fn differences(before: &Parts, after: &Parts) -> BTreeSet<String> {
    let whole = |group: &str| {
        after.contains_key(&format!("{group}/#"))
            && !after.keys().any(|place| place.starts_with(group) && !place.starts_with(&format!("{group}/#")))
    };
    let (no_client, no_object) =
        (whole("client"), after.contains_key("object/#") && !after.contains_key("object/#order"));
    let is_told = |place: &String| {
        let of_object = ["object/", "stmt/", "x5c/", "data/"].iter().any(|group| place.starts_with(group));
        place.ends_with("/#") || !(no_client && place.starts_with("client/") || no_object && of_object)
    };
    let places: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    places.into_iter().filter(|place| before.get(*place) != after.get(*place) && is_told(place)).cloned().collect()
}

/// What the good credential has anyway.
const USUAL: [&str; 4] = [
    "auth-data/flags-uv-set-discouraged",
    "auth-data/sign-count-00000000",
    "auth-data/aaguid-zero",
    "auth-data/credid-length-32",
];

#[test]
fn every_mutation_changes_what_it_is_about_and_what_follows_and_nothing_else() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for case in cases() {
        for (format, seed) in case.formats.iter().flat_map(|format| (0..SEEDS).map(move |seed| (*format, seed))) {
            let mutations = case.mutations(case.each.map(|_part| 20));
            let control = case.control_of(format).case(Vec::new()).mutations(None);
            let [(mutation, args)] = mutations.as_slice() else { continue };
            let mutation = *mutation;
            let one = Use { mutation, args: args.clone(), case: case.clone() };
            let args = control.first().map_or(Json::Null, |(_, args)| args.0.clone());
            let is_control = !control.is_empty() && args == one.args.0;
            let after = match create_from(format, &case, &mutations, seed) {
                Ok(after) => after,
                // By chance it can't be made with this seed.
                Err(ClientError::Mutation { source: MutationError::Chance(_), .. }) => continue,
                Err(error) => panic!("{}: {error}", case.id),
            };
            let before = create_from(format, &case, &control, seed).expect("a good one");
            let (own, all) = allowed(&one, &args);
            let changed = differences(&parts(&before), &parts(&after));
            compared += 1;
            let within =
                |places: &[String], place: &String| places.iter().any(|known| place.starts_with(known.as_str()));
            let beyond: Vec<_> = changed.iter().filter(|place| !within(&all, place)).collect();
            if !beyond.is_empty() {
                wrong.push(format!("{} {} seed {seed}: also {beyond:?}", case.id, format.slug()));
            }
            let is_idle = USUAL.contains(&case.id.as_str())
                || is_control
                || mutation.id == "signature" && args_are(&one, "high-s");
            if !is_idle && !changed.iter().any(|place| within(&own, place)) {
                wrong.push(format!("{} {} seed {seed}: only {changed:?}", case.id, format.slug()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 2_500, "{compared} credentials");
}

fn args_are(one: &Use, text: &str) -> bool {
    one.args.0 == text
}
