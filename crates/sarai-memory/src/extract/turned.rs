//! Sentences that turn the usual order round: «lo que más me gusta es el mar», "bee stings give me hives".

use super::claims::{Reader, object};
use super::clause::{Clause, Subject};
use super::fragments::pseudo;
use super::stance::Stance;
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::slots::Filler;
use crate::grammar::{Mention, Scan};
use crate::text::Token;
use crate::words::lists::BEFORE_SUBJECT;
use crate::words::{self, Tense};

/// Words of «en mi tiempo libre».
const LEAD: usize = 4;

impl Reader<'_> {
    /// «Lo que más me gusta es el mar», "what I hate is queuing".
    pub(super) fn cleft(&self, group: &Group, before: Option<&Group>, clause: &Clause) -> Vec<Statement> {
        let scan = self.scan;
        let one = self.the_one(group, clause);
        if !one.is_empty() {
            return one;
        }
        let Some(before) = before.filter(|_| group.has_any(&["ser", "be"]) && group.polarity == Polarity::Positive)
        else {
            return Vec::new();
        };
        let opened = (before.first.saturating_sub(5)..before.first)
            .any(|i| scan.word(i) == "lo" && scan.word(i + 1) == "que" || scan.is_any(i, &["what", "thing", "cosa"]));
        let own = before.dative == Some(words::Person::First)
            || (before.first.saturating_sub(3)..before.first).any(|i| scan.word(i) == "i")
            || scan.spanish() && before.readings.iter().all(|form| form.person == words::Person::First);
        let likes = before.has_any(&["gustar", "encantar", "apasionar", "like", "love", "enjoy", "adorar"]);
        let hates = before.has_any(&["odiar", "detestar", "soportar", "aguantar", "hate", "stand", "dislike", "bear"]);
        let predicate = match (likes, hates, before.polarity) {
            (true, _, Polarity::Positive) => Predicate::Likes,
            (true, _, _) | (_, true, _) => Predicate::Dislikes,
            _ => return self.cleft_of(group, before, clause),
        };
        let from = scan.after_adverbs(group.last);
        if !own {
            return self.cleft_of(group, before, clause);
        }
        let Some((fillers, end)) = scan.slot("like", from).filter(|_| opened) else { return Vec::new() };
        let says = Says::of(predicate);
        let stance = Stance::PLAIN;
        let make = |f: Filler| self.statement(Mention::Owner, &says, Some(object(f)), stance, (clause.first, end));
        fillers.into_iter().map(make).collect()
    }

    /// «Mi padre lo que tiene es diabetes», «a Ona lo que más le gusta son los canelones»: the first verb with what stands
    /// behind the second.
    fn cleft_of(&self, group: &Group, before: &Group, clause: &Clause) -> Vec<Statement> {
        let scan = self.scan;
        let opening =
            (before.first.saturating_sub(4)..before.first).find(|&i| scan.word(i) == "lo" && scan.word(i + 1) == "que");
        let Some(opening) = opening else { return Vec::new() };
        let named = (0..opening).find_map(|at| match scan.noun(at) {
            Some((Noun::Someone(mention), end)) if end == opening => Some(mention),
            _ => None,
        });
        let own = before.readings.iter().all(|form| form.person == words::Person::First);
        let Some(mention) = named.or_else(|| own.then_some(Mention::Owner)) else { return Vec::new() };
        let whole = Group { last: scan.after_adverbs(group.last), ..before.clone() };
        let subject = Subject::Of(Noun::Someone(mention.clone()));
        let clause = Clause { first: opening, last: clause.last, timed: opening, subject: None, blocked: None };
        self.read(&whole, &clause, &subject, &mention)
    }

    /// «Soy madre de Leo y Mía», "I'm Leo's dad" has another form.
    pub(super) fn parent_of(&self, mention: &Mention, at: usize, stance: Stance) -> Vec<Statement> {
        let scan = self.scan;
        let head = at + usize::from(scan.is_any(at, &["la", "el", "the", "a"]));
        let kin = words::longest(scan.language, scan.tokens, head, &[words::Class::Kin]);
        let Some((_, end)) = kin
            .filter(|(sense, end)| matches!(sense.id, "mother" | "father") && scan.is_any(*end, &["de", "of", "to"]))
        else {
            return Vec::new();
        };
        let several = scan.members_named(&Mention::relative("children", true), end + 1);
        let one = || {
            let (name, last) = scan.name(end + 1, Trust::Capital)?;
            Some(("child", name, (last, last)))
        };
        let named: Vec<_> = if several.is_empty() { one().into_iter().collect() } else { several };
        let child = |(kin, name, _): (&'static str, String, (usize, usize))| {
            let says = Says { predicate: Predicate::Relative, kind: kin, constant: None };
            let other = Mention::Relative { of: Box::new(mention.clone()), kin, name: Some(name), plural: false };
            let object = Object { text: String::new(), key: String::new(), mention: Some(other) };
            self.statement(mention.clone(), &says, Some(object), stance, (at, end + 1))
        };
        named.into_iter().map(child).collect()
    }

    /// What somebody does for pleasure.
    pub(super) fn leisure(
        &self,
        group: &Group,
        clause: &Clause,
        subject: &Subject,
        mention: &Mention,
        said: &[Statement],
    ) -> Option<Statement> {
        self.pastime(group, clause, mention, said).or_else(|| self.gerund(group, clause, subject))
    }

    /// «En mi tiempo libre pinto», "she paints in her spare time".
    fn pastime(&self, group: &Group, clause: &Clause, mention: &Mention, said: &[Statement]) -> Option<Statement> {
        let scan = self.scan;
        let from = clause.first.min(group.first).saturating_sub(LEAD + 1);
        let lead = (from..clause.last).find(|&at| {
            let whose = scan.is_any(at + 1, &["mi", "mis", "su", "sus", "my", "his", "her", "their", "our"]);
            let free = scan.is_any(at + 2, &["tiempo", "ratos"]) && scan.is_any(at + 3, &["libre", "libres"])
                || scan.is_any(at + 2, &["free", "spare"]) && scan.is_any(at + 3, &["time"]);
            scan.is_any(at, &["en", "in"]) && whose && free
        })?;
        let present = group.readings.iter().any(|form| form.tense == Tense::Present);
        let known = |s: &Statement| matches!(s.predicate, Predicate::Hobby | Predicate::Likes | Predicate::Plays);
        let plain = present && group.polarity == Polarity::Positive && !group.aspect.modal && !said.iter().any(known);
        let says_nothing = group.has_any(&["ser", "estar", "tener", "haber", "be", "have", "gustar", "like"]);
        let end = if lead > group.first { lead } else { clause.last };
        let lemma = group.readings.first()?.lemma;
        let rest = scan.source(group.last, end);
        let text = if rest.is_empty() { lemma.to_owned() } else { format!("{lemma} {rest}") };
        let says = Says::of(Predicate::Hobby);
        let object = Object { key: words::key(&text), text, mention: None };
        (plain && !says_nothing && end >= group.last)
            .then(|| self.statement(mention.clone(), &says, Some(object), Stance::PLAIN, (group.first, end)))
    }

    /// "My hobby is painting": no progressive.
    fn gerund(&self, group: &Group, clause: &Clause, subject: &Subject) -> Option<Statement> {
        let Subject::Of(Noun::Attribute { of, row: row @ ("hobby" | "goal") }) = subject else { return None };
        let plain = group.aspect.progressive && group.polarity == Polarity::Positive && !self.scan.spanish();
        let text = self.scan.source(group.last - 1, clause.last);
        let says = Says::of(Predicate::from_name(row)?);
        let object = Object::plain(text.to_owned());
        let span = (clause.first, clause.last);
        plain.then(|| self.statement(of.clone(), &says, Some(object), Stance::PLAIN, span))
    }

    /// «La celíaca es mi hermana», "the vegan is my son".
    fn the_one(&self, group: &Group, clause: &Clause) -> Vec<Statement> {
        let scan = self.scan;
        let article = (clause.first..group.first).rev().find(|&at| scan.is_any(at, &["el", "la", "the"]));
        let Some(at) = article.filter(|at| {
            group.has_any(&["ser", "be"])
                && group.polarity == Polarity::Positive
                && (*at == clause.first
                    || scan.tokens[at - 1].is_mark()
                    || scan.is_any(at - 1, &["y", "and", "pero", "but"]))
        }) else {
            return Vec::new();
        };
        let is = pseudo(at + 1, if scan.spanish() { "ser" } else { "be" });
        let told = [Predicate::Health, Predicate::Diet, Predicate::AllergicTo];
        let found = scan
            .matches(&is, group.first)
            .into_iter()
            .find(|m| told.contains(&m.frame.says.predicate) && (m.end == group.first || scan.is_any(m.end, &["one"])));
        let someone = scan.noun(scan.after_adverbs(group.last)).and_then(|(noun, end)| match noun {
            Noun::Someone(mention @ (Mention::Relative { plural: false, .. } | Mention::Named(_) | Mention::Owner)) => {
                Some((mention, end))
            }
            _ => None,
        });
        let (Some(found), Some((mention, end))) = (found, someone) else { return Vec::new() };
        let make =
            |f: Filler| self.statement(mention.clone(), &found.frame.says, Some(object(f)), Stance::PLAIN, (at, end));
        found.fillers.into_iter().map(make).collect()
    }

    /// «El fútbol ya no me gusta», «a mi hermana el café le encanta»: what is liked stands first.
    pub(super) fn liked_first(&self, group: &Group, clause: &Clause, mention: &Mention) -> Vec<Statement> {
        let scan = self.scan;
        let likes = group.has_any(&["gustar", "encantar", "chiflar", "interesar", "apasionar", "entusiasmar", "molar"]);
        let present = group.readings.iter().any(|form| form.tense == Tense::Present);
        let alone = clause.last == group.last || scan.is_any(group.last, &["nada", "mucho", "tanto", "mas"]);
        if !(scan.spanish() && likes && present && alone) || group.dative.is_none() || group.aspect.modal {
            return Vec::new();
        }
        let found = (clause.first..group.first)
            .filter(|&at| {
                at + 1 < group.first
                    && scan.is_any(at, &["el", "la", "los", "las"])
                    && (at == 0 || !scan.is_any(at - 1, &["de", "a", "que"]))
            })
            .map(|at| Filler::new(scan.source(at + 1, group.first)))
            .find(|filler| filler.key.starts_with("c:"));
        let Some(filler) = found else { return Vec::new() };
        let (predicate, act) = match scan.late_negation(group, clause.last) {
            Polarity::NoLonger => (Predicate::Likes, Act::End),
            // What does not interest is not disliked yet.
            _ if group.has("interesar") => return Vec::new(),
            Polarity::Positive => (Predicate::Likes, Act::Assert),
            Polarity::Negative => (Predicate::Dislikes, Act::Assert),
        };
        let says = Says::of(predicate);
        let stance = Stance { act, from: None, to: None };
        vec![self.statement(mention.clone(), &says, Some(object(filler)), stance, (clause.first, group.last))]
    }

    /// «Las picaduras de abeja me dan alergia», "bee stings give me an allergic reaction".
    pub(super) fn triggers(&self, group: &Group, clause: &Clause) -> Option<Statement> {
        let scan = self.scan;
        let at = scan.after_adverbs(group.last);
        let spanish = group.has_any(&["dar", "producir", "provocar"])
            && group.dative == Some(words::Person::First)
            && scan.is_any(at, &["alergia", "urticaria", "ronchas"]);
        let english = group.has("give")
            && scan.word(group.last) == "me"
            && (group.last + 1..group.last + 4).any(|i| scan.is_any(i, &["allergic", "hives", "rash"]));
        let first = (clause.first..group.first)
            .find(|&i| !scan.tokens[i].is_mark() && !BEFORE_SUBJECT.contains(&scan.word(i)))?;
        let first = first + usize::from(scan.is_any(first, &["el", "la", "los", "las", "the"]));
        let text = scan.source(first, group.first);
        if !(spanish || english) || first >= group.first || group.polarity != Polarity::Positive {
            return None;
        }
        let says = Says::of(Predicate::AllergicTo);
        let object = Object { text: text.to_owned(), key: words::key(text), mention: None };
        let stance = Stance::PLAIN;
        Some(self.statement(Mention::Owner, &says, Some(object), stance, (first, at + 1)))
    }
}

