//! From a message to what it says: language, sentences, filters, clauses, statements. No model, no clock.
//!
//! Precision goes before recall: what is asked, quoted, supposed, ordered or said by somebody else says nothing here,
//! and a sentence that fits no frame stays what it is, an episode.
//!
//! # How to use it
//! 1. [`extract`] with the message and the [`Context`] that the message before left.
//! 2. Give the [`Extraction`] to [`crate::Memory`], which knows who is who.

mod antecedent;
mod called_off;
mod claims;
mod clause;
mod command;
mod copula;
mod correction;
mod dated;
mod dosed;
mod endings;
mod exchanged;
mod fragments;
mod introduced;
mod kept;
mod likewise;
mod matter;
mod noted;
mod opener;
mod order;
mod period;
mod renewed;
mod routine;
mod scope;
mod stance;
mod statement;
mod stations;
mod substituted;
mod told;
mod turned;
mod working;

use std::collections::HashSet;

use sarai_types::Language;

use crate::fact::{Predicate, WORK};
use crate::grammar::group::Group;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::{Ending, Sentence, Token, is_lower_case, sentences, spoken, tokens, votes};
use crate::time::{Direction, Lookup, Moment, PartialDate};
use crate::words;
use antecedent::{antecedent_of, gender};
use claims::Reader;
use clause::Subject;
pub(crate) use correction::is_correction;
pub(crate) use dosed::DOSE;
use introduced::only_one;
use scope::Doubtful;
pub(crate) use scope::{begins_question, is_secret, tells_story};
pub use statement::{Act, Command, Manner, Object, Reason, Speaker, Statement};

/// A longer message is a document that somebody pasted, and no statement of theirs.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024;
/// As many statements does one message make at most.
pub const STATEMENTS_MAX: usize = 48;
const TOKENS_MAX: usize = 4096;
/// Of a couple, whoever is somebody's.
const PARTNERS: &[&str] = &["husband", "wife", "partner", "boyfriend", "girlfriend", "fiance"];

/// What the messages before leave for the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Whom the conversation is about, for «ella» and verbs without a subject.
    pub focus: Option<Mention>,
    /// What the message before said, for corrections.
    pub recent: Vec<Statement>,
    pub language: Option<Language>,
}

/// A message, and when and by whom it was said.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    pub text: &'a str,
    pub at: Moment,
    pub speaker: Speaker,
    /// The language, where somebody knows it better than the words tell.
    pub language: Option<Language>,
}

/// Something that was said and is not remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    pub reason: Reason,
    /// Bytes of the message.
    pub span: (usize, usize),
}

/// Whether the message may be kept word by word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    Episode,
    Nothing,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extraction {
    pub language: Language,
    pub statements: Vec<Statement>,
    pub commands: Vec<Command>,
    pub skipped: Vec<Skipped>,
    pub keeping: Keeping,
    /// For the next message.
    pub context: Context,
}

