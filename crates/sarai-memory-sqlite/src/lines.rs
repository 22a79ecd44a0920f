//! Lines of JSON: facts out and in, and conversations for a replay. `docs/MEMORY.md` has the fields.

use sarai_memory::{
    Answer, Entity, EntityId, EntityKind, Episode, EpisodeId, Evidence, Fact, FactId, Memory, Moment, PartialDate,
    Played, Predicate, Record, Source, Speaker, Step, Store, Told, Value,
};
use sarai_types::Language;
use serde_json::{Map, Value as Json, json};

/// The longest line that is read, in bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Why a line is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("a line has at most {LINE_BYTES_MAX} bytes")]
    TooLong,
    #[error("not a JSON object: {0}")]
    Json(String),
    #[error("the field {0:?} is missing or not of its kind")]
    Field(&'static str),
    #[error("a line has one of \"say\", \"text\", \"ask\" and \"restart\"")]
    Step,
    #[error("a line has one of \"entity\", \"episode\" and \"fact\"")]
    Record,
}

fn object(line: &str) -> Result<Map<String, Json>, LineError> {
    if line.len() > LINE_BYTES_MAX {
        return Err(LineError::TooLong);
    }
    match serde_json::from_str(line) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(LineError::Json("something else".to_owned())),
        Err(error) => Err(LineError::Json(error.to_string())),
    }
}

/// Reads a line of a conversation: `{"say": text, "at"?, "lang"?}`, `{"text": text, "source": who}`,
/// `{"ask": text, "at"?, "lang"?}` or `{"restart": true}`.
///
/// # Errors
/// It is none of these.
pub fn step(line: &str) -> Result<Step, LineError> {
    let object = object(line)?;
    let at = match object.get("at") {
        None | Some(Json::Null) => None,
        Some(value) => Some(moment(value).ok_or(LineError::Field("at"))?),
    };
    let language = match object.get("lang") {
        None | Some(Json::Null) => None,
        Some(value) => Some(value.as_str().and_then(Language::from_tag).ok_or(LineError::Field("lang"))?),
    };
    let text = |name: &'static str| -> Result<String, LineError> {
        object.get(name).and_then(Json::as_str).map(str::to_owned).ok_or(LineError::Field(name))
    };
    if object.contains_key("say") {
        return Ok(Step::Say { text: text("say")?, at, language });
    }
    if object.contains_key("ask") {
        return Ok(Step::Ask { text: text("ask")?, at, language });
    }
    if object.contains_key("text") {
        let speaker = object.get("source").and_then(Json::as_str).and_then(Speaker::from_name);
        return match speaker.ok_or(LineError::Field("source"))? {
            Speaker::Owner => Ok(Step::Say { text: text("text")?, at, language }),
            speaker => Ok(Step::Heard { text: text("text")?, speaker }),
        };
    }
    match object.get("restart") {
        Some(Json::Bool(true)) => Ok(Step::Restart),
        _ => Err(LineError::Step),
    }
}

/// RFC 3339, a day, or seconds since 1970.
fn moment(value: &Json) -> Option<Moment> {
    match value {
        Json::String(text) => Moment::parse(text),
        Json::Number(seconds) => seconds.as_i64().map(|seconds| Moment::new(seconds.saturating_mul(1000), 0)),
        _ => None,
    }
}

/// What a step came to, as a line.
///
/// # Errors
/// The store cannot be read.
pub fn played<S: Store>(memory: &Memory<S>, played: &Played) -> Result<String, S::Error> {
    Ok(match played {
        Played::Told(told) => self::told(memory, told)?.to_string(),
        Played::Answered(answer) => answered(memory, answer)?.to_string(),
        Played::Restarted => json!({"restarted": true}).to_string(),
    })
}

/// What became of a message.
///
/// # Errors
/// The store cannot be read.
pub fn told<S: Store>(memory: &Memory<S>, told: &Told) -> Result<Json, S::Error> {
    let facts = |facts: &[Fact]| facts.iter().map(|fact| self::fact(memory, fact)).collect::<Result<Vec<_>, _>>();
    let erased = told
        .erased
        .as_ref()
        .map_or_else(|| json!([]), |report| json!(report.facts.iter().map(|id| id.0).collect::<Vec<_>>()));
    let mut reasons: Vec<&str> = told.skipped.iter().map(|skipped| skipped.reason.name()).collect();
    reasons.dedup();
    Ok(json!({
        "stored": facts(&told.stored)?,
        "closed": facts(&told.closed)?,
        "retracted": facts(&told.retracted)?,
        "erased": erased,
        "episode": told.episode.map(|id| id.0),
        "erased_episodes": told.erased.as_ref().map_or(0, |report| report.episodes.len()),
        "skipped": reasons,
        "lang": told.language.tag(),
    }))
}

