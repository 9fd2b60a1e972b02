//! Bodies, member by member.

use serde_json::{Value, json};

use super::exchanges::{
    body, body_with, endpoint, endpoints, error, public_key, rest, rest_text, rpc, success, with_header,
};
use super::{
    CHALLENGE, CHANGE_DATE, CHANGED_NOW, CREATED_BEFORE_CHANGED, CREATION_DATE, ERROR_BODY, ERROR_CODE, ERROR_DETAILS,
    ERROR_MESSAGE, ERROR_TYPE, Expected, MEMBERS, READABLE, REMOVE, RESOURCE_OWNER, RP_ID, Row, SEQUENCE,
    START_DETAILS, START_FACTOR_ID, START_OPTIONS, VERIFY, row,
};
use crate::contract::{Endpoint, Flow, Form, Operation, Protocol, What};

/// The bodies in which the member at a pointer is missing, renamed, null, or one of some other values.
fn broken(body: &Value, pointer: &str, wrong: &[Value]) -> Vec<(String, Value)> {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let edited = |edit: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut body = body.clone();
        edit(body.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object"));
        body
    };
    let mut bodies = vec![
        (format!("{pointer} missing"), edited(&|object| drop(object.remove(name)))),
        (
            format!("{pointer} renamed"),
            edited(&|object| {
                let value = object.remove(name).expect("there");
                object.insert(format!("{name}_"), value);
            }),
        ),
    ];
    for value in wrong.iter().chain([&Value::Null]) {
        bodies.push((
            format!("{pointer}: {value}"),
            edited(&|object| drop(object.insert(name.to_owned(), value.clone()))),
        ));
    }
    bodies
}

/// As [`broken`], without the body in which an optional member is missing or has another name.
fn ill_typed(body: &Value, pointer: &str, wrong: &[Value]) -> Vec<(String, Value)> {
    broken(body, pointer, wrong).split_off(2)
}

fn rows(
    bodies: Vec<(String, Value)>,
    expected: Expected,
    exchange: impl Fn(&Value) -> crate::transport::Exchange,
) -> Vec<Row> {
    bodies.into_iter().map(|(name, body)| row(name, exchange(&body), &[expected])).collect()
}

/// Every documented body with one defect.
pub fn defective() -> Vec<Row> {
    [top_level(), details(), options(), challenges(), rp_ids(), errors(), unreadable()].into_iter().flatten().collect()
}

fn top_level() -> Vec<Row> {
    let mut found = Vec::new();
    for endpoint in endpoints() {
        let has_details = match endpoint.operation {
            Operation::Start => START_DETAILS,
            Operation::Verify => VERIFY,
            _ => REMOVE,
        };
        let good = body(endpoint);
        let mut wrong = vec![(has_details, broken(&good, "/details", &[json!("text"), json!([]), json!(1)]))];
        if let Some(slot) = endpoint.answers(What::Options) {
            let pointer = slot.at;
            // A text in v2 and an object in v1 are each the other version's form.
            let other = match slot.form {
                Form::Base64 => json!({ "publicKey": public_key() }),
                Form::Json => good.pointer("/details/sequence").cloned().expect("a text"),
            };
            wrong.push((START_OPTIONS, broken(&good, pointer, &[json!(1), json!([]), json!(true), other])));
        }
        for name in ["u2fId", "passkeyId"].into_iter().filter(|name| good.get(*name).is_some()) {
            let ids = [json!(""), json!(163_840), json!({})];
            wrong.push((START_FACTOR_ID, broken(&good, &format!("/{name}"), &ids)));
        }
        if good.get("key").is_some() {
            wrong.push((START_OPTIONS, broken(&good, "/key", &[json!("text"), json!([])])));
        }
        for (expected, bodies) in wrong {
            found.extend(rows(bodies.clone(), expected, |body| rest(endpoint, 200, body)));
            // Over gRPC the schema leaves nothing but what is left out.
            let left_out = bodies.into_iter().filter(|(name, _)| name.ends_with("missing")).collect::<Vec<_>>();
            found.extend(rows(left_out.clone(), expected, |body| rpc(endpoint, Protocol::Grpc, body)));
            found.extend(rows(left_out, expected, |body| rpc(endpoint, Protocol::GrpcWeb, body)));
        }
    }
    found
}

