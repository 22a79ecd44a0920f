//! Out to lines of JSON and in again.

use sarai_memory::{InMemory, Memory};
use sarai_memory_sqlite::lines::{self, BadLines, LineError};

use super::{ask, at, folder, open, say};

fn told() -> Memory<InMemory> {
    let mut memory = Memory::new(InMemory::new());
    for (minute, text) in [
        "Me llamo Carlos y vivo en Lugo",
        "Mi hermana Ana trabaja en Google",
        "Mi hermano vive en Vigo",
        "I have a dog called Rocky",
        "Me he mudado a Oviedo",
    ]
    .into_iter()
    .enumerate()
    {
        say(&mut memory, text, i64::try_from(minute).unwrap());
    }
    memory
}

#[test]
fn an_export_comes_in_whole_and_only_once() {
    let from = told();
    let text = lines::export(&from).unwrap().join("\n");
    let folder = folder();
    let mut to = open(&folder);
    let report = lines::import(&mut to, &text, BadLines::Refuse, at(10)).unwrap();
    assert_eq!(report.bad, []);
    let imported = report.imported.unwrap();
    assert!(imported.facts >= 8 && imported.known == 0, "{imported:?}");
    for question in [
        "¿Dónde vivo?",
        "¿Dónde vivía antes?",
        "¿Dónde trabaja Ana?",
        "Where does my brother live?",
        "¿Cómo se llama mi perro?",
    ] {
        assert_eq!(ask(&to, question, 11), ask(&from, question, 11), "{question}");
    }
    let again = lines::import(&mut to, &text, BadLines::Refuse, at(12)).unwrap().imported.unwrap();
    assert_eq!((again.facts, again.episodes), (0, 0), "{again:?}");
}

#[test]
fn every_line_is_read_as_it_was_written() {
    for record in told().records().unwrap() {
        assert_eq!(lines::read(&lines::write(&record)), Ok(record));
    }
}

#[test]
fn what_was_forgotten_does_not_come_back() {
    let text = lines::export(&told()).unwrap().join("\n");
    let mut memory = told();
    say(&mut memory, "Olvida todo sobre Ana", 20);
    let report = lines::import(&mut memory, &text, BadLines::Refuse, at(21)).unwrap().imported.unwrap();
    assert!(report.forgotten >= 2, "{report:?}");
    assert_eq!(memory.ask("¿Dónde trabaja Ana?", at(22), None).unwrap().facts, []);
    assert_eq!(memory.ask("¿Dónde trabaja mi hermana?", at(22), None).unwrap().facts, []);
    // Said anew it is known again.
    say(&mut memory, "Mi hermana Ana trabaja en Google", 23);
    assert_eq!(memory.ask("¿Dónde trabaja Ana?", at(24), None).unwrap().facts.len(), 1);
}

#[test]
fn bad_lines_are_named_and_the_rest_waits_or_comes() {
    let good = lines::export(&told()).unwrap();
    let text = format!("{}\nno json\n{{\"fact\": {{}}}}\n{}", good[0], good[1..].join("\n"));
    let folder = folder();
    let mut memory = open(&folder);
    let report = lines::import(&mut memory, &text, BadLines::Refuse, at(0)).unwrap();
    assert_eq!(report.imported, None);
    assert_eq!(report.bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(memory.store().stats().unwrap().facts, 0);
    let report = lines::import(&mut memory, &text, BadLines::Skip, at(0)).unwrap();
    assert!(report.imported.unwrap().facts > 5);
}

#[test]
fn steps_of_a_conversation() {
    use sarai_memory::{Speaker, Step};
    for (line, expected) in [
        (r#"{"say": "hola"}"#, Ok(Step::Say { text: "hola".into(), at: None, language: None })),
        (r#"{"restart": true}"#, Ok(Step::Restart)),
        (r#"{"text": "x", "source": "web_page"}"#, Ok(Step::Heard { text: "x".into(), speaker: Speaker::WebPage })),
        (r#"{"text": "x", "source": "nobody"}"#, Err(LineError::Field("source"))),
        (r#"{"ask": 3}"#, Err(LineError::Field("ask"))),
        (r#"{"say": "x", "at": "mañana"}"#, Err(LineError::Field("at"))),
        ("{}", Err(LineError::Step)),
    ] {
        assert_eq!(lines::step(line), expected, "{line}");
    }
    assert!(matches!(lines::step("[1]"), Err(LineError::Json(_))));
}
