//! The rules as their owner sees and changes them: one request of `/v1/rules` to its reply.

use sarai_api::rules::{DecisionBody, LastBody, ProposalBody, ReadBody, RuleBody, RulesReply, RulesRequest};
use sarai_config::{ConfigError, RulesFile};
use sarai_messages::Messages;
use sarai_proactive::rule::{Rule, RuleId, Status};
use sarai_proactive::time::Zone;
use sarai_proactive::words::{Context, Parsed, Proposal, parse};
use sarai_proactive::{Known, Rulebook, Sentence, decided, say};
use sarai_proactive_sqlite::{Letter, LoopStore, StoreError};
use sarai_types::{Failure, FailureKind, Language, Notice};

use super::LoopView;
use crate::clock;

/// So many decisions are shown of one rule.
const EXPLAINED: usize = 20;
/// The longest wish, in characters.
const TEXT_MAX: usize = 1000;

impl LoopView {
    /// All rules as they count now.
    ///
    /// # Errors
    /// The file of the rules is wrong, or the store cannot be read.
    pub(crate) async fn book(&self) -> Result<Rulebook, Failure> {
        let file = RulesFile::of(&self.0.folders, &clock::home()).map_err(|errors| {
            let notice = errors.iter().next().map_or_else(|| Notice::new("daemon-loop-store"), ConfigError::notice);
            Failure::new(FailureKind::Unavailable, notice, "rules.yaml is wrong")
        })?;
        self.with_own(file).await
    }

    /// The same as the loop has it: while the file is wrong, the old rules stay.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) async fn rules_in_force(&self) -> Result<Rulebook, Failure> {
        let (folders, home) = (&self.0.folders, clock::home());
        self.with_own(RulesFile::of(folders, &home).unwrap_or_else(|_| RulesFile::fallback(folders, &home))).await
    }

    async fn with_own(&self, file: RulesFile) -> Result<Rulebook, Failure> {
        Ok(file.with(self.with(|store| store.own_rules()).await?.unwrap_or_default()))
    }

    pub(super) async fn rules(&self, request: RulesRequest, language: Language) -> Result<RulesReply, Failure> {
        let book = self.book().await?;
        let messages = Messages::new(language);
        match request {
            RulesRequest::List {} => self.list(book, language).await,
            RulesRequest::Read { text } => Ok(RulesReply::Read(read(&text, &book, language)?)),
            RulesRequest::Add { text, choice } => {
                let rule = chosen(&text, choice, &book, language)?;
                let id = rule.id.to_string();
                self.add_rule(rule).await?;
                Ok(RulesReply::Added { rule: id })
            }
            RulesRequest::Edit { rule, text, choice } => {
                let Known { rule: old, .. } = known(&book, &rule)?;
                let new = chosen(&text, choice, &book, language)?;
                let new = Rule { id: old.id.clone(), status: old.status, ..new };
                self.change(&book, rule, move |store, _| store.replace_rule(&new, clock::now())).await
            }
            RulesRequest::Pause { rule } => {
                self.change(&book, rule, |store, id| store.set_status(id, Status::Paused, clock::now())).await
            }
            RulesRequest::Resume { rule } => {
                self.change(&book, rule, |store, id| store.set_status(id, Status::Active, clock::now())).await
            }
            RulesRequest::Remove { rule } => {
                self.change(&book, rule, |store, id| store.remove_rule(id, clock::now())).await
            }
            RulesRequest::Run { rule } => {
                let id = known(&book, &rule)?.rule.id.clone();
                match self.with(move |store| store.post(&Letter::Run(id))).await? {
                    Some(()) => self.wake().await,
                    None => return Err(refused(Notice::new("daemon-loop-silent"))),
                }
                Ok(RulesReply::Changed { rule })
            }
            RulesRequest::Explain { rule } => {
                let id = known(&book, &rule)?.rule.id.clone();
                let rows = self.with(move |store| store.decisions(Some(&id), EXPLAINED)).await?.unwrap_or_default();
                let zone = &book.house.zone;
                let decisions = rows.into_iter().map(|row| DecisionBody {
                    at: zone.rfc3339(row.last),
                    text: render(&row.why(zone), messages),
                    times: row.times,
                });
                Ok(RulesReply::Decisions(decisions.collect()))
            }
        }
    }

    async fn list(&self, book: Rulebook, language: Language) -> Result<RulesReply, Failure> {
        let Rulebook { house, rules } = book;
        let ids: Vec<RuleId> = rules.iter().map(|known| known.rule.id.clone()).collect();
        let newest = move |store: &mut LoopStore| {
            ids.iter().map(|id| Ok(store.tasks(Some(id), 1)?.pop())).collect::<Result<Vec<_>, StoreError>>()
        };
        let mut last = self.with(newest).await?.unwrap_or_default().into_iter();
        let now = clock::now();
        let body = |Known { rule, origin }| {
            let last = last.next().flatten().map(|row| LastBody {
                at: house.zone.rfc3339(row.changed),
                text: render(&decided::state(&row.task.state), Messages::new(language)),
            });
            let known = Known { rule, origin };
            RuleBody {
                sentence: sentence(&known.rule, &house.zone, language),
                words: known.rule.words.clone(),
                origin: known.origin.name().to_owned(),
                paused: known.rule.status == Status::Paused,
                next: known.next(now).map(|at| house.zone.rfc3339(at)),
                last,
                id: known.rule.id.to_string(),
            }
        };
        Ok(RulesReply::Rules(rules.into_iter().map(body).collect()))
    }

    /// Changes a rule that the owner made in words, and wakes the loop.
    async fn change(
        &self,
        book: &Rulebook,
        rule: String,
        change: impl FnOnce(&mut LoopStore, &RuleId) -> Result<bool, StoreError> + Send + 'static,
    ) -> Result<RulesReply, Failure> {
        let id = known(book, &rule)?.rule.id.clone();
        match self.with(move |store| change(store, &id)).await? {
            Some(true) => self.wake().await,
            Some(false) | None => return Err(refused(book.not_in_words(&rule, self.0.folders.rules_file().display()))),
        }
        Ok(RulesReply::Changed { rule })
    }
}