/// Reads one message. `known` tells whether somebody of a folded name is known already.
#[must_use]
pub fn extract(message: Message<'_>, context: &Context, known: &dyn Fn(&str) -> bool) -> Extraction {
    let text = message.text;
    let closed = |reason| Extraction {
        language: message.language.or(context.language).unwrap_or_default(),
        statements: Vec::new(),
        commands: Vec::new(),
        skipped: vec![Skipped { reason, span: (0, text.len()) }],
        keeping: Keeping::Nothing,
        context: Context { recent: Vec::new(), ..context.clone() },
    };
    if message.speaker != Speaker::Owner {
        return Extraction { context: context.clone(), ..closed(Reason::NotTheOwner) };
    }
    if text.len() > MESSAGE_BYTES_MAX {
        return Extraction { keeping: Keeping::Episode, ..closed(Reason::TooLong) };
    }
    if scope::is_secret(text) {
        return closed(Reason::Secret);
    }
    let mut tokens = tokens(text, TOKENS_MAX);
    let language = message.language.or_else(|| language_of(&tokens)).or(context.language).unwrap_or(Language::Spanish);
    words::typos::mend(&mut tokens, language);
    let list = opener::opened(&tokens, correction::split(&tokens, sentences(&tokens, text)));
    let takes_back = |s: &Sentence| order::taken_back(&tokens[s.first..s.last]).is_some();
    let verdict = if list.iter().any(takes_back) { scope::Verdict::Open } else { scope::whole(text, &tokens, &list) };
    // «Era broma, soy del Levante» takes back what was said before, and says something.
    let but_now = verdict == scope::Verdict::Closed(Reason::Joke)
        && tokens.len() > 5
        && !context.recent.is_empty()
        && scope::begins_with_joke(text);
    if let (scope::Verdict::Closed(reason), false) = (verdict, but_now) {
        let takes_back = reason == Reason::Joke && tokens.len() <= 8;
        let commands = if takes_back { vec![Command::ForgetLast] } else { Vec::new() };
        return Extraction { keeping: Keeping::Episode, language, commands, ..closed(reason) };
    }
    let mut run = Run {
        text,
        tokens: &tokens,
        language,
        today: message.at,
        known,
        hint: message.language,
        focus: context.focus.clone(),
        before: context,
        statements: Vec::new(),
        commands: Vec::new(),
        skipped: Vec::new(),
        clauses: 0,
        corrects: false,
        lower_case: is_lower_case(&tokens, &list),
    };
    if but_now {
        run.commands.push(Command::ForgetLast);
    }
    let (mut made_up, mut passed_on) = (false, false);
    for sentence in list {
        // "Pretend I never told you about Ron" is an order to forget.
        let plain = order::without_asides(&tokens[sentence.first..sentence.last]);
        let whole = Sentence { first: 0, last: plain.len(), ..sentence };
        made_up |= !plain.is_empty() && order::unsaid(&plain).is_none() && scope::makes_up(&plain, whole);
        if made_up {
            run.skip(sentence, Reason::Material);
        } else if std::mem::replace(&mut passed_on, scope::passes_on(&tokens, sentence, language)) {
            run.skip(sentence, Reason::Reported);
        } else {
            run.sentence(sentence);
        }
    }
    run.finish()
}

/// The language of a text by its function words, or by the verbs that it knows.
pub(crate) fn language_of(tokens: &[Token]) -> Option<Language> {
    spoken(tokens).or_else(|| {
        let count = |language| tokens.iter().filter(|t| !words::forms(language, &t.lower, &t.fold).is_empty()).count();
        match count(Language::Spanish).cmp(&count(Language::English)) {
            std::cmp::Ordering::Greater => Some(Language::Spanish),
            std::cmp::Ordering::Less => Some(Language::English),
            std::cmp::Ordering::Equal => None,
        }
    })
}

/// Words that say that a number or an address is the one at work.
const AT_WORK: &[&str] = &["work", "office", "company", "trabajo", "oficina", "despacho", "empresa", "curro"];

/// One message on its way through.
struct Run<'a> {
    text: &'a str,
    tokens: &'a [Token],
    language: Language,
    today: Moment,
    known: &'a dyn Fn(&str) -> bool,
    hint: Option<Language>,
    focus: Option<Mention>,
    before: &'a Context,
    statements: Vec<Statement>,
    commands: Vec<Command>,
    skipped: Vec<Skipped>,
    clauses: u32,
    lower_case: bool,
    /// A marker stood alone: what follows corrects.
    corrects: bool,
}

impl<'a> Run<'a> {
    fn span(&self, sentence: Sentence) -> (usize, usize) {
        (self.tokens[sentence.first].start, self.tokens[sentence.last - 1].end)
    }

    fn skip(&mut self, sentence: Sentence, reason: Reason) {
        let span = self.span(sentence);
        self.skipped.push(Skipped { reason, span });
    }

