//! Where somebody works or lives, said without a verb of working or living.

use super::claims::{Reader, object};
use super::clause::{Clause, Subject};
use super::stance::Stance;
use super::statement::{Object, Statement};
use crate::fact::Predicate;
use crate::grammar::Mention;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::words::Tense;

/// Who says so speaks of work from there on.
const RESIGNED: &[&str] =
    &["renuncie", "renunciado", "despidieron", "despedido", "echaron", "quit", "resigned", "fired"];

impl Reader<'_> {
    pub(super) fn is_capital(&self, at: usize) -> bool {
        self.scan.lower_case || self.scan.tokens.get(at).is_some_and(|token| token.capital)
    }

    /// «Renuncié y desde el lunes estoy en …» says where somebody works, not where they live.
    pub(super) fn of_work(&self, group: &Group, said: &mut [Statement]) {
        let stands = group.has_any(&["estar", "be"]);
        if stands && (0..group.first).any(|at| self.scan.is_any(at, RESIGNED)) {
            said.iter_mut()
                .filter(|s| s.predicate == Predicate::LivesIn)
                .for_each(|s| s.predicate = Predicate::WorksAt);
        }
    }

    /// Where somebody works or lives besides what the verb says.
    pub(super) fn working(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        said: &[Statement],
    ) -> Vec<Statement> {
        let elsewhere = self.elsewhere_now(group, clause, mention, said);
        let lived = self.where_lived(group, clause, mention);
        elsewhere.into_iter().chain(lived).chain(self.living(group, clause, mention, said)).collect()
    }

    /// «Mi chamba está en Coyoacán», "my job is at the docks".
    pub(super) fn worked_in(&self, group: &Group, clause: &Clause, subject: &Subject) -> Option<Statement> {
        let Subject::Of(Noun::Attribute { of, row: "role" | "works_at" }) = subject else { return None };
        let at = self.scan.after_adverbs(group.last);
        let is = group.has_any(&["estar", "quedar", "be"]) && !group.aspect.passive;
        if !is
            || !self.scan.is_any(at, &["en", "in", "at", "por"])
            || self.scan.late_negation(group, clause.last) != Polarity::Positive
        {
            return None;
        }
        let (mut fillers, end) = self.scan.slot("org", at + 1).or_else(|| self.scan.slot("place", at + 1))?;
        let says = Says::of(Predicate::WorksAt);
        let stance = Stance::PLAIN;
        Some(self.statement(of.clone(), &says, fillers.pop().map(object), stance, (clause.first, end)))
    }

    /// "I drive buses for a living".
    fn living(&self, group: &Group, clause: &Clause, mention: &Mention, said: &[Statement]) -> Option<Statement> {
        let scan = self.scan;
        let at = (group.last..clause.last)
            .find(|&i| scan.word(i) == "for" && scan.is_any(i + 1, &["a", "my"]) && scan.word(i + 2) == "living")?;
        let present = group.readings.iter().any(|form| form.tense == Tense::Present);
        if !present || group.polarity != Polarity::Positive || said.iter().any(|s| s.predicate == Predicate::Role) {
            return None;
        }
        let first = if group.has("do") { group.last } else { group.first };
        let text = scan.source(first, at).to_owned();
        let says = Says::of(Predicate::Role);
        let object = Object::plain(text);
        let stance = Stance::PLAIN;
        (at > first).then(|| self.statement(mention.clone(), &says, Some(object), stance, (group.first, at)))
    }

    /// "I used to live in Hull but I'm in Whitby now", «ya no vivo en Lorca, me fui a Cartagena», "I'm no longer at Tesco, I've
    /// gone to Aldi": where somebody is instead.
    fn elsewhere_now(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        said: &[Statement],
    ) -> Option<Statement> {
        let scan = self.scan;
        let before = |words: &[&str]| (0..group.first).any(|i| scan.is_any(i, words));
        let over = before(&["used", "longer", "no", "not", "antes", "left", "dejado", "deje", "moved", "before"])
            || before(RESIGNED);
        let lived = before(&["live", "lived", "living", "vivo", "vivia", "viviamos", "vivimos", "vivir"]);
        let worked = before(&["work", "worked", "working", "job", "trabajo", "trabajaba", "at", "curro", "empresa"])
            || before(RESIGNED);
        let stands = group.has_any(&["be", "estar", "go", "ir", "move", "join", "venir", "come", "pasar"])
            && !(group.aspect.modal || group.aspect.prospective)
            && group.polarity == Polarity::Positive;
        let at = scan.after_adverbs(group.last);
        let placed = scan.is_any(at, &["in", "en", "at", "to", "a", "with", "con"]);
        if !(said.is_empty() && over && (lived || worked) && stands && placed) {
            return None;
        }
        let (predicate, slot) = if lived { (Predicate::LivesIn, "place") } else { (Predicate::WorksAt, "org") };
        let (mut fillers, end) = scan.slot(slot, at + 1).filter(|_| self.is_capital(at + 1))?;
        let says = Says::of(predicate);
        let stance = Stance::PLAIN;
        (end <= clause.last)
            .then(|| self.statement(mention.clone(), &says, fillers.pop().map(object), stance, (group.first, end)))
    }

    /// «Acá en Heredia, donde vivo, …», "here in Leeds, where I live, …".
    fn where_lived(&self, group: &Group, clause: &Clause, mention: &Mention) -> Option<Statement> {
        let scan = self.scan;
        let at = (group.first.saturating_sub(3)..group.first).find(|&i| scan.is_any(i, &["donde", "where"]))?;
        let comma = at.checked_sub(1).filter(|&i| scan.word(i) == ",")?;
        let begin = (comma.saturating_sub(4)..comma).find(|&i| scan.is_any(i, &["en", "in"]))?;
        let lives = group.has_any(&["vivir", "live"]) && group.polarity == Polarity::Positive && !group.aspect.bygone;
        let present = group.readings.iter().any(|form| form.tense == Tense::Present);
        let (mut fillers, end) = scan.slot("place", begin + 1).filter(|(_, end)| *end == comma && lives && present)?;
        let says = Says::of(Predicate::LivesIn);
        let place = fillers.pop().map(object);
        Some(self.statement(mention.clone(), &says, place, Stance::PLAIN, (clause.first.min(begin), end)))
    }

    /// «Lo mío es el jazz».
    pub(super) fn mine(&self, group: &Group, clause: &Clause) -> Vec<Statement> {
        let scan = self.scan;
        let mine = (clause.first..group.first)
            .any(|i| scan.is_any(i, &["lo"]) && scan.is_any(i + 1, &["mio", "nuestro"]) && i + 2 == group.first);
        let liked = scan.slot("like", scan.after_adverbs(group.last)).filter(|_| mine && group.has("ser"));
        let Some((fillers, end)) = liked else { return Vec::new() };
        let says = Says::of(Predicate::Likes);
        let stance = Stance::PLAIN;
        let say = |filler| self.statement(Mention::Owner, &says, Some(object(filler)), stance, (clause.first, end));
        fillers.into_iter().map(say).collect()
    }
}
