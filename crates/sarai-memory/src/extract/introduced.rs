//! Names that a sentence tells by the way.

use super::Run;
use super::statement::{Act, Manner, Object, Reason, Statement};
use crate::fact::Predicate;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::words::{self, Class};

impl Run<'_> {
    /// «Mi hermana Ana»: the name alone is worth remembering, whatever the sentence says.
    pub(super) fn introductions(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let mut at = 0;
        while at < scan.tokens.len() {
            // "I have a 7-year-old daughter".
            let one = scan.is_any(at, &["a"])
                && at > 1
                && scan.is_any(at - 1, &["have", "'ve", "got"])
                && scan.is_any(0, &["i", "we"]);
            let child = || {
                scan.headed(at + 1, Mention::Owner, false).filter(|_| one && scan.word(at + 1).ends_with("-year-old"))
            };
            let Some((noun, end)) = scan.noun(at).or_else(child) else {
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
                let mention = nobodys_own(mention);
                let (of, predicate, kind) = match &mention {
                    Mention::Relative { of, kin, .. } => ((**of).clone(), Predicate::Relative, *kin),
                    Mention::Animal { of, species, .. } => ((**of).clone(), Predicate::Pet, *species),
                    _ => unreachable_mention(),
                };
                // Who died or is given away is nobody's any more.
                let gone = self.statements.iter().any(|s| {
                    s.predicate == Predicate::Died && s.subject == mention
                        || s.act == Act::End
                            && s.predicate == predicate
                            && s.object.as_ref().is_some_and(|o| o.mention.as_ref() == Some(&mention))
                });
                let known = gone
                    || self.statements.iter().any(|s| {
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
                self.the_one_in(scan, &noun, end, sentence);
                self.aged(scan, &noun, (at, end), sentence);
                self.ailing(scan, (at, end), sentence);
            }
            at = end;
        }
    }

    /// "My sister Aoife, the one in Toronto, …", «mi tía Amparo, la de Valencia».
    fn the_one_in(&mut self, scan: &Scan<'_>, noun: &Noun, end: usize, sentence: (usize, usize)) {
        let Noun::Someone(mention @ Mention::Relative { plural: false, .. }) = noun else { return };
        let from = end - usize::from(end > 0 && scan.word(end - 1) == ",");
        if scan.word(from) != "," {
            return;
        }
        let place = match (scan.word(from + 1), scan.word(from + 2), scan.word(from + 3)) {
            ("the", "one", "in") => from + 4,
            ("la" | "el", "de", _) => from + 3,
            _ => return,
        };
        let known = |found: &(Vec<crate::grammar::slots::Filler>, usize)| {
            scan.tokens.get(place).is_some_and(|token| token.capital) && found.1 > place
        };
        let (Some((mut fillers, last)), Some(of)) =
            (scan.slot("place", place).filter(known), self.resolved(mention.clone()))
        else {
            return;
        };
        let Some(filler) = fillers.pop() else { return };
        self.told_by_the_way(scan, of, Predicate::LivesIn, super::claims::object(filler), (from, last), sentence);
    }

    /// "My 7-year-old daughter", «mi hija de 7 años», "my daughter Lily (7)".
    fn aged(&mut self, scan: &Scan<'_>, noun: &Noun, (at, end): (usize, usize), sentence: (usize, usize)) {
        let Noun::Someone(mention @ (Mention::Relative { plural: false, .. } | Mention::Animal { plural: false, .. })) =
            noun
        else {
            return;
        };
        let named = (at..end).find_map(|i| {
            let years = crate::text::tokens(scan.word(i).strip_suffix("-year-old")?, 1);
            crate::time::cardinal(&years, 0).map(|(age, _)| age)
        });
        let behind = || {
            let of = end + usize::from(scan.word(end) == ",");
            let (filler, _) = scan.is_any(of, &["de"]).then(|| scan.years(of + 1)).flatten()?;
            filler.key.parse().ok()
        };
        let beside = || {
            let (age, last) = crate::time::cardinal(scan.tokens, end + 1).filter(|_| scan.word(end) == "(")?;
            (scan.word(last) == ")").then_some(age)
        };
        let age = named.or_else(behind).or_else(beside).filter(|age| *age < 120);
        let (Some(age), Some(of)) = (age, self.resolved(mention.clone())) else { return };
        let known = |s: &Statement| s.predicate == Predicate::Age && s.subject == of;
        if !self.statements.iter().any(known) {
            let object = Object { text: age.to_string(), key: age.to_string(), mention: None };
            self.told_by_the_way(scan, of, Predicate::Age, object, (at, end), sentence);
        }
    }

    /// "My asthma is acting up", «mi asma ha mejorado»: whoever has it to speak of has it.
    fn ailing(&mut self, scan: &Scan<'_>, (at, end): (usize, usize), sentence: (usize, usize)) {
        let ill = |at: usize| words::longest(scan.language, scan.tokens, at, &[Class::Illness]);
        let own = scan.is_any(at, &["mi", "my"]).then(|| ill(at + 1)).flatten().filter(|(_, last)| *last >= end);
        let Some((_, last)) = own else { return };
        let (of, first) = (Mention::Owner, at + 1);
        let over = (0..scan.tokens.len()).any(|i| {
            scan.is_any(
                i,
                &["no", "not", "never", "ya", "gone", "cured", "curado", "superado", "was", "era", "had", "tenia"],
            )
        });
        let known = |s: &Statement| s.predicate == Predicate::Health && s.subject == of;
        if over || self.statements.iter().any(known) {
            return;
        }
        let text = scan.source(first, last).to_owned();
        self.told_by_the_way(scan, of, Predicate::Health, Object::plain(text), (first, last), sentence);
    }

    fn told_by_the_way(
        &mut self,
        scan: &Scan<'_>,
        of: Mention,
        predicate: Predicate,
        object: Object,
        tokens: (usize, usize),
        sentence: (usize, usize),
    ) {
        self.clauses += 1;
        let says = crate::grammar::frames::Says::of(predicate);
        let reader = super::claims::Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let statement = reader.statement(of, &says, Some(object), super::stance::Stance::PLAIN, tokens);
        self.push(statement);
    }

    /// "My twins, Ada and Finn, …": a group with the names of its members.
    fn listed(&mut self, scan: &Scan<'_>, noun: &Noun, end: usize, sentence: (usize, usize)) {
        let Noun::Someone(mention) = noun else { return };
        // They stand beside each other.
        self.clauses += 1;
        for (kin, name, span) in scan.members_named(mention, end) {
            let Some(Mention::Relative { of, .. }) = self.resolved(mention.clone()) else { return };
            let member = Mention::Relative { of: of.clone(), kin, name: Some(name), plural: false };
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
}

/// Up to where a sentence that counts for nothing else says who is who.
pub(super) fn certain_until(scan: &Scan<'_>, reason: Reason) -> Option<usize> {
    match reason {
        Reason::Reported => speaker_ends(scan),
        Reason::Uncertain => Some(scan.tokens.len()),
        _ => None,
    }
}

/// Where whoever says a sentence has been named, outside of stories.
fn speaker_ends(scan: &Scan<'_>) -> Option<usize> {
    let says = |at: &usize| scan.is_any(*at, &["dice", "dijo", "cuenta", "conto", "says", "said", "reckons", "swears"]);
    let at = (1..scan.tokens.len()).find(says)?;
    (0..scan.tokens.len()).all(|i| !scan.is_any(i, &crate::words::lists::STORIES)).then_some(at)
}

/// The one person or animal that a sentence names.
pub(super) fn only_one(scan: &Scan<'_>) -> Option<Mention> {
    let mut found: Option<Mention> = None;
    let mut at = 0;
    while at < scan.tokens.len() {
        let Some((noun, end)) = scan.noun(at).or_else(|| near(scan, at)) else {
            at += 1;
            continue;
        };
        at = end.max(at + 1);
        let Noun::Someone(mention) = noun else { continue };
        let single = matches!(
            &mention,
            Mention::Relative { plural: false, .. } | Mention::Animal { plural: false, .. } | Mention::Named(_)
        );
        match &found {
            _ if !single => {}
            None => found = Some(mention),
            Some(known) if *known == mention => {}
            Some(_) => return None,
        }
    }
    found
}

/// "(Got) mum (some flowers)", and whoever it is whom one is seeing.
fn near(scan: &Scan<'_>, at: usize) -> Option<(Noun, usize)> {
    const NEAR: &[&str] = &["mum", "mom", "mam", "dad", "nan", "gran", "granny", "grandma", "grandad", "grandpa"];
    let before = at.checked_sub(1)?;
    let seen = scan.is_any(at, &["someone", "somebody"]) && scan.is_any(before, &["seeing", "dating"])
        || scan.is_any(at, &["alguien"]) && before > 0 && scan.is_any(before - 1, &["saliendo", "quedando"]);
    if seen {
        return Some((Noun::Someone(Mention::relative("partner", false)), at + 1));
    }
    let bare = !scan.is_any(before, &["a", "the", "un", "una", "la", "el", "your", "his", "her", "'s", "tu", "su"]);
    (!scan.spanish() && bare && scan.is_any(at, NEAR)).then(|| scan.headed(at, Mention::Owner, false)).flatten()
}

/// «Su loro, Capitán, …», where the talk has come to the parrot itself: it is not its own.
fn nobodys_own(mention: Mention) -> Mention {
    let of = match &mention {
        Mention::Relative { of, .. } | Mention::Animal { of, .. } => of,
        _ => return mention,
    };
    if called(of).is_some() && called(of) == called(&mention) { (**of).clone() } else { mention }
}

fn called(mention: &Mention) -> Option<&str> {
    match mention {
        Mention::Relative { name, .. } | Mention::Animal { name, .. } => name.as_deref(),
        Mention::Named(name) => Some(name),
        Mention::Owner | Mention::Pronoun { .. } | Mention::Thing { .. } => None,
    }
}

/// Only relatives and animals have introductions.
fn unreachable_mention() -> (Mention, Predicate, &'static str) {
    (Mention::Owner, Predicate::Relative, "friend")
}

#[cfg(test)]
mod tests {
    use crate::States;
    use crate::heard::facts_of;

    /// Predicates and objects of what one message tells.
    fn told(text: &str) -> Vec<String> {
        let facts = facts_of(&[text], States::Open);
        facts.iter().map(|fact| format!("{} {}", fact.verb(), fact.object.text)).collect()
    }

    /// Who a fact is about, where a sentence speaks of several.
    #[test]
    fn nobody_is_given_what_is_said_of_another() {
        for (text, expected, never) in [
            ("tengo dos hijas, Sol y Luz, y un gato que se llama Pancho", "pet:cat ", "relative:daughter Pancho"),
            ("Molly, the girl I mind on Wednesdays, has epilepsy", "routine mind on Wednesdays", "health epilepsy"),
            ("im the middle one: deirdre is 50, im 48, and the baby, fintan, is 36", "age 48", "age 36"),
            ("my parents split when i was six", "note my parents split when i was six", "age 6"),
            (
                "mi suegra es alergica a la penicilina y mi marido tambien",
                "allergic_to penicilina",
                "allergic_to marido",
            ),
            (
                "trabajo de cajera en el oxxo y mi hermana en la farmacia de enfrente",
                "works_at farmacia de enfrente",
                "works_at mi hermana",
            ),
            ("La pareja de arriba son Toni y Mar", "relative:neighbour Mar", "works_at"),
            ("The couple next door are Ray and Sheila", "relative:neighbour Sheila", "lives_in"),
            ("The people next door are noisy", "?", "relative"),
            ("mi vecino de al lado se llama Pedro", "name Pedro", "note"),
            ("I'm Tom, married to Sue", "relative:partner Sue", "name Sue"),
            ("got a corn snake named Biscuit and an old beagle called Roxy", "breed beagle", "pet:snake Roxy"),
            ("We have a rescue greyhound named Pickle", "breed greyhound", "name Greyhound"),
            ("I have a hot dog stand", "?", "pet"),
            ("I had a chicken curry", "?", "pet"),
            ("Soy encargada de almacén en Mercadona", "role encargada de almacén", "works_at almacén"),
            ("Soy auxiliar administrativa en la Diputación", "works_at Diputación", "role Diputación"),
            ("Vivo en Vigo, bueno, en Redondela", "lives_in Redondela", "lives_in Vigo"),
            ("I live in Leeds, well, Bramley", "lives_in Bramley", "lives_in Leeds"),
            ("No fumo, yo lo dejé en marzo", "habit no fumar", "works_at marzo"),
            ("Like my sister I'm left-handed", "trait left-handed", "likes sister"),
            ("I am Cypriot", "nationality Cypriot", "name Cypriot"),
            ("I work at Tesco, same as my dad", "works_at Tesco", "role my dad"),
            ("my bro in law supports Arsenal", "relative:brother_in_law ", "relative:brother "),
            ("Mi hija se cambió a Enfermería", "studies Enfermería", "lives_in Enfermería"),
            ("Soy Gabriela, la mamá de Mateo", "name Gabriela", "name Soy Gabriela"),
            ("My mother-in-law moved in with her parrot, Captain, who swears", "pet:parrot Captain", "?"),
        ] {
            let all = told(text);
            assert!(expected == "?" || all.iter().any(|fact| fact == expected), "{text}: {all:?}");
            assert!(all.iter().all(|fact| !fact.starts_with(never)), "{text}: {all:?}");
        }
        let works = facts_of(&["trabajo de cajera en el oxxo y mi hermana en la farmacia de enfrente"], States::Open);
        let pharmacy = works.iter().find(|fact| fact.object.text.starts_with("farmacia")).unwrap();
        assert_ne!(pharmacy.subject, crate::EntityId::OWNER);
        // A parrot is nobody's twice.
        let parrots = told("My mother-in-law moved in with her parrot, Captain, who swears");
        assert_eq!(parrots.iter().filter(|fact| fact.starts_with("pet")).count(), 1, "{parrots:?}");
    }

    #[test]
    fn an_aside_names_whom_it_stands_beside() {
        for (text, expected, never) in [
            ("el hermano de mi mamá, Eusebio, tiene un taller", "relative:brother Eusebio", "relative:mother Eusebio"),
            ("Renata, la hija de mi hermana, ya anda", "relative:daughter Renata", "relative:sister Renata"),
            ("el jefe, Óscar, llegó tarde", "relative:boss Óscar", "?"),
            ("mi yerno Matías dice que no tiene arreglo", "relative:son_in_law Matías", "?"),
            ("two cats called Pickle and Mog, and I'm Ann", "name Ann", "name Mog"),
            ("la celíaca es mi hermana Begoña", "health celíaca", "?"),
        ] {
            let all = told(text);
            assert!(all.iter().any(|fact| fact == expected), "{text}: {all:?}");
            assert!(all.iter().all(|fact| fact != never), "{text}: {all:?}");
        }
        for text in
            ["En mi novela, mi hermana Ana dice que huye", "vos sos Sherlock y yo soy Watson, vivimos en Baker Street"]
        {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
        // A party is no car.
        assert!(told("tengo una fiesta el sabado").iter().all(|fact| !fact.starts_with("owns")));
    }
}