fn known<'a>(book: &'a Rulebook, rule: &str) -> Result<&'a Known, Failure> {
    let known = rule.parse().ok().and_then(|id| book.find(&id));
    known.ok_or_else(|| refused(Notice::new("rules-unknown").arg("rule", rule)))
}

fn refused(notice: Notice) -> Failure {
    let detail = notice.id.to_string();
    Failure::new(FailureKind::BadRequest, notice, detail)
}

fn parsed(text: &str, book: &Rulebook, language: Language) -> Result<Parsed, Failure> {
    if text.chars().count() > TEXT_MAX {
        return Err(refused(Notice::new("daemon-rules-long").arg("max", TEXT_MAX)));
    }
    let rules: Vec<Rule> = book.rules.iter().map(|known| known.rule.clone()).collect();
    let context = Context { now: clock::now(), zone: book.house.zone.clone(), language: Some(language), rules: &rules };
    Ok(parse(text, &context))
}

fn read(text: &str, book: &Rulebook, language: Language) -> Result<ReadBody, Failure> {
    let messages = Messages::new(language);
    let zone = &book.house.zone;
    let body = |proposal: &Proposal| ProposalBody {
        sentence: sentence(&proposal.rule, zone, language),
        next: proposal.next.iter().map(|at| zone.rfc3339(*at)).collect(),
    };
    let (kind, text, choices) = match parsed(text, book, language)? {
        Parsed::Rule(rule) => ("rule", String::new(), vec![body(&rule)]),
        Parsed::Ambiguous { what, choices } => ("ambiguous", messages.text(&what), choices.iter().map(body).collect()),
        Parsed::NotARule { why, nearest } => {
            ("not_a_rule", messages.text(&why), nearest.iter().map(|nearest| body(nearest)).collect())
        }
        Parsed::Impossible { why } => ("impossible", messages.text(&why), Vec::new()),
    };
    Ok(ReadBody { kind: kind.to_owned(), text, choices })
}

fn chosen(text: &str, choice: u32, book: &Rulebook, language: Language) -> Result<Rule, Failure> {
    let mut choices = match parsed(text, book, language)? {
        Parsed::Rule(rule) => vec![rule.rule],
        Parsed::Ambiguous { choices, .. } => choices.into_iter().map(|choice| choice.rule).collect(),
        // The nearest is what was not said; it has to be said.
        Parsed::NotARule { why, .. } | Parsed::Impossible { why } => return Err(refused(why)),
    };
    let at = usize::try_from(choice).ok().and_then(|choice| choice.checked_sub(1)).filter(|at| *at < choices.len());
    let at = at.ok_or_else(|| refused(Notice::new("daemon-rules-choice").arg("max", choices.len())))?;
    Ok(choices.swap_remove(at))
}

/// A rule read back, in its own language.
pub(crate) fn sentence(rule: &Rule, zone: &Zone, language: Language) -> String {
    render(&say::rule(rule, zone), Messages::new(rule.language.unwrap_or(language)))
}