fn details() -> Vec<Row> {
    let sequences = ["", "-1", "+1", "1.5", "two", "18446744073709551616"].map(Value::from);
    let sequences: Vec<Value> = sequences.into_iter().chain([json!(2), json!({})]).collect();
    let dates = [
        "",
        "today",
        "2024-11-25",
        "15:26:50.405Z",
        "2024-11-25T15:26:50.405",
        "2024-11-25 15:26:50.405Z",
        "2024-11-25T15:26Z",
        "2024-11-25T152650.405Z",
        "20241125T152650.405000Z",
        "2024-11-25T15:26:50.Z",
        "2024-11-25T15:26:50,405Z",
        "2024-11-25T15:26:50+01",
        "2024-11-25T15:26:50+0100",
        "2024-11-25T15:26:50Z[Europe/Zurich]",
        "2024-02-30T15:26:50Z",
        "2024-11-25T25:26:50Z",
        "１２24-11-25T15:26:50Z",
    ];
    let dates: Vec<Value> = dates.into_iter().map(Value::from).chain([json!(1_732_548_410), json!({})]).collect();
    let mut found = Vec::new();
    for endpoint in endpoints() {
        let good = body(endpoint);
        let mut created = good.clone();
        created["details"]["creationDate"] = json!("2024-11-25T15:26:50.405Z");
        for (expected, bodies) in [
            (SEQUENCE, broken(&good, "/details/sequence", &sequences)),
            (CHANGE_DATE, broken(&good, "/details/changeDate", &dates)),
            (RESOURCE_OWNER, broken(&good, "/details/resourceOwner", &[json!(69_629), json!([])])),
            (CREATION_DATE, ill_typed(&created, "/details/creationDate", &dates)),
        ] {
            found.extend(rows(bodies, expected, |body| rest(endpoint, 200, body)));
        }
        found.extend(meanings(endpoint, &created));
    }
    found
}

/// Dates of the right form that can't be.
fn meanings(endpoint: &'static Endpoint, good: &Value) -> Vec<Row> {
    let with = |name: &str, date: &str| {
        let mut body = good.clone();
        body["details"][name] = json!(date);
        rest(endpoint, 200, &body)
    };
    let dated = |exchange| with_header(exchange, "date", "Mon, 25 Nov 2024 15:26:51 GMT");
    let mut found = Vec::new();
    for later in ["2024-11-25T15:26:50.406Z", "2024-11-25T17:26:50.405Z", "2024-11-25T15:26:50.405-01:00"] {
        let exchange = with("creationDate", later);
        found.push(row(format!("created {later}"), dated(exchange), &[CREATED_BEFORE_CHANGED]));
    }
    for far in ["2024-11-25T15:31:51.001Z", "2024-11-25T16:26:50Z"] {
        found.push(row(format!("changed {far}"), dated(with("changeDate", far)), &[CHANGED_NOW]));
    }
    let both = [CHANGED_NOW, CREATED_BEFORE_CHANGED];
    found.push(row("changed before it began", dated(with("changeDate", "1970-01-01T00:00:00Z")), &both));
    found
}

