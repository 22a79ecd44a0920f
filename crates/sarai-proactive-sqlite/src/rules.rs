//! The owner's own rules, and rules as JSON.

use jiff::Timestamp;
use rusqlite::params;
use sarai_proactive::OwnRule;
use sarai_proactive::form::{self, Field};
use sarai_proactive::rule::{RULES_MAX, Rule, RuleId, Status};
use sarai_proactive::time::Zone;
use serde_json::{Map, Value};

use crate::read::moment;
use crate::{LoopStore, StoreError};

/// The keys of a rule as a JSON object, as in a rules file.
#[must_use]
pub fn json(rule: &Rule) -> Map<String, Value> {
    let value = |field| match field {
        Field::Text(text) => Value::String(text),
        Field::List(items) => items.into_iter().map(Value::String).collect(),
    };
    form::write(rule).into_iter().map(|(key, field)| (key.to_owned(), value(field))).collect()
}

/// The rule of a JSON object; none if it means none.
#[must_use]
pub fn unjson(id: RuleId, text: &str) -> Option<Rule> {
    let Value::Object(map) = serde_json::from_str(text).ok()? else { return None };
    let mut fields = Vec::new();
    for (key, value) in map {
        let field = match value {
            Value::String(text) => Field::Text(text),
            Value::Array(items) => {
                Field::List(items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
        };
        fields.push((key, field));
    }
    form::read(id, &fields, &Zone::UTC).ok()
}

impl LoopStore {
    /// The owner's rules, by name. A row that this program cannot read is left out, and stays.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn own_rules(&self) -> Result<Vec<OwnRule>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, form, since_ms, made_ms FROM rule ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            let (id, form): (String, String) = (row.get(0)?, row.get(1)?);
            let rule = id.parse().ok().and_then(|id| unjson(id, &form));
            Ok(rule.zip(moment(row.get(2)?)).zip(moment(row.get(3)?)))
        })?;
        let mut rules = Vec::new();
        for row in rows {
            rules.extend(row?.map(|((rule, since), made)| OwnRule { rule, since, made }));
        }
        Ok(rules)
    }

    /// Adds a rule, which counts from now on. Afterwards the file is backed up, because nothing else knows the owner's
    /// words.
    ///
    /// # Errors
    /// There are too many, or the file cannot be written.
    pub fn add_rule(&self, rule: &Rule, now: Timestamp) -> Result<(), StoreError> {
        let count: i64 = self.connection.query_row("SELECT count(*) FROM rule", [], |row| row.get(0))?;
        if usize::try_from(count).unwrap_or(0) >= RULES_MAX {
            return Err(StoreError::Many("rules"));
        }
        self.connection.execute(
            "INSERT INTO rule (id, form, since_ms, made_ms) VALUES (?1, ?2, ?3, ?3)",
            params![rule.id.as_str(), Value::Object(json(rule)).to_string(), now.as_millisecond()],
        )?;
        self.backup(now)?;
        Ok(())
    }

    /// Puts another rule in the place of the owner's of this name; it counts from now on. Says whether there was one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn replace_rule(&self, rule: &Rule, now: Timestamp) -> Result<bool, StoreError> {
        let form = Value::Object(json(rule)).to_string();
        let changed = self.connection.execute(
            "UPDATE rule SET form = ?2, since_ms = ?3 WHERE id = ?1",
            params![rule.id.as_str(), form, now.as_millisecond()],
        )?;
        if changed > 0 {
            self.backup(now)?;
        }
        Ok(changed > 0)
    }

    /// Pauses a rule of the owner's or lets it go on; says whether there is one of this name. What passes during a pause
    /// is not made up for.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set_status(&self, id: &RuleId, status: Status, now: Timestamp) -> Result<bool, StoreError> {
        let Some(own) = self.own_rules()?.into_iter().find(|own| own.rule.id == *id) else { return Ok(false) };
        if own.rule.status == status {
            return Ok(true);
        }
        self.replace_rule(&Rule { status, ..own.rule }, now)
    }

    /// Takes a rule of the owner's away; says whether there was one of this name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remove_rule(&self, id: &RuleId, now: Timestamp) -> Result<bool, StoreError> {
        let removed = self.connection.execute("DELETE FROM rule WHERE id = ?1", [id.as_str()])? > 0;
        if removed {
            self.backup(now)?;
        }
        Ok(removed)
    }
}