fn render(sentence: &Sentence, messages: Messages) -> String {
    sentence.text(&|notice: &Notice| messages.text(notice))
}

#[cfg(test)]
mod tests {
    use sarai_config::Folders;

    use super::*;

    fn text(reply: &Result<RulesReply, Failure>) -> String {
        match reply {
            Ok(reply) => format!("{reply:?}"),
            Err(failure) => sarai_messages::text(Language::English, &failure.notice),
        }
    }

    /// Each request, with what its reply says.
    #[tokio::test]
    async fn a_rule_from_its_words_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::under(folder.path());
        folders.create().unwrap();
        let view = LoopView::new(folders);
        let (words, id) = ("avísame cada lunes a las nueve de sacar la basura", "sacar-la-basura".to_owned());
        let add = |text: &str, choice| RulesRequest::Add { text: text.to_owned(), choice };
        let edit = |rule: &str, text: &str, choice| RulesRequest::Edit {
            rule: rule.to_owned(),
            text: text.to_owned(),
            choice,
        };
        for (request, part) in [
            (RulesRequest::Read { text: words.to_owned() }, "kind: \"rule\""),
            (RulesRequest::Read { text: "recuérdame el 31 de cada mes el pan".to_owned() }, "kind: \"ambiguous\""),
            (RulesRequest::Read { text: "¿qué tiempo hace?".to_owned() }, "kind: \"not_a_rule\""),
            (RulesRequest::Read { text: "x".repeat(1001) }, "1000"),
            (RulesRequest::Pause { rule: id.clone() }, "There is no rule named \"sacar-la-basura\""),
            (add(words, 0), "1"),
            (add(words, 2), "1"),
            (add("¿qué tiempo hace?", 1), ""),
            (add(words, 1), "Added { rule: \"sacar-la-basura\" }"),
            (
                edit(&id, "avísame cada martes a las diez de sacar el vidrio", 1),
                "Changed { rule: \"sacar-la-basura\" }",
            ),
            (edit("backup", words, 1), "comes with SARAi"),
            (edit(&id, "hola", 1), ""),
            (RulesRequest::Pause { rule: id.clone() }, "Changed"),
            (RulesRequest::Resume { rule: id.clone() }, "Changed"),
            (RulesRequest::Run { rule: id.clone() }, "Changed"),
            (RulesRequest::Explain { rule: id.clone() }, "Decisions([])"),
            (RulesRequest::Pause { rule: "backup".to_owned() }, "comes with SARAi"),
            (RulesRequest::Pause { rule: "no such".to_owned() }, "There is no rule"),
            (RulesRequest::Remove { rule: id.clone() }, "Changed"),
            (RulesRequest::Remove { rule: id.clone() }, "There is no rule"),
        ] {
            let reply = view.rules(request.clone(), Language::English).await;
            assert!(text(&reply).contains(part), "{request:?}: {}", text(&reply));
        }
        let Ok(RulesReply::Rules(rules)) = view.rules(RulesRequest::List {}, Language::English).await else { panic!() };
        assert_eq!(rules.len(), 6);
    }

    #[tokio::test]
    async fn the_list_says_when_and_whence() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::under(folder.path());
        folders.create().unwrap();
        let view = LoopView::new(folders.clone());
        let text = "remind me every Monday at 9 am to take the bins out".to_owned();
        view.rules(RulesRequest::Add { text, choice: 1 }, Language::English).await.unwrap();
        let list = async || match view.rules(RulesRequest::List {}, Language::Spanish).await.unwrap() {
            RulesReply::Rules(rules) => rules.into_iter().find(|rule| rule.origin == "words").unwrap(),
            other => panic!("{other:?}"),
        };
        let rule = list().await;
        assert!(rule.sentence.contains("every Monday at 9:00"), "{rule:?}");
        assert!(!rule.paused && rule.next.is_some() && rule.last.is_none(), "{rule:?}");
        view.rules(RulesRequest::Pause { rule: rule.id }, Language::Spanish).await.unwrap();
        let rule = list().await;
        assert!(rule.paused && rule.next.is_none(), "{rule:?}");
        // A file that is wrong is told, and changes nothing.
        fs_err::create_dir_all(&folders.config).unwrap();
        fs_err::write(folders.rules_file(), "rules:\n  a:\n    at: never\n    tell: x\n").unwrap();
        let failure = view.rules(RulesRequest::List {}, Language::English).await.unwrap_err();
        let text = sarai_messages::text(Language::English, &failure.notice);
        assert!(text.contains("rules.yaml:3"), "{text}");
    }
}