/// The facts that answer, and the short answer.
///
/// # Errors
/// The store cannot be read.
pub fn answered<S: Store>(memory: &Memory<S>, answer: &Answer) -> Result<Json, S::Error> {
    let mut facts = Vec::new();
    for ranked in &answer.facts {
        let mut fact = fact(memory, &ranked.fact)?;
        fact["why"] = json!(ranked.why.name());
        facts.push(fact);
    }
    Ok(json!({
        "facts": facts,
        "answer": answer.text,
        "episode": answer.quoted.as_ref().map(|quoted| quoted.text.clone()),
        "hints": answer.hints.iter().map(|hint| hint.text.as_str()).collect::<Vec<_>>(),
        "lang": answer.language.tag(),
    }))
}

/// A fact as it is shown, with the names of its people.
///
/// # Errors
/// The store cannot be read.
pub fn fact<S: Store>(memory: &Memory<S>, fact: &Fact) -> Result<Json, S::Error> {
    let object = match fact.object.entity {
        Some(id) => memory.label(id)?,
        None => fact.object.text.clone(),
    };
    let subject = memory.label(fact.subject)?;
    Ok(json!({
        "id": fact.id.0,
        "subject": if subject.is_empty() { "owner" } else { &subject },
        "verb": fact.verb(),
        "object": object,
        "from": fact.from.map(|date| date.to_string()),
        "to": fact.to.map(|date| date.to_string()),
        "confidence": f64::from(fact.confidence) / 100.0,
        "source": fact.source.name(),
        "recorded": fact.recorded.to_string(),
        "sentence": fact.evidence.sentence,
        "span": [fact.evidence.span.0, fact.evidence.span.1],
    }))
}

/// A record as a line of an export.
#[must_use]
pub fn write(record: &Record) -> String {
    match record {
        Record::Entity(entity) => {
            json!({"entity": {"id": entity.id.0, "kind": entity.kind.name(), "names": entity.names}})
        }
        Record::Episode(episode) => json!({"episode": {
            "id": episode.id.0, "text": episode.text, "lang": episode.language.tag(),
            "recorded": stamp(episode.recorded),
        }}),
        Record::Fact(fact) => json!({"fact": {
            "id": fact.id.0, "subject": fact.subject.0, "predicate": fact.predicate.name(), "kind": fact.kind,
            "object": {"text": fact.object.text, "key": fact.object.key, "entity": fact.object.entity.map(|id| id.0)},
            "from": fact.from.map(|date| date.to_string()), "to": fact.to.map(|date| date.to_string()),
            "recorded": stamp(fact.recorded), "retracted": fact.retracted.map(stamp),
            "source": fact.source.name(), "confidence": fact.confidence, "lang": fact.language.tag(),
            "episode": fact.evidence.episode.map(|id| id.0), "sentence": fact.evidence.sentence,
            "span": [fact.evidence.span.0, fact.evidence.span.1],
        }}),
    }
    .to_string()
}

fn stamp(moment: Moment) -> Json {
    json!({"ms": moment.utc_ms, "offset": moment.offset_minutes})
}