    /// The language of a sentence: the message's, unless its own words clearly say otherwise.
    fn language_of(&self, sentence: Sentence) -> Language {
        let (spanish, english) = votes(&self.tokens[sentence.first..sentence.last]);
        match (self.hint, spanish.abs_diff(english) >= 2) {
            (None, true) if spanish > english => Language::Spanish,
            (None, true) => Language::English,
            _ => self.language,
        }
    }

    fn sentence(&mut self, sentence: Sentence) {
        let language = self.language_of(sentence);
        // Who was named a moment ago is known, though nothing is stored yet.
        let named = self.named();
        let outer = self.known;
        let known = move |name: &str| named.contains(name) || outer(name);
        let scan = Scan {
            text: self.text,
            tokens: &self.tokens[sentence.first..sentence.last],
            language,
            lower_case: self.lower_case,
            known: &known,
            work: self.before.recent.iter().chain(&self.statements).any(|s| s.predicate == Predicate::WorksAt),
            lookup: Lookup {
                today: self.today.date(),
                direction: Direction::Past,
                month_first: language == Language::English,
            },
        };
        if let Some(command) = command::forget(&scan, self, sentence) {
            self.commands.extend(command);
            return;
        }
        if sentence.ending != Ending::Question {
            self.nicknamed(&scan, self.span(sentence));
        }
        if self.denied(&scan, self.span(sentence)) {
            return;
        }
        let question = scope::question_from(self.tokens, sentence, language).map(|at| at - sentence.first);
        // «Qué digo, mi abuela nació en …» asks nothing.
        let said = sentence.ending != Ending::Question && correction::marker(&scan).is_some_and(|end| end > 1);
        let question = question.filter(|at| !(said && *at == 0));
        if question == Some(0) {
            // «¿Conoces a mi amigo Tom? Vive en …»
            self.focus = only_one(&scan).and_then(|mention| self.resolved(mention)).or_else(|| self.focus.take());
            return self.skip(sentence, Reason::Question);
        }
        let doubtful = scope::doubtful(self.text, scan.tokens, language);
        if let Some(whole) = doubtful.iter().find(|d| d.first == 0 && d.last == scan.tokens.len()) {
            let reason = whole.reason;
            // «Mi yerno Matías dice que…», «creo que mi jefe Arturo…»: who they are is no hearsay.
            if let Some(at) = introduced::certain_until(&scan, reason) {
                self.introductions(&Scan { tokens: &scan.tokens[..at], ..scan }, self.span(sentence));
            }
            if reason == Reason::Reported {
                self.moved_by_others(&scan, self.span(sentence));
            }
            return self.skip(sentence, reason);
        }
        let span = self.span(sentence);
        let bytes = |d: &Doubtful| (scan.tokens[d.first].start, scan.tokens[d.last - 1].end);
        self.skipped.extend(doubtful.iter().map(|d| Skipped { reason: d.reason, span: bytes(d) }));
        self.declaration(&scan, question, &doubtful, span);
    }

    /// Reads a sentence that tells something, up to where it begins to ask.
    fn declaration(&mut self, scan: &Scan<'_>, question: Option<usize>, doubtful: &[Doubtful], span: (usize, usize)) {
        let marker = correction::marker(scan);
        let manner = if marker.is_some() { Manner::Correction } else { Manner::Plain };
        let before = self.statements.len();
        let groups = scan.groups();
        let from = marker.unwrap_or(0);
        let recent = &self.before.recent;
        let contrasted = || {
            let contrasts = correction::contrasts(scan, from, recent);
            contrasts.then(|| correction::elliptical(scan, from, recent, span)).flatten()
        };
        let instead = || contrasted().or_else(|| substituted::substituted(scan, recent, span));
        if let Some(statement) = question.is_none().then(instead).flatten() {
            self.clauses += 1;
            self.push(Statement { clause: self.clauses, ..statement });
            return;
        }
        self.clauses(scan, &groups, manner, question.unwrap_or(usize::MAX), doubtful, span);
        self.put_right(scan, before, span);
        if doubtful.is_empty() {
            self.likewise(scan, span);
            self.but_rather(scan, span);
        }
        self.called_off(scan, &groups, doubtful, span);
        if question.is_none() {
            self.fragments(scan, &groups, doubtful, span);
            self.notes(scan, &groups, doubtful, span);
        }
        let found = self.statements.len() > before;
        if let Some(from) = marker.or_else(|| self.unmarked(scan, question.is_some()))
            && !found
        {
            self.corrects = true;
            let recent: Vec<Statement> = self.before.recent.iter().chain(&self.statements).cloned().collect();
            if let Some(statement) = correction::elliptical(scan, from, &recent, span) {
                self.clauses += 1;
                self.push(Statement { clause: self.clauses, ..statement });
            }
        } else if question.is_none() {
            self.introductions(scan, span);
            if !found {
                self.note(scan, &groups, doubtful.is_empty(), span);
            }
        }
    }

