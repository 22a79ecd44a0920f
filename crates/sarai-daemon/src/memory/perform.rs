//! One request to the memory, and its reply.

use sarai_api::memory::{
    AddBody, BadLine, FactBody, ForgetBody, ImportedBody, MemoryReply, MemoryRequest, RecallBody, StatsBody,
    SuggestionBody,
};
use sarai_memory::{
    Date, Fact, FactId, Memory, MemoryError, Moment, PartialDate, Predicate, Report, Request, Source, States,
    Store as _, SuggestionId, Triple, TripleError, Verdict, search_words,
};
use sarai_memory_sqlite::lines::{self, BadLines};
use sarai_memory_sqlite::{SqliteStore, StoreError};
use sarai_types::{Failure, FailureKind, Language, Notice};

/// Facts in one reply unless the request says otherwise, and at most.
const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
/// Lines of one reply to an export.
const EXPORT_LINES_MAX: usize = 2000;

/// Performs a request.
///
/// # Errors
/// The request makes no sense, or the store failed; nothing was changed.
pub fn perform(
    memory: &mut Memory<SqliteStore>,
    request: &MemoryRequest,
    language: Language,
    at: Moment,
) -> Result<MemoryReply, Failure> {
    match request {
        MemoryRequest::Recall(wanted) => recall(memory, wanted, language, at),
        MemoryRequest::Ask { text } => {
            let answer = memory.ask(text, at, None).map_err(failed)?;
            let facts = answer.facts.iter().map(|ranked| ranked.fact.id.0).collect();
            let hints = answer.hints.iter().map(|hint| memory.quotation(hint, answer.language, at.date())).collect();
            Ok(MemoryReply::Answer { text: answer.text, facts, hints })
        }
        MemoryRequest::Show { id } => show(memory, *id, language, at),
        MemoryRequest::Add(fact) => add(memory, fact, language, at),
        MemoryRequest::Correct { id, object } => {
            let fact = memory.store().fact(FactId(*id)).map_err(failed)?.ok_or_else(|| unknown(*id))?;
            memory.correct(&fact, object, at).map(|id| MemoryReply::Added { id: id.0 }).map_err(not_stored)
        }
        MemoryRequest::Forget(what) => forget(memory, what, at),
        MemoryRequest::Suggestions {} => suggestions(memory, language, at),
        MemoryRequest::Accept { id } => {
            memory.accept(SuggestionId(*id), at).map(|id| MemoryReply::Added { id: id.0 }).map_err(not_stored)
        }
        MemoryRequest::Drop { id } => {
            memory.dismiss(SuggestionId(*id)).map(|()| MemoryReply::Dropped { id: *id }).map_err(not_stored)
        }
        MemoryRequest::Stats {} => stats(memory),
        MemoryRequest::Vacuum {} => {
            memory.dedup().map_err(failed)?;
            Ok(MemoryReply::Vacuumed { freed_bytes: memory.store().vacuum().map_err(failed)? })
        }
        MemoryRequest::Backup {} => {
            let file = memory.store().backup(at).map_err(failed)?;
            Ok(MemoryReply::BackedUp { file: file.display().to_string() })
        }
        MemoryRequest::Export { from } => export(memory, *from),
        MemoryRequest::Import { lines, skip_bad } => import(memory, lines, *skip_bad, at),
    }
}

fn stats(memory: &Memory<SqliteStore>) -> Result<MemoryReply, Failure> {
    let stats = memory.store().stats().map_err(failed)?;
    let mut refused = memory.store().judged().map_err(failed)?;
    let proposed = refused.values().sum();
    let kept = refused.remove(Verdict::Kept.name()).unwrap_or_default();
    let suggested = refused.remove(Verdict::Suggested.name()).unwrap_or_default();
    Ok(MemoryReply::Stats(StatsBody {
        facts: stats.facts,
        entities: stats.entities,
        messages: stats.episodes,
        forgotten: stats.buried,
        file_bytes: stats.file_bytes,
        suggestions: stats.suggestions,
        proposed,
        kept,
        suggested,
        refused,
    }))
}

fn suggestions(memory: &Memory<SqliteStore>, language: Language, at: Moment) -> Result<MemoryReply, Failure> {
    let mut bodies = Vec::new();
    for suggestion in memory.suggestions().map_err(failed)? {
        let (text, sentence) = memory.suggested(&suggestion, language, at.date()).map_err(failed)?;
        let proposal = suggestion.proposal;
        bodies.push(SuggestionBody {
            id: suggestion.id.0,
            text: text.unwrap_or_else(|| format!("{} {} {}", proposal.subject, proposal.predicate, proposal.object)),
            subject: proposal.subject,
            verb: proposal.predicate.name().to_owned(),
            object: proposal.object,
            sentence,
            recorded: suggestion.recorded.to_string(),
        });
    }
    Ok(MemoryReply::Suggestions(bodies))
}

