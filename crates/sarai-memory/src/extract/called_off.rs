//! Appointments and classes that are called off, put off or moved: «me han cancelado la cita del dentista», "they've pushed
//! my cleaning to March 24, same time".

use super::Run;
use super::claims::{Reader, at_hour};
use super::period::period;
use super::scope::Doubtful;
use super::stance::Stance;
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::time::PartialDate;
use crate::words::lists::{CANCELLING, MOVING};
use crate::words::{self, Class, Tense};

const CANCELLED: &[&str] =
    &["cancelled", "canceled", "cancelada", "cancelado", "anulada", "anulado", "suspendida", "suspendido"];

/// What an appointment is called where it is the one just told.
const BARE: &[&str] = &["cita", "turno", "visita", "appointment", "appt"];

impl Run<'_> {
    /// «Me ha escrito Marga: la cita pasa al miércoles»: who moves an appointment that was told is believed.
    pub(super) fn moved_by_others(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let told = self.spoken_of(sentence).any(|s| s.predicate == Predicate::Appointment && s.act == Act::Assert);
        let Some(colon) = (1..scan.tokens.len()).find(|&at| scan.word(at) == ":").filter(|_| told) else { return };
        let said = Scan { tokens: &scan.tokens[colon + 1..], ..*scan };
        let quoted = said.tokens.iter().any(|token| token.quoted || words::in_first_person(token));
        if !quoted {
            self.called_off(&said, &said.groups(), &[], sentence);
        }
    }

    /// «Me han cancelado la cita del dentista», "the meeting has been moved to Friday".
    pub(super) fn called_off(
        &mut self,
        scan: &Scan<'_>,
        groups: &[Group],
        doubtful: &[Doubtful],
        sentence: (usize, usize),
    ) {
        let said = |lemmas: &[&str]| {
            groups.iter().any(|group| {
                group.has_any(lemmas)
                    && group.polarity == Polarity::Positive
                    && !group.aspect.modal
                    && (group.aspect.perfect
                        || group.aspect.passive
                        || group.readings.iter().any(|f| f.tense == Tense::Past))
            })
        };
        let called = (1..scan.tokens.len()).any(|i| {
            scan.word(i) == "off" && scan.is_any(i - 1, &["called", "is", "'s"])
                || scan.word(i) == "through" && scan.is_any(i - 1, &["fell", "fallen"])
                || scan.word(i) == "caido" && (i.max(2) - 2..i).any(|before| scan.is_any(before, &["se", "ha"]))
        });
        let cancelled = called || said(&CANCELLING) || (0..scan.tokens.len()).any(|i| scan.is_any(i, CANCELLED));
        let recent_event = self.spoken_of(sentence).any(|s| s.predicate == Predicate::Appointment);
        // "The interview is on Wednesday instead", «el dentista ahora es el 10».
        let instead = (0..scan.tokens.len()).any(|i| {
            scan.is_any(i, &["instead", "now", "ahora"]) || scan.word(i) == "final" && i > 0 && scan.word(i - 1) == "al"
        }) && groups
            .iter()
            .any(|group| group.has_any(&["ser", "be"]) && group.polarity == Polarity::Positive);
        let corrected =
            recent_event && super::correction::marker(scan).is_some() && !self.tells_of_another(scan, groups, sentence);
        // «La cita pasa al miércoles».
        let passes = || groups.iter().any(|group| group.has("pasar") && scan.is_any(group.last, &["a", "para"]));
        let moved = shifted(scan) || instead || said(&MOVING) || passes() && event(scan, groups).is_some();
        let when = self.put_off(scan, sentence);
        if doubtful.is_empty() && self.trip_instead(scan, groups, sentence) {
            return;
        }
        // "Sorry" alone sets nothing right yet.
        if !doubtful.is_empty() || corrected && !moved && !cancelled && when.is_none() {
            return;
        }
        let moved = moved || corrected;
        let pronoun = groups.is_empty()
            || corrected
            || (0..scan.tokens.len()).any(|i| scan.is_any(i, &["lo", "la", "it", "es", "is", "'s"]));
        let recent = || {
            let said = self.spoken_of(sentence).filter(|s| s.predicate == Predicate::Appointment).last()?;
            said.object.as_ref().filter(|_| pronoun).map(|object| object.text.clone())
        };
        // «Al final no vamos a Oslo», "we're not going to Oslo".
        let stays = groups.iter().find_map(|group| {
            let goes = group.has_any(&["ir", "viajar", "volar", "go", "travel", "fly"]);
            let own = !scan.spanish() || group.readings.iter().any(|form| form.person == words::Person::First);
            let negative = group.polarity != Polarity::Positive && goes && own && !group.aspect.modal;
            let to = (group.last..group.last + 2).find(|&i| negative && scan.is_any(i, &["a", "to"]))?;
            let (fillers, _) = scan.slot("knownplace", to + 1)?;
            fillers.into_iter().next().map(|filler| filler.text)
        });
        if let Some(place) = trip(scan).filter(|_| cancelled).or(stays) {
            return self.happens(scan, Predicate::Trip, &place, Act::End, None, sentence);
        }
        if !(cancelled || moved) {
            return;
        }
        let known = || self.spoken_of(sentence).filter(|s| s.predicate == Predicate::Appointment).last();
        let named = event(scan, groups).map(|event| match known().and_then(|s| s.object.as_ref()) {
            // «La cita pasa al miércoles» is the one that was told.
            Some(object) if BARE.contains(&crate::text::fold(&event).as_str()) => object.text.clone(),
            _ => event,
        });
        let Some(event) = named.or_else(recent) else { return };
        if moved && !cancelled && self.other_days(scan, &event, sentence) {
            return;
        }
        let wedding = (0..scan.tokens.len()).any(|i| scan.is_any(i, &["boda", "wedding"]));
        if wedding && moved && !cancelled && self.wedding(scan, sentence) {
            return;
        }
        self.statements.retain(|s| s.sentence != sentence || s.predicate != Predicate::Appointment);
        self.set_for(scan, &event, when.filter(|_| moved), cancelled, sentence);
    }

    /// "Madeira was full so we're going to Malta instead", "sorry, it's 12 May": another place, or another day, for the trip that
    /// the message before told of. Whether one was.
    fn trip_instead(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) -> bool {
        let mut told = self.before.recent.iter().filter(|s| s.act == Act::Assert && s.predicate == Predicate::Trip);
        let Some(old) = told.next_back().cloned() else { return false };
        let place = old.object.as_ref().map(|object| object.text.clone()).unwrap_or_default();
        let said = |words: &[&str]| (0..scan.tokens.len()).any(|at| scan.is_any(at, words));
        let goes = |group: &&Group| {
            group.has_any(&["ir", "viajar", "volar", "go", "travel", "fly", "be"])
                && group.polarity == Polarity::Positive
        };
        let elsewhere = groups.iter().filter(goes).find_map(|group| {
            let to = (group.last..group.last + 3).find(|&i| scan.is_any(i, &["a", "to"]))?;
            let (fillers, _) = scan.slot("place", to + 1).filter(|_| scan.tokens[to + 1].capital)?;
            fillers.into_iter().next().map(|filler| filler.text)
        });
        let when = coming_day(scan);
        if said(&["instead", "mejor", "vez", "lugar"])
            && let Some(other) = elsewhere.filter(|other| *other != place)
        {
            self.statements.retain(|s| s.sentence != sentence || s.predicate != Predicate::Trip);
            self.happens(scan, Predicate::Trip, &place, Act::End, None, sentence);
            self.happens(scan, Predicate::Trip, &other, Act::Assert, when.or(old.from), sentence);
            return true;
        }
        let corrected =
            super::correction::marker(scan).is_some() || said(&["wrong", "tickets", "billetes", "equivocado"]);
        let alone = event(scan, groups).is_none() && said(&["it", "it's", "es", "son", "'s"]);
        if corrected && alone && when.is_some() && when != old.from {
            self.happens(scan, Predicate::Trip, &place, Act::End, None, sentence);
            self.happens(scan, Predicate::Trip, &place, Act::Assert, when, sentence);
            return true;
        }
        false
    }

    /// «Perdona, tengo una cita el viernes» takes nothing from a wedding, and "I've got the dentist on Friday too" nothing from
    /// the dentist in June.
    fn tells_of_another(&self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) -> bool {
        let Some(named) = event(scan, groups) else { return false };
        let besides =
            (0..scan.tokens.len()).any(|at| scan.is_any(at, &["too", "also", "tambien", "another", "otra", "otro"]));
        let words = crate::memory::search_words(&named);
        let last = self.spoken_of(sentence).filter(|s| s.predicate == Predicate::Appointment).last();
        let known = last.and_then(|s| s.object.as_ref()).map(|object| crate::memory::search_words(&object.text));
        besides || known.is_some_and(|known| !known.iter().any(|word| words.contains(word)))
    }

    /// What was called off goes, what was moved stands on its other day, or on the same one at another hour.
    fn set_for(
        &mut self,
        scan: &Scan<'_>,
        event: &str,
        when: Option<PartialDate>,
        cancelled: bool,
        sentence: (usize, usize),
    ) {
        // «A la misma hora», "same time".
        let same =
            (1..scan.tokens.len()).any(|i| scan.is_any(i, &["hora", "time"]) && scan.is_any(i - 1, &["misma", "same"]));
        let known = || {
            let said = self.spoken_of(sentence).filter(|s| s.predicate == Predicate::Appointment).last()?;
            said.object.as_ref()?.text.rsplit_once(", ").map(|(_, hour)| hour.to_owned())
        };
        let hour = scan.hour(0, scan.tokens.len()).or_else(|| known().filter(|_| same)).filter(|_| !cancelled);
        let bare = event.split(", ").next().unwrap_or(event);
        match when.filter(|_| !cancelled) {
            // «Me han cambiado la cita a las 12»: the day stays.
            None if hour.is_some() => self.off(scan, &at_hour(bare, hour), Act::Assert, None, sentence),
            Some(when) => {
                self.off(scan, event, Act::End, None, sentence);
                self.off(scan, &at_hour(bare, hour), Act::Assert, Some(when), sentence);
            }
            None => self.off(scan, event, Act::End, None, sentence),
        }
    }

    /// «Me han cambiado pilates a los viernes»: a routine on other days. Whether it is one.
    fn other_days(&mut self, scan: &Scan<'_>, event: &str, sentence: (usize, usize)) -> bool {
        let days = (1..scan.tokens.len()).find(|&i| {
            crate::time::weekday(scan.word(i)).is_some()
                && (scan.is_any(i - 1, &["los"]) || scan.word(i).ends_with("days") && scan.is_any(i - 1, &["to", "on"]))
        });
        let Some(day) = days else { return false };
        let bare = event.split(", ").next().unwrap_or(event).to_owned();
        let text = format!("{bare} {}", scan.source(day - 1, scan.phrase_end(day).max(day + 1)));
        self.statements.retain(|s| s.sentence != sentence);
        self.happens(scan, Predicate::Routine, &bare, Act::End, None, sentence);
        self.happens(scan, Predicate::Routine, &text, Act::Assert, None, sentence);
        true
    }

    /// «Hemos aplazado la boda al 12 de septiembre» is about one's own wedding, if no other is named. Whether a day was.
    fn wedding(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) -> bool {
        let others = (0..scan.tokens.len()).any(|i| scan.is_any(i, &["de", "of", "'s"]) && scan.noun(i + 1).is_some());
        let day = (1..scan.tokens.len()).find_map(|at| scan.slot("date", at));
        let Some(filler) = day.and_then(|(fillers, _)| fillers.into_iter().next()).filter(|_| !others) else {
            return false;
        };
        self.statements.retain(|s| s.sentence != sentence || s.predicate != Predicate::Appointment);
        self.clauses += 1;
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let says = Says::of(Predicate::Wedding);
        let stance = Stance::PLAIN;
        let tokens = (0, scan.tokens.len());
        let statement = reader.statement(Mention::Owner, &says, Some(super::claims::object(filler)), stance, tokens);
        self.push(statement);
        true
    }

    /// What the message before and the sentences before this one have said.
    fn spoken_of(&self, sentence: (usize, usize)) -> impl Iterator<Item = &Statement> {
        self.before.recent.iter().chain(self.statements.iter().filter(move |s| s.sentence != sentence))
    }

    /// The day to which something is put off: one that is named, or a day of the same month.
    fn put_off(&self, scan: &Scan<'_>, sentence: (usize, usize)) -> Option<PartialDate> {
        coming_day(scan).or_else(|| {
            let old = self.spoken_of(sentence).filter(|s| s.predicate == Predicate::Appointment).last()?.from?;
            let PartialDate::Day(old) = old else { return None };
            let day = (1..scan.tokens.len()).find_map(|at| {
                let (day, _) = crate::time::cardinal(scan.tokens, at)?;
                scan.is_any(at - 1, &["el", "the"]).then_some(day)
            })?;
            crate::time::Date::new(old.year(), old.month(), u8::try_from(day).ok()?).map(PartialDate::Day)
        })
    }

    fn off(&mut self, scan: &Scan<'_>, text: &str, act: Act, when: Option<PartialDate>, sentence: (usize, usize)) {
        self.happens(scan, Predicate::Appointment, text, act, when, sentence);
    }

    fn happens(
        &mut self,
        scan: &Scan<'_>,
        predicate: Predicate,
        text: &str,
        act: Act,
        when: Option<PartialDate>,
        sentence: (usize, usize),
    ) {
        self.clauses += 1;
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let says = Says::of(predicate);
        let object = Object { key: words::key(text), text: text.to_owned(), mention: None };
        let stance = Stance { act, from: when, to: when };
        let named = whose(scan).and_then(|mention| self.resolved(mention));
        // «Se lo han cambiado al 23» is of whoever has what was spoken of.
        let bare = text.split(", ").next().unwrap_or(text);
        let recent = || {
            let told = self.spoken_of(sentence).filter(|s| {
                s.predicate == predicate && s.object.as_ref().is_some_and(|object| object.text.starts_with(bare))
            });
            told.last().map(|s| s.subject.clone())
        };
        let whose = named.or_else(recent).unwrap_or(Mention::Owner);
        let statement = reader.statement(whose, &says, Some(object), stance, (0, scan.tokens.len()));
        self.push(statement);
    }
}