    /// The folded names of everybody whom this message has named.
    fn named(&self) -> HashSet<String> {
        let mentions = self.statements.iter().flat_map(|statement| {
            [Some(&statement.subject), statement.object.as_ref().and_then(|object| object.mention.as_ref())]
        });
        mentions
            .flatten()
            .filter_map(|mention| match mention {
                Mention::Relative { name, .. } | Mention::Animal { name, .. } => name.as_deref(),
                Mention::Named(name) => Some(name),
                Mention::Owner | Mention::Pronoun { .. } | Mention::Thing { .. } => None,
            })
            .map(crate::text::fold)
            .collect()
    }

    /// Where a correction without a marker begins: «Marco no, Marcos», "29 actually", what follows "Wait, no."
    fn unmarked(&self, scan: &Scan<'_>, asks: bool) -> Option<usize> {
        let short = scan.tokens.len() <= 12 && !asks;
        (short && (self.corrects || correction::contrasts(scan, 0, &self.before.recent) || correction::trails(scan)))
            .then_some(0)
    }

    fn push(&mut self, statement: Statement) {
        let statement = self.of_work(of_model_year(statement));
        if self.statements.len() < STATEMENTS_MAX && !self.statements.contains(&statement) {
            self.statements.push(statement);
        }
    }

    /// Where somebody was after the first place of the sentence.
    fn then_elsewhere(&mut self, reader: &Reader<'_>) {
        for station in reader.stations(&self.statements) {
            // «Estoy en Correos» was read by itself before.
            let same = |s: &Statement| s.span.0 >= station.span.0 && s.object == station.object && s.act == Act::Assert;
            self.statements.retain(|s| !same(s));
            self.push(station);
        }
    }

    /// "My work mobile is … and my personal one's …": the number at work stands beside the other.
    fn of_work(&self, mut statement: Statement) -> Statement {
        let contact = matches!(statement.predicate, Predicate::Phone | Predicate::Email | Predicate::Address);
        if contact && statement.act == Act::Assert {
            let before = self.statements.iter().filter(|s| s.sentence == statement.sentence).map(|s| s.span.1);
            let from = before.filter(|end| *end <= statement.span.0).max().unwrap_or(statement.sentence.0);
            let told = crate::text::fold(self.text.get(from..statement.span.1).unwrap_or_default());
            let clause = [", ", "; ", " and ", " y "]
                .iter()
                .fold(told.as_str(), |text, tie| text.rsplit(tie).next().unwrap_or(text));
            if clause.split(|c: char| !c.is_alphanumeric()).any(|word| AT_WORK.contains(&word)) {
                WORK.clone_into(&mut statement.kind);
            }
        }
        statement
    }