/// Reads a line of an export.
///
/// # Errors
/// It is none.
pub fn read(line: &str) -> Result<Record, LineError> {
    let object = object(line)?;
    let inner = |name: &str| object.get(name).and_then(Json::as_object);
    if let Some(fields) = inner("entity") {
        let kind =
            text(fields, "kind").and_then(|kind| EntityKind::from_name(&kind).ok_or(LineError::Field("kind")))?;
        let names = fields.get("names").and_then(Json::as_array).ok_or(LineError::Field("names"))?;
        let names = names.iter().map(|name| name.as_str().map(str::to_owned).ok_or(LineError::Field("names")));
        return Ok(Record::Entity(Entity {
            id: EntityId(number(fields, "id")?),
            kind,
            names: names.collect::<Result<_, _>>()?,
        }));
    }
    if let Some(fields) = inner("episode") {
        return Ok(Record::Episode(Episode {
            id: EpisodeId(number(fields, "id")?),
            text: text(fields, "text")?,
            language: language(fields)?,
            recorded: stamped(fields.get("recorded")).ok_or(LineError::Field("recorded"))?,
        }));
    }
    let fields = inner("fact").ok_or(LineError::Record)?;
    let value = fields.get("object").and_then(Json::as_object).ok_or(LineError::Field("object"))?;
    let confidence = number(fields, "confidence")?;
    let predicate = text(fields, "predicate")?;
    Ok(Record::Fact(Box::new(Fact {
        id: FactId(number(fields, "id")?),
        subject: EntityId(number(fields, "subject")?),
        predicate: Predicate::from_name(&predicate).ok_or(LineError::Field("predicate"))?,
        kind: text(fields, "kind")?,
        object: Value {
            text: text(value, "text")?,
            key: text(value, "key")?,
            entity: value.get("entity").and_then(Json::as_u64).map(EntityId),
        },
        from: date(fields, "from")?,
        to: date(fields, "to")?,
        recorded: stamped(fields.get("recorded")).ok_or(LineError::Field("recorded"))?,
        retracted: match fields.get("retracted") {
            None | Some(Json::Null) => None,
            value => Some(stamped(value).ok_or(LineError::Field("retracted"))?),
        },
        source: Source::from_name(&text(fields, "source")?).ok_or(LineError::Field("source"))?,
        confidence: u8::try_from(confidence)
            .ok()
            .filter(|share| *share <= 100)
            .ok_or(LineError::Field("confidence"))?,
        language: language(fields)?,
        evidence: Evidence {
            episode: fields.get("episode").and_then(Json::as_u64).map(EpisodeId),
            sentence: text(fields, "sentence")?,
            span: span(fields)?,
        },
    })))
}

fn text(fields: &Map<String, Json>, name: &'static str) -> Result<String, LineError> {
    fields.get(name).and_then(Json::as_str).map(str::to_owned).ok_or(LineError::Field(name))
}

fn number(fields: &Map<String, Json>, name: &'static str) -> Result<u64, LineError> {
    fields.get(name).and_then(Json::as_u64).ok_or(LineError::Field(name))
}

fn language(fields: &Map<String, Json>) -> Result<Language, LineError> {
    Language::from_tag(&text(fields, "lang")?).ok_or(LineError::Field("lang"))
}

fn date(fields: &Map<String, Json>, name: &'static str) -> Result<Option<PartialDate>, LineError> {
    match fields.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => value.as_str().and_then(PartialDate::parse).map(Some).ok_or(LineError::Field(name)),
    }
}

fn stamped(value: Option<&Json>) -> Option<Moment> {
    let value = value?;
    let offset = i16::try_from(value.get("offset")?.as_i64()?).ok()?;
    Some(Moment::new(value.get("ms")?.as_i64()?, offset))
}

fn span(fields: &Map<String, Json>) -> Result<(usize, usize), LineError> {
    let list = fields.get("span").and_then(Json::as_array).ok_or(LineError::Field("span"))?;
    let at = |i: usize| {
        list.get(i).and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok()).ok_or(LineError::Field("span"))
    };
    Ok((at(0)?, at(1)?))
}

/// What to do with an import that has lines that are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadLines {
    /// Nothing is taken in.
    #[default]
    Refuse,
    /// The others are taken in.
    Skip,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// None if bad lines kept everything out.
    pub imported: Option<sarai_memory::Imported>,
    /// The number of each bad line, from 1, and what is wrong with it.
    pub bad: Vec<(usize, LineError)>,
}

/// Takes an export in.
///
/// # Errors
/// The store failed; nothing was taken in.
pub fn import<S: Store>(
    memory: &mut Memory<S>,
    text: &str,
    bad_lines: BadLines,
    at: Moment,
) -> Result<ImportReport, S::Error> {
    let mut records = Vec::new();
    let mut report = ImportReport::default();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match read(line) {
            Ok(record) => records.push(record),
            Err(error) => report.bad.push((number, error)),
        }
    }
    if report.bad.is_empty() || bad_lines == BadLines::Skip {
        report.imported = Some(memory.import(&records, at)?);
    }
    Ok(report)
}

/// Everything that is remembered, as lines.
///
/// # Errors
/// The store cannot be read.
pub fn export<S: Store>(memory: &Memory<S>) -> Result<Vec<String>, S::Error> {
    Ok(memory.records()?.iter().map(write).collect())
}