/// The day from today on that a sentence names.
fn coming_day(scan: &Scan<'_>) -> Option<PartialDate> {
    let today = scan.lookup.today;
    period(scan, 0, scan.tokens.len(), true).at.filter(|day| day.last() >= today)
}

/// «A mi suegra le han pasado el cardiólogo al 11», "my brother's scan got moved": somebody else's.
fn whose(scan: &Scan<'_>) -> Option<Mention> {
    let is_event = |at: usize| words::longest(scan.language, scan.tokens, at, &[Class::Event]).is_some();
    (0..scan.tokens.len()).find_map(|at| {
        let (noun, end) = scan.noun(at)?;
        match noun {
            Noun::Someone(mention @ Mention::Relative { plural: false, .. }) => {
                // «A mi madre le da miedo» moves nothing.
                let moves = |lemma: &str| {
                    MOVING.contains(&lemma) || CANCELLING.contains(&lemma) || matches!(lemma, "haber" | "ir" | "dar")
                };
                let told = scan.tokens.get(end + 1).filter(|token| !token.is("da"));
                let verb = told.is_some_and(|token| {
                    words::forms(scan.language, &token.lower, &token.fold).iter().any(|form| moves(form.lemma))
                });
                let dative = at > 0 && scan.is_any(at - 1, &["a"]) && scan.is_any(end, &["le"]) && verb;
                let has = scan.is_any(end, &["'s"]) && (end + 1..end + 3).any(is_event);
                (dative || has).then_some(mention)
            }
            Noun::Thing(Mention::Thing { of, .. }) => {
                let theirs = matches!(*of, Mention::Relative { plural: false, .. }) && (at..end).any(is_event);
                // "They moved my dentist appointment because of my son's exam".
                let first = !(0..at).any(is_event);
                (theirs && first).then_some(*of)
            }
            _ => None,
        }
    })
}