/// `publicKey` in every form and over every protocol that has it.
fn options() -> Vec<Row> {
    let good = json!({ "publicKey": public_key() });
    let text = || json!("text");
    let key = |alg: Value| json!([{"type": "public-key", "alg": alg}]);
    let mut bodies = broken(&good, "/publicKey", &[text(), json!([]), json!(1)]);
    let long = "A".repeat(88);
    for (member, wrong) in [
        ("rp", vec![text(), json!([])]),
        ("rp/name", vec![json!(1), json!({})]),
        ("user", vec![text(), json!([])]),
        ("user/id", vec![json!(1), json!(""), json!("not base64!"), json!(long)]),
        ("user/name", vec![json!(1)]),
        ("user/displayName", vec![json!(1)]),
        ("challenge", vec![json!(1), json!([1, 2]), json!("not base64!")]),
        (
            "pubKeyCredParams",
            vec![json!({}), json!([{}]), json!([-7]), key(text()), key(json!(-7.5)), key(Value::Null)],
        ),
    ] {
        bodies.extend(broken(&good, &format!("/publicKey/{member}"), &wrong));
    }
    for (member, wrong) in [
        ("rp/id", vec![json!(1), json!({})]),
        ("timeout", vec![json!("60000"), json!(-1), json!(0.5)]),
        (
            "excludeCredentials",
            vec![json!({}), json!([{"id": "AAAA"}]), json!([{"type": "public-key", "id": 1}]), json!(["AAAA"])],
        ),
        ("authenticatorSelection", vec![text(), json!([])]),
        ("authenticatorSelection/userVerification", vec![json!(true)]),
        ("authenticatorSelection/residentKey", vec![json!(true)]),
        ("attestation", vec![json!(0), json!({})]),
    ] {
        bodies.extend(ill_typed(&good, &format!("/publicKey/{member}"), &wrong));
    }
    let mut found = each_start(&bodies, MEMBERS);
    for wrong in ["", "not base64!", "bm8gSlNPTg==", "W10=", "e30="] {
        let start = endpoint(Flow::V1_U2F, Operation::Start);
        let mut body = body(start);
        body["key"]["publicKey"] = json!(wrong);
        found.push(row(format!("key.publicKey: {wrong:?}"), rest(start, 200, &body), &[MEMBERS]));
    }
    found
}

fn each_start(bodies: &[(String, Value)], expected: Expected) -> Vec<Row> {
    let starts = Flow::ALL.map(|flow| endpoint(flow, Operation::Start));
    let places = starts.into_iter().flat_map(|start| Protocol::ALL.map(|protocol| (start, protocol)));
    let wrong = |(start, protocol)| {
        rows(bodies.to_vec(), expected, move |options| success(start, protocol, &body_with(start, options)))
    };
    places.flat_map(wrong).collect()
}

fn challenges() -> Vec<Row> {
    let with = |challenge: &str| {
        let mut options = public_key();
        options["challenge"] = json!(challenge);
        (format!("challenge {challenge:?}"), json!({ "publicKey": options }))
    };
    // None, 1, 8 and 15 bytes.
    each_start(&[with(""), with("AA"), with("AAAAAAAAAAA"), with("AAAAAAAAAAAAAAAAAAAA")], CHALLENGE)
}

fn rp_ids() -> Vec<Row> {
    let with = |id: &str| {
        let mut options = public_key();
        options["rp"]["id"] = json!(id);
        (format!("rp.id {id:?}"), json!({ "publicKey": options }))
    };
    each_start(&["", "example", "evil.example", "LOGIN.example", "https://login.example"].map(with), RP_ID)
}

fn errors() -> Vec<Row> {
    let good = error(3);
    let numbers = [json!("3"), json!(3.5), json!(2_147_483_648_i64), json!(-2_147_483_649_i64), json!(true)];
    let untyped = [json!([1]), json!([[]]), json!([null])];
    let wrong = [
        (ERROR_CODE, broken(&good, "/code", &numbers)),
        (ERROR_MESSAGE, broken(&good, "/message", &[json!(1), json!({}), json!(["text"])])),
        (ERROR_DETAILS, ill_typed(&good, "/details", &[json!({}), json!("text")])),
        // The null that is added to them is not a list.
        (ERROR_TYPE, ill_typed(&good, "/details", &untyped).into_iter().take(untyped.len()).collect()),
        (ERROR_TYPE, broken(&good, "/details/0/@type", &[json!(""), json!(1)])),
    ];
    let mut found = Vec::new();
    for endpoint in endpoints() {
        for (expected, bodies) in &wrong {
            found.extend(rows(bodies.clone(), *expected, |body| rest(endpoint, 404, body)));
        }
        for text in ["", "refused", "[]", "\"text\"", "null", "{\"code\": 3,"] {
            found.push(row(format!("error {text:?}"), rest_text(endpoint, 400, text), &[ERROR_BODY]));
        }
    }
    let untyped = json!({"code": 3, "message": "m", "details": [{"@type": "", "value": ""}]});
    let status = crate::wire::status::Status::from_json(&untyped);
    let start = endpoint(Flow::V2_U2F, Operation::Start);
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let refusal = super::exchanges::rpc_refusal(start, protocol, &status);
        found.push(row("a detail without type", refusal, &[ERROR_TYPE]));
    }
    found
}