    /// Reads every clause of a sentence up to where its question begins.
    fn clauses(
        &mut self,
        scan: &Scan<'_>,
        groups: &[Group],
        manner: Manner,
        question: usize,
        doubtful: &[Doubtful],
        sentence: (usize, usize),
    ) {
        let (focus, one) = (self.focus.clone(), only_one(scan));
        let mut before: Option<Subject> = None;
        for index in 0..groups.len() {
            let group = &groups[index];
            if group.first >= question {
                break;
            }
            if doubtful.iter().any(|d| (d.first..d.last).contains(&group.first)) {
                before = None;
                continue;
            }
            let mut clause = clause::clause(scan, groups, index, before.as_ref());
            let reader = Reader { scan, manner, number: self.clauses + 1, sentence };
            let cleft = reader.cleft(group, index.checked_sub(1).map(|i| &groups[i]), &clause);
            if !cleft.is_empty() {
                self.clauses += 1;
                cleft.into_iter().for_each(|statement| self.push(statement));
                continue;
            }
            clause.last = clause.last.min(question);
            if let Some(reason) = clause.blocked {
                let (first, last) = (clause.first.min(group.first), clause.last.max(group.last));
                let span = (scan.tokens[first].start, scan.tokens[last - 1].end);
                self.skipped.push(Skipped { reason, span });
                before = None;
                continue;
            }
            let couple = reader.couple_parted(group, &clause);
            if !couple.is_empty() {
                self.clauses += 1;
                couple.into_iter().for_each(|statement| self.push(statement));
                continue;
            }
            let Some(subject) = clause.subject.clone() else { continue };
            let Some(mention) = subject.mention().and_then(|mention| self.meant(mention, one.as_ref())) else {
                before = Some(subject);
                continue;
            };
            if self.is_public(&mention, group) {
                continue;
            }
            self.clauses += 2;
            let reader = Reader { scan, manner, number: self.clauses, sentence };
            let subject = self.settled(subject, &mention);
            let mut said = reader.read(group, &clause, &subject, &mention);
            if said.is_empty() {
                said.extend(reader.liked_first(group, &clause, &mention));
            }
            said.extend(reader.ended(group, &clause, &mention, &said));
            said.extend(reader.fronted(group, &clause, before.as_ref()));
            if said.last().is_some_and(|s| s.predicate == Predicate::KeptIn) {
                said.retain(|s| s.predicate != Predicate::WorksAt);
            }
            said.retain_mut(|s| self.resolved(s.subject.clone()).map(|known| s.subject = known).is_some());
            // «Vive con su marido»: whose, is known by now.
            said.retain_mut(|statement| match statement.object.as_mut().and_then(|object| object.mention.as_mut()) {
                Some(other) => self.resolved(other.clone()).map(|known| *other = known).is_some(),
                None => true,
            });
            self.refocus(&mention, &said);
            for statement in said {
                self.push(statement);
            }
            before = Some(subject);
        }
        self.clauses += 1;
        let reader = Reader { scan, manner, number: self.clauses, sentence };
        self.then_elsewhere(&reader);
        // «Los domingos llamo a mi abuela. Tiene 92 años»: the only one who was named is whom the talk goes on about.
        if self.focus.is_none() || self.focus == focus {
            self.focus = one.and_then(|mention| self.resolved(mention)).or_else(|| self.focus.take());
        }
    }

    /// A full name that nobody has told before, in the past: «Frida Kahlo se casó con Diego Rivera» is what one reads.
    fn is_public(&self, mention: &Mention, group: &Group) -> bool {
        let Mention::Named(name) = mention else { return false };
        let folded = crate::text::fold(name);
        let past = |form: &words::Form| matches!(form.tense, words::Tense::Past | words::Tense::Imperfect);
        let first = folded.split(' ').next().unwrap_or_default();
        folded.contains(' ')
            && !(self.known)(&folded)
            && !(self.known)(first)
            && (group.readings.iter().all(past)
                || group.aspect.passive
                || group.aspect.perfect
                || group.has_any(&["tener", "have"]))
    }

    /// A subject with its pronoun resolved.
    fn settled(&self, subject: Subject, mention: &Mention) -> Subject {
        match subject {
            Subject::Elided => Subject::Of(Noun::Someone(mention.clone())),
            Subject::Of(Noun::Someone(_)) => Subject::Of(Noun::Someone(mention.clone())),
            Subject::Of(Noun::Attribute { row, .. }) => Subject::Of(Noun::Attribute { of: mention.clone(), row }),
            Subject::Of(Noun::Favourite { kind, .. }) => Subject::Of(Noun::Favourite { of: mention.clone(), kind }),
            thing @ Subject::Of(Noun::Thing(_)) => thing,
        }
    }

