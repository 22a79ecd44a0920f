//! Holds the lockfile to `deny.toml`: licences, unwanted packages, and where packages come from.
//!
//! The file has the format of cargo-deny and means the same there, so that whoever has that tool can use it, advisories
//! included. It is not what `make lint` runs, because building it takes longer than building everything here, and these
//! three checks need only what `cargo metadata` already says.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::{
    report::Report,
    workspace::{Origin, Package, Workspace},
};

const RULES: &str = "deny.toml";

#[derive(Debug, Default)]
struct Rules {
    licenses: BTreeSet<String>,
    banned: BTreeSet<String>,
}

pub(crate) fn run(root: &Path) -> Result<Report> {
    let mut report = Report::new("deny");
    let rules = parse(&fs::read_to_string(root.join(RULES))?)?;
    for package in &Workspace::load(root)?.packages {
        check(&rules, package, &mut report);
    }
    Ok(report)
}

fn parse(text: &str) -> Result<Rules> {
    let table: toml::Table = text.parse().context(RULES)?;
    let list = |section: &str, key: &str| {
        let list = table.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
        list.with_context(|| format!("{RULES}: {section}.{key} is not a list"))
    };
    let licenses = list("licenses", "allow")?.iter().map(|name| name.as_str().map(str::to_owned));
    let banned = list("bans", "deny")?.iter().map(|ban| ban.get("crate")?.as_str().map(str::to_owned));
    Ok(Rules {
        licenses: licenses
            .collect::<Option<_>>()
            .context("deny.toml: licenses.allow holds something other than names")?,
        banned: banned.collect::<Option<_>>().context("deny.toml: an entry of bans.deny names no crate")?,
    })
}

fn check(rules: &Rules, package: &Package, report: &mut Report) {
    let Package { name, version, license, origin } = package;
    if rules.banned.contains(name) {
        report.find(format!("{name} {version} is banned by {RULES}"));
    }
    if let Origin::Elsewhere(source) = origin {
        report.find(format!("{name} {version} comes from {source}, not from the public index"));
    }
    let expression = license.as_deref().unwrap_or_default();
    match satisfied(expression, &rules.licenses) {
        Some(true) => {}
        Some(false) => report.find(format!("{name} {version}: licence {expression} is not allowed by {RULES}")),
        None => report.find(format!("{name} {version}: licence «{expression}» is not an SPDX expression")),
    }
}

/// Whether a licence expression (SPDX 2.3, annex D, and the older `A/B` for `A OR B`) can be met with the licences
/// allowed. `None` if it cannot be read.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ").replace(" WITH ", "+WITH+");
    let mut words = spaced.split_whitespace().peekable();
    let met = any_of(&mut words, allowed)?;
    words.next().is_none().then_some(met)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> Option<bool> {
    let mut met = all_of(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, allowed)?;
    }
    Some(met)
}

fn all_of(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> Option<bool> {
    let mut met = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed)?;
    }
    Some(met)
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> Option<bool> {
    match words.next()? {
        "(" => {
            let met = any_of(words, allowed)?;
            words.next_if_eq(&")").map(|_| met)
        }
        ")" | "OR" | "AND" => None,
        name => Some(allowed.contains(&name.replace("+WITH+", " WITH "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licence_expressions() {
        let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned));
        for (expression, expect) in [
            ("MIT", Some(true)),
            ("GPL-3.0", Some(false)),
            ("GPL-3.0 OR MIT", Some(true)),
            ("GPL-3.0/MIT", Some(true)),
            ("GPL-3.0 AND MIT", Some(false)),
            ("ISC AND MIT", Some(true)),
            ("GPL-3.0 OR ISC AND MIT", Some(true)),
            ("(GPL-3.0 OR ISC) AND MIT", Some(true)),
            ("(GPL-3.0 OR ISC) AND Zlib", Some(false)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("Apache-2.0", Some(false)),
            ("", None),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT)", None),
            ("MIT ISC", None),
        ] {
            assert_eq!(satisfied(expression, &allowed), expect, "{expression}");
        }
    }

    #[test]
    fn a_package_is_held_to_the_rules() {
        let rules =
            parse("[licenses]\nallow = ['MIT']\n[bans]\ndeny = [{ crate = 'left', reason = 'gone' }]\n[sources]\n")
                .unwrap();
        let package = |name: &str, license: Option<&str>, origin| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            origin,
        };
        let mut report = Report::new("deny");
        check(&rules, &package("fine", Some("MIT"), Origin::Index), &mut report);
        check(&rules, &package("ours", Some("MIT"), Origin::Here), &mut report);
        assert_eq!(report.findings(), [""; 0]);

        check(&rules, &package("left", Some("MIT"), Origin::Index), &mut report);
        check(&rules, &package("strict", Some("GPL-3.0"), Origin::Index), &mut report);
        check(&rules, &package("silent", None, Origin::Index), &mut report);
        check(&rules, &package("far", Some("MIT"), Origin::Elsewhere("git".to_owned())), &mut report);
        assert_eq!(
            report.findings(),
            [
                "left 1.0.0 is banned by deny.toml",
                "strict 1.0.0: licence GPL-3.0 is not allowed by deny.toml",
                "silent 1.0.0: licence «» is not an SPDX expression",
                "far 1.0.0 comes from git, not from the public index",
            ]
        );
    }

    #[test]
    fn rules_that_say_nothing_are_an_error() {
        for text in ["", "[licenses]\nallow = ['MIT']\n", "[licenses]\nallow = [1]\n[bans]\ndeny = []\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