/// "Brought forward", "pushed back".
fn shifted(scan: &Scan<'_>) -> bool {
    let shifts = ["brought", "pushed", "put", "moved", "been", "was", "got"];
    // "Rescheduled for 10 April", "they rang to move the dentist".
    if scan.is_any(0, &["rescheduled", "postponed", "moved", "pushed", "bumped"]) {
        return true;
    }
    (1..scan.tokens.len()).any(|i| {
        scan.is_any(i, &["rescheduled", "postponed"]) && scan.is_any(i - 1, &shifts)
            || scan.is_any(i, &["pushed", "bumped", "shifted"]) && scan.is_any(i + 1, &["to", "until", "back"])
            || scan.is_any(i, &["move", "change", "reschedule"])
                && scan.word(i - 1) == "to"
                && (0..i).any(|at| scan.is_any(at, &["rang", "called", "phoned", "texted", "emailed", "wrote"]))
            || scan.is_any(i, &["forward", "back"])
                && (i.saturating_sub(5)..i).any(|before| scan.is_any(before, &shifts))
    })
}

/// Where somebody will not travel: «lo de Roma se ha cancelado», "the trip to Lisbon was called off".
fn trip(scan: &Scan<'_>) -> Option<String> {
    (1..scan.tokens.len()).find_map(|at| {
        let travels = scan.is_any(at + 1, &["trip", "flight", "holiday"]) && scan.is_any(at - 1, &["the", "my", "our"])
            || scan.is_any(at - 1, &["de", "a", "to"])
                && (at.saturating_sub(3)..at).any(|i| {
                    scan.word(i) == "lo" && scan.word(i + 1) == "de"
                        || scan.is_any(i, &["viaje", "vuelo", "escapada", "trip", "flight", "holiday"])
                });
        let (fillers, _) = scan.slot("place", at).filter(|_| travels && scan.tokens[at].capital)?;
        fillers.into_iter().next().map(|filler| filler.text)
    })
}

