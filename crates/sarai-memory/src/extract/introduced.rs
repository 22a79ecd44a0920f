//! Names that a sentence tells by the way, and what the owner asks to be remembered though no frame says it.

use super::statement::{Act, Manner, Object, Statement};
use super::{Run, STATEMENTS_MAX, command};
use crate::fact::Predicate;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::words;

impl Run<'_> {
    /// «Mi hermana Ana»: the name alone is worth remembering, whatever the sentence says.
    pub(super) fn introductions(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let mut at = 0;
        while at < scan.tokens.len() {
            let Some((noun, end)) = scan.noun(at) else {
                at += 1;
                continue;
            };
            let quoted = scan.tokens[at].quoted;
            let named = matches!(
                noun.whose(),
                Mention::Relative { name: Some(_), plural: false, .. }
                    | Mention::Animal { name: Some(_), plural: false, .. }
            );
            if let (true, false, Some(mention)) = (named, quoted, self.resolved(noun.whose().clone())) {
                let (of, predicate, kind) = match &mention {
                    Mention::Relative { of, kin, .. } => ((**of).clone(), Predicate::Relative, *kin),
                    Mention::Animal { of, species, .. } => ((**of).clone(), Predicate::Pet, *species),
                    _ => unreachable_mention(),
                };
                let known = self.statements.iter().any(|s| {
                    s.predicate == predicate && s.object.as_ref().and_then(|o| o.mention.as_ref()) == Some(&mention)
                });
                if !known {
                    self.clauses += 1;
                    let object = Object { text: String::new(), key: String::new(), mention: Some(mention) };
                    let span = (scan.tokens[at].start, scan.tokens[end - 1].end);
                    let clause = self.clauses;
                    self.push(Statement {
                        subject: of,
                        predicate,
                        kind: kind.to_owned(),
                        object: Some(object),
                        act: Act::Assert,
                        manner: Manner::Plain,
                        from: None,
                        to: None,
                        clause,
                        span,
                        sentence,
                        language: scan.language,
                    });
                }
            }
            if !quoted {
                self.listed(scan, &noun, end, sentence);
            }
            at = end;
        }
    }

    /// "My twins, Ada and Finn, …": a group with the names of its members.
    fn listed(&mut self, scan: &Scan<'_>, noun: &Noun, end: usize, sentence: (usize, usize)) {
        let Noun::Someone(mention) = noun else { return };
        for (kin, name, span) in scan.members_named(mention, end) {
            let Some(Mention::Relative { of, .. }) = self.resolved(mention.clone()) else { return };
            let member = Mention::Relative { of: of.clone(), kin, name: Some(name), plural: false };
            self.clauses += 1;
            let object = Object { text: String::new(), key: String::new(), mention: Some(member) };
            let clause = self.clauses;
            self.push(Statement {
                subject: *of,
                predicate: Predicate::Relative,
                kind: kin.to_owned(),
                object: Some(object),
                act: Act::Assert,
                manner: Manner::Plain,
                from: None,
                to: None,
                clause,
                span,
                sentence,
                language: scan.language,
            });
        }
    }

    /// «Recuerda que …»: what was asked to be remembered and fits no frame is kept as it was said, if it is about the
    /// owner's world.
    pub(super) fn note(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let Some(from) = command::remember(scan) else { return };
        let own = ["mi", "mis", "me", "yo", "nuestro", "nuestra", "nos", "my", "i", "our", "we", "us"];
        let range = &scan.tokens[from.min(scan.tokens.len())..];
        let about = range.iter().any(|token| own.contains(&token.fold.as_str()))
            || scan.noun(from).is_some_and(|(noun, _)| matches!(noun, Noun::Someone(_)));
        if !about || range.len() < 3 || self.statements.len() >= STATEMENTS_MAX {
            return;
        }
        let text = scan.source(from, scan.tokens.len()).to_owned();
        self.clauses += 1;
        let object = Object { key: words::key(&text), text, mention: None };
        let clause = self.clauses;
        self.push(Statement {
            subject: Mention::Owner,
            predicate: Predicate::Note,
            kind: String::new(),
            object: Some(object),
            act: Act::Assert,
            manner: Manner::Plain,
            from: None,
            to: None,
            clause,
            span: sentence,
            sentence,
            language: scan.language,
        });
    }
}

/// Only relatives and animals have introductions.
fn unreachable_mention() -> (Mention, Predicate, &'static str) {
    (Mention::Owner, Predicate::Relative, "friend")
}
