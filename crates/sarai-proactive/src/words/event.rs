//! Things that happen: «cuando queden menos de 5 GB de disco», "when I've been idle for 30 minutes".
//!
//! A clause is searched for what it is about, how that is compared, and with how much; the order of the words is free.

use std::ops::Range;

use sarai_types::Notice;

use super::build::Refusal;
use super::lexicon::{Beyond, Measure, Topic};
use super::reader::Reader;
use super::token::Kind;
use crate::rule::{Amount, Level, Resource, Side, Watch};

/// How long somebody is away who is idle, unless it is said. In seconds.
const IDLE_DEFAULT: u32 = 5 * 60;
/// The longest idleness that can be watched for, in seconds.
const IDLE_MAX: u32 = 7 * 86_400;
/// What "low on disk" and "low on memory" mean, in tenths of a percent.
const DISK_SCARCE: u16 = 100;
const MEMORY_SCARCE: u16 = 900;

/// What a clause says happens.
pub(crate) type Event = Result<Watch, Refusal>;

impl Reader<'_> {
    /// The event of a clause; none if nothing in it can be watched.
    pub(crate) fn event(&self, clause: Range<usize>) -> Option<Event> {
        let event = self.event_said(clause.clone())?;
        let negated = event.is_ok() && self.turned_round(&clause);
        Some(if negated { Err(Refusal::Beyond(Notice::new("rules-beyond-negated"))) } else { event })
    }

    fn event_said(&self, clause: Range<usize>) -> Option<Event> {
        let find = |topic| {
            clause.clone().find(|at| matches!(self.look(*at, self.lex.topics), Some((found, end)) if found == topic && end <= clause.end))
        };
        if let Some(beyond) = clause.clone().find_map(|at| self.look(at, self.lex.beyond)).map(|(beyond, _)| beyond)
            && beyond != Beyond::Holidays
        {
            return Some(Err(Refusal::Beyond(super::build::beyond_notice(beyond))));
        }
        if find(Topic::Idle).is_some() {
            return Some(self.idle(clause));
        }
        if let Some(at) = find(Topic::Webhook) {
            return Some(Ok(Watch::Webhook {
                name: self.name_after(at + 1, clause.end).unwrap_or_else(|| "default".to_owned()),
            }));
        }
        if let Some(at) = find(Topic::Skill)
            && clause.clone().any(|at| self.any(at, self.lex.failures).is_some())
        {
            return Some(Ok(Watch::SkillUnhealthy { skill: self.skill_name(at, clause) }));
        }
        if let Some(path) = self.changed_file(&clause, find(Topic::File)) {
            return Some(Ok(Watch::FileChanged { path }));
        }
        if let Some(at) = find(Topic::Fact)
            && clause.clone().any(|at| self.any(at, self.lex.news).is_some())
        {
            return Some(Ok(Watch::FactAdded { about: self.about(at, clause.end) }));
        }
        self.level(&clause, find(Topic::Disk), find(Topic::Memory))
    }

    /// «si la memoria no pasa del 80 %»: what does not happen cannot be watched. «No responde» is something that happens.
    fn turned_round(&self, clause: &Range<usize>) -> bool {
        let mut at = clause.start;
        while at < clause.end {
            let ends = [
                self.any(at, self.lex.failures),
                self.look(at, self.lex.topics).map(|(_, end)| end),
                self.look(at, self.lex.measures).map(|(_, end)| end),
            ];
            match ends.into_iter().flatten().max() {
                Some(end) => at = end,
                None if self.any(at, self.lex.negating).is_some() => return true,
                None => at += 1,
            }
        }
        false
    }

    fn idle(&self, clause: Range<usize>) -> Event {
        // "when I'm away on Friday" is no event of this computer.
        let is_file = |at| matches!(self.kind(at), Some(Kind::Path(_)));
        if clause.clone().any(is_file) {
            return Err(Refusal::Beyond(Notice::new("rules-beyond-negated")));
        }
        if clause.clone().any(|at| self.day(at).is_some()) {
            return Err(Refusal::Beyond(Notice::new("rules-beyond-place")));
        }
        let length = clause.into_iter().find_map(|at| self.length(at)).map(|(length, _)| length);
        let seconds =
            length.map_or(IDLE_DEFAULT, |length| length.seconds.saturating_add(length.days.saturating_mul(86_400)));
        if length.is_some_and(|length| length.months > 0) || !(1..=IDLE_MAX).contains(&seconds) {
            return Err(Refusal::Impossible(Notice::new("rules-idle-too-long")));
        }
        Ok(Watch::Idle { seconds })
    }

    /// A name that stands at a place: quoted, a word, or several glued together.
    fn name_after(&self, at: usize, end: usize) -> Option<String> {
        let at = self.skip(at, "llamado|llamada|de nombre|named|called|:");
        if at >= end {
            return None;
        }
        match self.kind(at)? {
            Kind::Quoted(name) | Kind::Path(name) => Some(name.clone()),
            Kind::Word(word) => {
                let says_more = self.any(at, self.lex.changes).is_some()
                    || self.any(at, self.lex.failures).is_some()
                    || self.look(at, self.lex.measures).is_some()
                    || matches!(
                        word.as_str(),
                        "is" | "se"
                            | "goes"
                            | "called"
                            | "sea"
                            | "con"
                            | "arrives"
                            | "comes"
                            | "fires"
                            | "gets"
                            | "salte"
                            | "llame"
                            | "reciba"
                    );
                let mut last = at;
                while self.is_mark(last + 1, '-')
                    && self.is_glued(last + 1)
                    && self.is_glued(last + 2)
                    && last + 2 < end
                {
                    last += 2;
                }
                (!says_more).then(|| self.slice(at..last + 1).to_owned())
            }
            Kind::Number { .. } | Kind::Mark(_) => None,
        }
    }

    fn skill_name(&self, at: usize, clause: Range<usize>) -> Option<String> {
        let after = self.name_after(at + 1, clause.end);
        // "the sql skill".
        let before =
            at.checked_sub(1).filter(|before| clause.contains(before) && self.any(*before, self.lex.any).is_none());
        after.or_else(|| before.map(|before| self.slice(before..before + 1).to_owned()))
    }

    fn changed_file(&self, clause: &Range<usize>, topic: Option<usize>) -> Option<String> {
        clause.clone().find(|at| self.any(*at, self.lex.changes).is_some())?;
        let path = clause.clone().find_map(|at| match self.kind(at) {
            Some(Kind::Path(path)) if !path.starts_with("www.") && !path.contains("://") => Some(path.clone()),
            Some(Kind::Quoted(name)) if topic.is_some() => Some(name.clone()),
            _ => None,
        });
        path.or_else(|| self.name_after(self.skip(topic? + 1, "de|the"), clause.end))
    }

    fn about(&self, at: usize, end: usize) -> Option<String> {
        let start = (at..end).find_map(|at| self.any(at, self.lex.about))?;
        let end = (start..end)
            .find(|at| self.any(*at, "is|se").or_else(|| self.any(*at, self.lex.news)).is_some())
            .unwrap_or(end);
        let about = self.slice(start..end).trim();
        (!about.is_empty()).then(|| about.to_owned())
    }

    fn level(&self, clause: &Range<usize>, disk: Option<usize>, memory: Option<usize>) -> Option<Event> {
        let mut measures = Vec::new();
        let mut at = clause.start;
        while at < clause.end {
            match self.look(at, self.lex.measures).filter(|(_, end)| *end <= clause.end) {
                Some((measure, end)) => {
                    measures.push(measure);
                    at = end;
                }
                None => at += 1,
            }
        }
        let has = |measure| measures.contains(&measure);
        let path = clause.clone().find_map(|at| match self.kind(self.any(at, self.lex.on_disk)?) {
            Some(Kind::Path(path)) => Some(path.clone()),
            _ => None,
        });
        let amount = self.amount_in(clause, disk.or(memory).is_some());
        let is_memory = match (disk, memory) {
            (Some(disk), Some(memory)) => memory < disk,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            // «cuando queden menos de 5 GB»: of what, if not of the disk?
            (None, None) if matches!(amount, Some(Ok(Amount::Bytes(_)))) && has(Measure::Free) => false,
            (None, None) => return None,
        };
        let resource = if is_memory { Resource::Memory } else { Resource::Disk { path } };
        let level = |side, amount| Some(Ok(Watch::Level(Level { resource: resource.clone(), side, amount })));
        let amount = match amount {
            Some(Ok(amount)) => amount,
            Some(Err(wrong)) => return Some(Err(Refusal::Impossible(wrong))),
            None if has(Measure::Scarce) && is_memory => {
                return level(Side::UsedAbove, Amount::PerMille(MEMORY_SCARCE));
            }
            None if has(Measure::Scarce) => return level(Side::FreeBelow, Amount::PerMille(DISK_SCARCE)),
            None if measures.is_empty() => return None,
            None => return Some(Err(Refusal::Beyond(Notice::new("rules-level-without-amount")))),
        };
        if clause.clone().any(|at| self.any(at, self.lex.during).is_some_and(|end| self.length(end).is_some())) {
            return Some(Err(Refusal::Beyond(Notice::new("rules-beyond-lasting"))));
        }
        let amounts = clause.clone().filter(|at| self.amount(*at).is_some()).count();
        if disk.is_some() && memory.is_some() && amounts > 1 {
            return Some(Err(Refusal::Beyond(Notice::new("rules-beyond-two"))));
        }
        if clause.clone().any(|at| self.any(at, self.lex.elsewhere).is_some()) {
            return Some(Err(Refusal::Beyond(Notice::new("rules-beyond-elsewhere"))));
        }
        let beyond = || Some(Err(Refusal::Beyond(Notice::new("rules-beyond-level"))));
        let (free, used) = (has(Measure::Free), has(Measure::Used));
        // "back under 80 %" is said of what is used.
        let is_most = matches!(amount, Amount::PerMille(share) if share > 500);
        match (has(Measure::Below), has(Measure::Above)) {
            (true, false) if is_most && !free => beyond(),
            (true, false) if used && !free => beyond(),
            (false, true)
                if free
                    && !used
                    && disk
                        .is_some_and(|at| self.word(at) != Some("espacio") || self.word(at + 1) == Some("libre")) =>
            {
                beyond()
            }
            (true, false) => level(Side::FreeBelow, amount),
            (false, true) => level(Side::UsedAbove, amount),
            (false, false) if free && !used => level(Side::FreeBelow, amount),
            (false, false) => level(Side::UsedAbove, amount),
            (true, true) => beyond(),
        }
    }

    /// The amount of a clause. "Over 90" of the disk is meant in percent.
    fn amount_in(&self, clause: &Range<usize>, of_this: bool) -> Option<Result<Amount, Notice>> {
        let bare = |at: usize| match self.kind(at) {
            Some(Kind::Number { value: share @ 10..100, digits: 2 }) if of_this && at + 1 == clause.end => {
                u16::try_from(share * 10).ok().map(|share| Ok(Amount::PerMille(share)))
            }
            _ => None,
        };
        clause.clone().find_map(|at| self.amount(at)).or_else(|| clause.clone().find_map(bare))
    }

    /// «5 GB», «el 80 %», "10 percent".
    fn amount(&self, at: usize) -> Option<Result<Amount, Notice>> {
        let (thousandths, end) = self.decimal(at)?;
        if self.any(end, self.lex.percent).is_some() {
            let share = u16::try_from(thousandths / 100).ok().filter(|share| (1..1000).contains(share));
            return Some(share.map(Amount::PerMille).ok_or_else(|| Notice::new("rules-no-such-share")));
        }
        let (factor, _) = self.look(end, self.lex.bytes)?;
        let bytes = u64::try_from(u128::from(thousandths) * u128::from(factor) / 1000).ok().filter(|bytes| *bytes > 0);
        Some(bytes.map(Amount::Bytes).ok_or_else(|| Notice::new("rules-no-such-share")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{en::ENGLISH, es::SPANISH};
    use super::*;

    #[test]
    fn clauses() {
        for (lex, text, expected) in [
            (&SPANISH, "queden menos de 5 GB de disco", "disk free < 5GB"),
            (&SPANISH, "queden menos de cinco gigas libres en /home", "disk free < 5GB on /home"),
            (&SPANISH, "el disco baje del 10 %", "disk free < 10%"),
            (&SPANISH, "el espacio libre sea inferior a 2 gigas", "disk free < 2GB"),
            (&SPANISH, "el disco esté al 90 % lleno", "disk used > 90%"),
            (&SPANISH, "el disco esté casi lleno", "disk free < 10%"),
            (&SPANISH, "la memoria pasa del 80 %", "memory used > 80%"),
            (&SPANISH, "la RAM supere los 10 GB", "memory used > 10GB"),
            (&SPANISH, "el uso de memoria llegue al 75 por ciento", "memory used > 75%"),
            (&SPANISH, "quede menos de 1,5 GB de memoria", "memory free < 1500MB"),
            (&SPANISH, "cambie el archivo ~/notas.txt", "file changed ~/notas.txt"),
            (&SPANISH, "se modifique la carpeta «mis documentos»", "file changed mis documentos"),
            (&SPANISH, "lleve 30 minutos inactivo", "idle 30m"),
            (&SPANISH, "lleve media hora sin tocar el ordenador", "idle 30m"),
            (&SPANISH, "la habilidad sql falle", "skill unhealthy sql"),
            (&SPANISH, "una habilidad deje de responder", "skill unhealthy"),
            (&SPANISH, "llegue el webhook despliegue", "webhook despliegue"),
            (&SPANISH, "aprendas algo nuevo sobre Marta", "fact added about Marta"),
            (&SPANISH, "la memoria pase del 120 %", "impossible"),
            (&SPANISH, "llueva", "beyond"),
            (&SPANISH, "haya más de 50 GB libres en el disco", "beyond"),
            (&SPANISH, "venga el fontanero", "–"),
            (&ENGLISH, "the disk has less than 10% free", "disk free < 10%"),
            (&ENGLISH, "free space drops below 5 GB", "disk free < 5GB"),
            (&ENGLISH, "the disk is more than 90% full", "disk used > 90%"),
            (&ENGLISH, "only 2 gigs of disk space are left", "disk free < 2GB"),
            (&ENGLISH, "memory goes above 80 percent", "memory used > 80%"),
            (&ENGLISH, "RAM usage exceeds 6GB", "memory used > 6GB"),
            (&ENGLISH, "I'm low on disk space", "disk free < 10%"),
            (&ENGLISH, "I've been idle for 30 minutes", "idle 30m"),
            (&ENGLISH, "I'm away for an hour", "idle 1h"),
            (&ENGLISH, "~/notes.txt changes", "file changed ~/notes.txt"),
            (&ENGLISH, "the file budget.ods is modified", "file changed budget.ods"),
            (&ENGLISH, "the sql skill crashes", "skill unhealthy sql"),
            (&ENGLISH, "any skill is unhealthy", "skill unhealthy"),
            (&ENGLISH, "webhook deploy-done is called", "webhook deploy-done"),
            (&ENGLISH, "a new fact about Marta is added", "fact added about Marta"),
            (&ENGLISH, "memory stays above 80% for 5 minutes", "beyond"),
            (&ENGLISH, "the postman comes", "–"),
        ] {
            let reader = Reader::new(text, lex);
            let found = match reader.event(0..reader.len()) {
                None => "–".to_owned(),
                Some(Ok(watch)) => watch.to_string(),
                Some(Err(Refusal::Impossible(_))) => "impossible".to_owned(),
                Some(Err(Refusal::Beyond(_))) => "beyond".to_owned(),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