fn recall(
    memory: &Memory<SqliteStore>,
    wanted: &RecallBody,
    language: Language,
    at: Moment,
) -> Result<MemoryReply, Failure> {
    let limit = wanted.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(refused(Notice::new("memory-limit").arg("max", LIMIT_MAX)));
    }
    if let Some(verb) = &wanted.verb {
        predicate(verb)?;
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let states = if wanted.past { States::All } else { States::Open };
    let by_terms =
        || memory.recall(wanted.subject.as_deref(), wanted.verb.as_deref(), wanted.object.as_deref(), states, limit);
    let facts = match &wanted.words {
        None => by_terms().map_err(failed)?,
        Some(text) => {
            let found = memory.store().search_facts(&search_words(text), limit).map_err(failed)?;
            let open = |fact: &Fact| fact.retracted.is_none() && fact.to.is_none();
            let narrowed = wanted.subject.is_some() || wanted.verb.is_some() || wanted.object.is_some();
            let others = if narrowed { Some(by_terms().map_err(failed)?) } else { None };
            let fits = |fact: &Fact| others.as_ref().is_none_or(|others| others.iter().any(|o| o.id == fact.id));
            found.into_iter().filter(|fact| (wanted.past || open(fact)) && fits(fact)).collect()
        }
    };
    let bodies = facts.iter().map(|fact| body(memory, fact, language, at)).collect::<Result<_, _>>();
    Ok(MemoryReply::Facts(bodies.map_err(failed)?))
}

fn body(memory: &Memory<SqliteStore>, fact: &Fact, language: Language, at: Moment) -> Result<FactBody, StoreError> {
    let object = match fact.object.entity {
        Some(id) => memory.label(id)?,
        None => fact.object.text.clone(),
    };
    Ok(FactBody {
        id: fact.id.0,
        subject: memory.label(fact.subject)?,
        verb: fact.verb(),
        object,
        // Somebody without a name has at least a relation.
        text: memory.sentence(fact, language, at.date())?.unwrap_or_else(|| format!("{} …", fact.verb())),
        from: fact.from.map(|date| date.to_string()),
        to: fact.to.map(|date| date.to_string()),
        recorded: fact.recorded.to_string(),
        retracted: fact.retracted.map(|at| at.to_string()),
        source: fact.source.name().to_owned(),
        confidence: fact.confidence,
        sentence: fact.evidence.sentence.clone(),
    })
}

fn show(memory: &Memory<SqliteStore>, id: u64, language: Language, at: Moment) -> Result<MemoryReply, Failure> {
    let fact = memory.store().fact(FactId(id)).map_err(failed)?.ok_or_else(|| unknown(id))?;
    // What was corrected by hand stands otherwise in its message.
    let episode = fact.evidence.episode.filter(|_| !fact.evidence.sentence.is_empty());
    let message = match episode {
        Some(episode) => memory.store().episode(episode).map_err(failed)?.map(|episode| episode.text),
        None => None,
    };
    let fact = Box::new(body(memory, &fact, language, at).map_err(failed)?);
    Ok(MemoryReply::Shown { fact, message })
}

fn add(
    memory: &mut Memory<SqliteStore>,
    fact: &AddBody,
    language: Language,
    at: Moment,
) -> Result<MemoryReply, Failure> {
    let triple = Triple {
        subject: fact.subject.clone(),
        verb: fact.verb.clone(),
        object: fact.object.clone(),
        confidence: Source::Entered.confidence(),
        source: Source::Entered,
        from: fact.from.as_deref().map(partial).transpose()?,
        to: fact.to.as_deref().map(partial).transpose()?,
        language,
    };
    memory.store_triple(&triple, at).map(|id| MemoryReply::Added { id: id.0 }).map_err(not_stored)
}

fn not_stored(error: MemoryError<StoreError>) -> Failure {
    match error {
        MemoryError::Triple(TripleError::Verb(verb)) => no_verb(&verb),
        MemoryError::Triple(TripleError::Term(name)) => refused(Notice::new("memory-term").arg("name", name)),
        MemoryError::Triple(TripleError::Secret) => refused(Notice::new("memory-secret")),
        MemoryError::Triple(TripleError::Suggestion(id)) => refused(Notice::new("memory-no-suggestion").arg("id", id)),
        MemoryError::Triple(TripleError::Ambiguous) => refused(Notice::new("memory-ambiguous")),
        MemoryError::Triple(TripleError::Forgotten) => refused(Notice::new("memory-forgotten-before")),
        MemoryError::Store(error) => failed(error),
    }
}