/// The appointment that a sentence names, up to the next verb.
fn event(scan: &Scan<'_>, groups: &[Group]) -> Option<String> {
    // "They're in the garage now" says where something is.
    let inside = |at: usize| at > 1 && scan.is_any(at - 2, &["in", "en"]) && scan.is_any(at - 1, &["the", "el", "la"]);
    let hour = |at: usize| scan.is_any(at, &["hora", "time"]);
    let named = |at: &usize| {
        words::longest(scan.language, scan.tokens, *at, &[Class::Event]).is_some() && !inside(*at) && !hour(*at)
    };
    let at = (0..scan.tokens.len()).find(named);
    // «Han cambiado yoga a los jueves».
    let sport =
        || (0..scan.tokens.len()).find(|&i| words::longest(scan.language, scan.tokens, i, &[Class::Sport]).is_some());
    let at = at.or_else(sport)?;
    let verb = groups.iter().map(|group| group.first).find(|first| *first > at).unwrap_or(scan.tokens.len());
    let end = scan.phrase_end(at).min(verb);
    let stop = (at + 1..end)
        .find(|&i| {
            scan.is_any(
                i,
                &["para", "to", "has", "have", "was", "is", "got", "been", "se", "ha", "fell", "back", "forward"],
            )
        })
        .unwrap_or(end);
    // "The Lisbon flight", "my hair appointment".
    let owned = |i: usize| scan.is_any(i, &["my", "our", "the", "his", "her"]);
    let described = |i: usize| (i.saturating_sub(2)..i).any(owned) && scan.tokens[i].is_word() && !owned(i);
    let named =
        |i: usize| !scan.spanish() && i > 0 && (scan.tokens[i].capital && scan.tokens[i].is_word() || described(i));
    let first = (0..at).rev().take_while(|&i| named(i)).last().unwrap_or(at);
    Some(scan.source(first, stop.max(at + 1)).to_owned())
}