fn unreadable() -> Vec<Row> {
    let texts = ["", "ok", "[]", "null", "{\"details\":", "{} {}"];
    let of = |endpoint| texts.map(|text| row(format!("{text:?}"), rest_text(endpoint, 200, text), &[READABLE]));
    endpoints().flat_map(of).collect()
}

/// What differs from the examples of the documents and is nevertheless right.
pub fn harmless() -> Vec<Row> {
    let mut found = Vec::new();
    for endpoint in endpoints() {
        let good = body(endpoint);
        let mut more = good.clone();
        more["unknown"] = json!({"a": [1]});
        more["details"]["unknown"] = json!(null);
        let mut dates = vec![("unknown members", more)];
        for date in [
            "2024-11-25T15:26:50Z",
            "2024-11-25t15:26:50.123456789z",
            "2024-11-25T15:26:50+01:00",
            "2024-12-31T23:59:60Z",
        ] {
            let mut dated = good.clone();
            dated["details"]["changeDate"] = json!(date);
            dated["details"]["creationDate"] = json!(date);
            dates.push((date, dated.clone()));
            drop(dated["details"].as_object_mut().expect("an object").remove("changeDate"));
            dates.push((date, dated));
        }
        let mut greatest = good.clone();
        greatest["details"]["sequence"] = json!("18446744073709551615");
        greatest["details"]["resourceOwner"] = json!("");
        dates.push(("the greatest sequence", greatest));
        dates.push(("the members in reverse", reversed(&good)));
        let dated = with_header(rest(endpoint, 200, &good), "date", "Mon, 25 Nov 2024 15:31:50 GMT");
        found.push(row("clocks that are apart", dated, &[]));
        found.extend(dates.into_iter().map(|(name, body)| row(name, rest(endpoint, 200, &body), &[])));
        for error in harmless_errors() {
            found.push(row(error.to_string(), rest(endpoint, 403, &error), &[]));
        }
    }
    found.extend(harmless_options());
    found
}

fn reversed(body: &Value) -> Value {
    match body {
        Value::Object(members) => members.iter().rev().map(|(name, value)| (name.clone(), reversed(value))).collect(),
        other => other.clone(),
    }
}

fn harmless_errors() -> [Value; 6] {
    let mut unknown = error(7);
    unknown["unknown"] = json!(null);
    unknown["details"][0]["unknown"] = json!([]);
    [
        json!({"code": 7, "message": "m"}),
        json!({"code": 7, "message": "m", "details": []}),
        json!({"message": "", "details": [], "code": 7}),
        json!({"code": 7, "message": "m", "details": [{"@type": "t"}, {"@type": "u"}]}),
        json!({"code": i32::MAX, "message": "m"}),
        unknown,
    ]
}

fn harmless_options() -> Vec<Row> {
    let mut doubles = public_key();
    doubles["pubKeyCredParams"] = json!([{"type": "public-key", "alg": -7.0}]);
    doubles["timeout"] = json!(60000.0);
    let least = json!({
        "rp": {"name": ""},
        "user": {"id": "AA", "name": "", "displayName": ""},
        "challenge": "AAAAAAAAAAAAAAAAAAAAAA",
        "pubKeyCredParams": [{"type": "public-key", "alg": -8}],
    });
    let mut longest = public_key();
    longest["user"]["id"] = json!("A".repeat(86));
    let mut more = public_key();
    more["hints"] = json!(["security-key"]);
    more["extensions"] = json!({"credProps": true});
    more["excludeCredentials"] = json!([]);
    more["authenticatorSelection"] = json!({});
    more["pubKeyCredParams"][0]["unknown"] = json!(1);
    let mut default_algorithms = public_key();
    default_algorithms["pubKeyCredParams"] = json!([]);
    let options = [
        ("an empty list of algorithms", default_algorithms),
        ("doubles", doubles),
        ("16 bytes and no optional member", least),
        ("the longest user handle", longest),
        ("more members", more),
    ];
    let mut found = Vec::new();
    for flow in Flow::ALL {
        let start = endpoint(flow, Operation::Start);
        for protocol in Protocol::ALL {
            let of = |(name, options): &(&str, Value)| {
                row(*name, success(start, protocol, &body_with(start, &json!({ "publicKey": options }))), &[])
            };
            found.extend(options.iter().map(of));
        }
    }
    found
}