fn forget(memory: &mut Memory<SqliteStore>, what: &ForgetBody, at: Moment) -> Result<MemoryReply, Failure> {
    let request = match what {
        ForgetBody::Fact(id) => {
            memory.store().fact(FactId(*id)).map_err(failed)?.ok_or_else(|| unknown(*id))?;
            Request::Fact(FactId(*id))
        }
        ForgetBody::Person(name) => Request::Person(name.clone()),
        ForgetBody::Verb(verb) => Request::Verb(predicate(verb)?),
        ForgetBody::Words(words) => Request::Words(words.clone()),
        ForgetBody::Source(name) => Request::Source(
            Source::from_name(name).ok_or_else(|| refused(Notice::new("memory-source").arg("name", name)))?,
        ),
        ForgetBody::Since(date) => Request::Since(day(date)?),
        ForgetBody::Everything {} => Request::Everything,
    };
    let Report { facts, episodes, .. } = memory.forget(&request, at).map_err(failed)?;
    memory.new_conversation();
    if !(facts.is_empty() && episodes.is_empty()) {
        memory.store().scrub(at).map_err(failed)?;
    }
    Ok(MemoryReply::Forgotten { facts: count(facts.len()), messages: count(episodes.len()) })
}

fn export(memory: &Memory<SqliteStore>, from: u64) -> Result<MemoryReply, Failure> {
    let all = lines::export(memory).map_err(failed)?;
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let page: Vec<String> = all.iter().skip(from).take(EXPORT_LINES_MAX).cloned().collect();
    let next = from.saturating_add(page.len());
    Ok(MemoryReply::Exported { lines: page, next: (next < all.len()).then(|| count(next)) })
}

fn import(
    memory: &mut Memory<SqliteStore>,
    lines: &[String],
    skip_bad: bool,
    at: Moment,
) -> Result<MemoryReply, Failure> {
    let bad_lines = if skip_bad { BadLines::Skip } else { BadLines::Refuse };
    let report = lines::import(memory, &lines.join("\n"), bad_lines, at).map_err(failed)?;
    let done = report.imported.unwrap_or_default();
    Ok(MemoryReply::Imported(ImportedBody {
        facts: count(done.facts),
        messages: count(done.episodes),
        known: count(done.known),
        forgotten: count(done.forgotten),
        bad: report.bad.iter().map(|(line, why)| BadLine { line: count(*line), why: why.to_string() }).collect(),
    }))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// `relative:sister` names the predicate `relative`.
fn predicate(verb: &str) -> Result<Predicate, Failure> {
    let name = verb.split_once(':').map_or(verb, |(name, _)| name);
    Predicate::from_name(name).ok_or_else(|| no_verb(verb))
}

fn partial(text: &str) -> Result<PartialDate, Failure> {
    PartialDate::parse(text).ok_or_else(|| refused(Notice::new("memory-date").arg("text", text)))
}

fn day(text: &str) -> Result<Date, Failure> {
    partial(text).map(PartialDate::first)
}

fn no_verb(verb: &str) -> Failure {
    let known: Vec<&str> = Predicate::ALL.iter().map(|predicate| predicate.name()).collect();
    refused(Notice::new("memory-verb").arg("verb", verb).arg("known", known.join(", ")))
}

fn unknown(id: u64) -> Failure {
    refused(Notice::new("memory-no-fact").arg("id", id))
}

fn refused(notice: Notice) -> Failure {
    Failure::new(FailureKind::BadRequest, notice, "the memory refuses the request")
}

fn failed(error: StoreError) -> Failure {
    Failure::new(FailureKind::Unavailable, trouble(&error), error.to_string())
}

/// What the owner can do about a store that fails.
#[must_use]
pub fn trouble(error: &StoreError) -> Notice {
    match error {
        StoreError::Locked => Notice::new("memory-locked"),
        StoreError::Full => Notice::new("memory-full"),
        StoreError::Damaged | StoreError::Row => Notice::new("memory-damaged"),
        StoreError::Newer { found, known } => Notice::new("memory-newer").arg("found", found).arg("known", known),
        StoreError::File(cause) => Notice::new("memory-file").arg("cause", cause),
        StoreError::Sqlite(cause) => Notice::new("memory-file").arg("cause", cause),
    }
}