impl super::Run<'_> {
    /// "Blue is my favourite colour", «el azul es mi nuevo color favorito».
    pub(super) fn favourite_last(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let told = self.statements.iter().any(|s| s.sentence == sentence && s.act == Act::Assert);
        let is = |group: &&Group| group.has_any(&["be", "ser"]) && group.polarity == Polarity::Positive;
        let Some(group) = groups.iter().find(is).filter(|_| !told) else { return };
        let behind = scan.after_adverbs(group.last);
        let Some((Noun::Favourite { of, kind }, _)) = scan.noun(behind) else { return };
        let start = (0..group.first).rev().find(|&at| scan.tokens[at].is_mark()).map_or(0, |at| at + 1);
        let front = (start..group.first).find(|&at| !BEFORE_SUBJECT.contains(&scan.word(at)));
        let (Some(front), Some(of)) = (front, self.resolved(of)) else { return };
        let short = group.first <= front + LEAD && scan.tokens[front..group.first].iter().all(Token::is_word);
        if !short
            || scan.noun(front).is_some()
            || scan.is_any(front, &["what", "which", "that", "this", "que", "eso", "it"])
        {
            return;
        }
        let front = front + usize::from(scan.is_any(front, &["el", "la", "los", "las", "the"]));
        let value = Object::plain(scan.source(front, group.first).to_owned());
        self.clauses += 1;
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let says = Says::of(Predicate::Favourite);
        let mut statement = reader.statement(of, &says, Some(value), Stance::PLAIN, (start, behind + 1));
        statement.kind = kind;
        self.push(statement);
    }
}