    /// Who a mention means: whom the talk is about, or whom alone the sentence names.
    fn meant(&self, mention: Mention, one: Option<&Mention>) -> Option<Mention> {
        self.resolved(mention.clone()).or_else(|| antecedent_of(mention, one))
    }

    /// Who a pronoun stands for. Nobody, where nobody was spoken of.
    fn resolved(&self, mention: Mention) -> Option<Mention> {
        match mention {
            Mention::Pronoun { feminine, plural } => {
                let focus = self.focus.clone()?;
                // "Callum's wife is Freya and they've got a girl": of those two he was known before.
                let focus = match focus {
                    Mention::Relative { of, kin, plural: false, .. }
                        if plural && PARTNERS.contains(&kin) && *of != Mention::Owner =>
                    {
                        *of
                    }
                    focus => focus,
                };
                let clash = matches!((feminine, gender(&focus)), (Some(a), Some(b)) if a != b);
                (!clash).then_some(focus)
            }
            Mention::Relative { of, kin, name, plural } => {
                Some(Mention::Relative { of: Box::new(self.resolved(*of)?), kin, name, plural })
            }
            Mention::Animal { of, species, name, plural } => {
                Some(Mention::Animal { of: Box::new(self.resolved(*of)?), species, name, plural })
            }
            Mention::Thing { of, key, text } => Some(Mention::Thing { of: Box::new(self.resolved(*of)?), key, text }),
            Mention::Owner | Mention::Named(_) => Some(mention),
        }
    }

    /// Whom the next sentence without a subject is about.
    fn refocus(&mut self, subject: &Mention, said: &[Statement]) {
        // «Mi hija terminó con Kevin, ahora su novio es …»: of him nothing more is told.
        let told = said.iter().rev().filter(|statement| statement.act == Act::Assert);
        let object = told.into_iter().find_map(|statement| {
            let mention = statement.object.as_ref()?.mention.clone()?;
            (mention.is_person()
                && mention != Mention::Owner
                && matches!(statement.predicate, Predicate::Relative | Predicate::Pet | Predicate::LivesWith))
            .then_some(mention)
        });
        if let Some(mention) = object {
            self.focus = Some(mention);
        } else if *subject != Mention::Owner && subject.is_person() {
            let named = said.iter().find(|s| s.predicate == Predicate::Name).and_then(|s| s.object.as_ref());
            self.focus = Some(named.map_or_else(|| subject.clone(), |name| subject.clone().called(name.text.clone())));
        } else if !said.is_empty() {
            self.focus = None;
        }
    }

    fn finish(self) -> Extraction {
        let asserted: Vec<Statement> = self.statements.iter().filter(|s| s.act == Act::Assert).cloned().collect();
        let recent = if asserted.is_empty() { self.before.recent.clone() } else { asserted };
        Extraction {
            language: self.language,
            context: Context { focus: self.focus, recent, language: Some(self.language) },
            statements: self.statements,
            commands: self.commands,
            skipped: self.skipped,
            keeping: Keeping::Episode,
        }
    }
}

/// «Manejo un Corsa modelo 2010»: the year is the car's, and no year of having it.
fn of_model_year(mut statement: Statement) -> Statement {
    let Some(object) = statement.object.as_mut().filter(|_| statement.predicate == Predicate::Owns) else {
        return statement;
    };
    if let Some(name) = object.text.strip_suffix(" modelo").or_else(|| object.text.strip_suffix(" model"))
        && let (Some(PartialDate::Year(year)), true) = (statement.from, statement.from == statement.to)
    {
        object.text = format!("{name} {year}");
        object.key = words::key(&object.text);
        (statement.from, statement.to) = (None, None);
    }
    statement
}
