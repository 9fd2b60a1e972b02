//! `deny.toml` says which licences may be used: every package of Cargo.lock is under them, and none is named without need.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use toml_edit::{DocumentMut, Item};

use super::{metadata, read};

/// An expression of SPDX, with the slash that Cargo once took for OR.
struct Expression<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Expression<'a> {
    /// Whether it holds if these licences may be used; `None` if it can't be read.
    fn holds(text: &'a str, allowed: &BTreeSet<&str>) -> Option<bool> {
        let spaced: Vec<&str> = text.split_inclusive(['(', ')', '/', ' ']).flat_map(Expression::parts).collect();
        let mut expression = Expression { words: spaced, at: 0 };
        let holds = expression.either(allowed)?;
        (expression.at == expression.words.len()).then_some(holds)
    }

    /// A word and the sign that ends it.
    fn parts(piece: &'a str) -> Vec<&'a str> {
        let word = piece.trim_end_matches(['(', ')', '/', ' ']);
        [word, piece[word.len()..].trim()].into_iter().filter(|part| !part.is_empty()).collect()
    }

    fn next(&mut self) -> Option<&'a str> {
        self.at += 1;
        self.words.get(self.at - 1).copied()
    }

    fn follows(&mut self, words: &[&str]) -> bool {
        let follows = self.words.get(self.at).is_some_and(|word| words.contains(word));
        self.at += usize::from(follows);
        follows
    }

    fn either(&mut self, allowed: &BTreeSet<&str>) -> Option<bool> {
        let mut holds = self.both(allowed)?;
        while self.follows(&["OR", "/"]) {
            holds |= self.both(allowed)?;
        }
        Some(holds)
    }

    fn both(&mut self, allowed: &BTreeSet<&str>) -> Option<bool> {
        let mut holds = self.one(allowed)?;
        while self.follows(&["AND"]) {
            holds &= self.one(allowed)?;
        }
        Some(holds)
    }

    fn one(&mut self, allowed: &BTreeSet<&str>) -> Option<bool> {
        if self.follows(&["("]) {
            let holds = self.either(allowed)?;
            return self.follows(&[")"]).then_some(holds);
        }
        let licence = self.next()?;
        let is_word = licence.starts_with(|first: char| first.is_ascii_alphanumeric());
        if self.follows(&["WITH"]) {
            let exception = self.next()?;
            return Some(allowed.contains(format!("{licence} WITH {exception}").as_str()));
        }
        is_word.then(|| allowed.contains(licence))
    }
}

#[test]
fn expressions_are_read() {
    let allowed = BTreeSet::from(["MIT", "ISC", "A WITH b"]);
    for (text, holds) in [
        ("MIT", Some(true)),
        ("MPL-2.0", Some(false)),
        ("MPL-2.0 OR MIT", Some(true)),
        ("Apache-2.0/MIT", Some(true)),
        ("Apache-2.0 / MPL-2.0", Some(false)),
        ("MIT AND MPL-2.0", Some(false)),
        ("ISC AND (MPL-2.0 OR MIT)", Some(true)),
        ("(MPL-2.0 OR MIT) AND GPL-3.0", Some(false)),
        // AND binds more strongly than OR.
        ("MIT OR MIT AND MPL-2.0", Some(true)),
        ("A WITH b", Some(true)),
        ("MIT WITH c", Some(false)),
        ("(MIT", None),
        ("MIT MIT", None),
        ("", None),
    ] {
        assert_eq!(Expression::holds(text, &allowed), holds, "{text}");
    }
}

/// What `deny.toml` allows for all packages, and for one.
struct Rules {
    all: Vec<String>,
    one: BTreeMap<String, Vec<String>>,
}

impl Rules {
    fn written() -> Rules {
        let file: DocumentMut = read("deny.toml").parse().expect("TOML");
        let texts = |item: Option<&Item>| -> Vec<String> {
            let array = item.and_then(Item::as_array).expect("a list");
            array.iter().map(|value| value.as_str().expect("a string").to_owned()).collect()
        };
        let exceptions = file["licenses"]["exceptions"].as_array().expect("a list").iter().map(|value| {
            let table = value.as_inline_table().expect("a table");
            let allow = table["allow"].as_array().expect("a list").iter();
            let allow = allow.map(|value| value.as_str().expect("a string").to_owned()).collect();
            (table["crate"].as_str().expect("a name").to_owned(), allow)
        });
        Rules { all: texts(file["licenses"].get("allow")), one: exceptions.collect() }
    }

    /// The packages that these rules do not allow.
    fn broken(&self, packages: &[Value]) -> Vec<String> {
        let is_broken = |package: &&Value| {
            let own = package["name"].as_str().and_then(|name| self.one.get(name));
            let allowed = self.all.iter().chain(own.into_iter().flatten()).map(String::as_str).collect();
            package["license"].as_str().and_then(|text| Expression::holds(text, &allowed)) != Some(true)
        };
        let named = |package: &Value| format!("{} {}", package["name"], package["license"]);
        packages.iter().filter(is_broken).map(named).collect()
    }
}

#[test]
fn every_package_is_under_an_allowed_licence() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 400, "{}", packages.len());
    assert_eq!(Rules::written().broken(packages), [""; 0]);
}

#[test]
fn no_licence_is_allowed_without_need() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let written = Rules::written();
    for licence in &written.all {
        let mut rules = Rules::written();
        rules.all.retain(|other| other != licence);
        assert!(!rules.broken(packages).is_empty(), "nothing needs {licence}");
    }
    for package in written.one.keys() {
        let mut rules = Rules::written();
        rules.one.remove(package);
        assert!(!rules.broken(packages).is_empty(), "{package} needs no exception");
    }
}

#[test]
fn everything_comes_from_the_registry() {
    let file: DocumentMut = read("deny.toml").parse().expect("TOML");
    let allowed = file["sources"]["allow-registry"].as_array().expect("a list");
    let allowed: Vec<String> =
        allowed.iter().map(|value| format!("registry+{}", value.as_str().expect("a URL"))).collect();
    for package in metadata()["packages"].as_array().expect("packages") {
        let source = package["source"].as_str();
        assert!(source.is_none_or(|source| allowed.iter().any(|of| of == source)), "{} {source:?}", package["name"]);
    }
}
