//! What was forgotten is in no file of the folder.

use std::path::Path;

use sarai_memory::{Embedding, Looked, Memory, Request, States, Store as _, ToEmbed, Verdict};
use sarai_memory_sqlite::{SqliteStore, lines};

use super::{ask, at, folder, open, say};

/// Where in the folder the bytes stand, whatever the case of ASCII letters.
fn found(folder: &Path, needle: &str) -> Vec<String> {
    let needle = needle.to_lowercase();
    let mut out = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(found(&path, &needle));
            continue;
        }
        let bytes = fs_err::read(&path).unwrap().to_ascii_lowercase();
        if bytes.windows(needle.len()).any(|window| window == needle.as_bytes()) {
            out.push(path.display().to_string());
        }
    }
    out
}

#[test]
fn nothing_is_left_in_any_file() {
    let folder = folder();
    let mut memory = open(&folder);
    say(&mut memory, "Mi amigo Zacarías vive en Tombuctuburgo y colecciona sellos", 0);
    say(&mut memory, "Zacarías trabaja en Frobnitz", 1);
    say(&mut memory, "Me gusta el café", 2);
    memory.store().backup(at(3)).unwrap();
    for word in ["Tombuctuburgo", "tombuctuburgo", "Zacar", "Frobnitz"] {
        assert!(!found(folder.path(), word).is_empty(), "{word} was never there");
    }
    let told = say(&mut memory, "Olvida todo sobre Zacarías", 4);
    let report = told.erased.unwrap();
    assert!(report.facts.len() >= 3 && report.episodes.len() == 2, "{report:?}");
    memory.store().scrub(at(5)).unwrap();
    for word in ["Tombuctuburgo", "Zacar", "Frobnitz", "tombuctub"] {
        assert_eq!(found(folder.path(), word), [""; 0], "{word}");
    }
    assert_eq!(memory.ask("¿Qué sabes de Zacarías?", at(6), None).unwrap().facts, []);
    assert_eq!(ask(&memory, "¿Me gusta el café?", 6), "Sí. Te gusta: café.");
    drop(memory);
    for word in ["Tombuctuburgo", "Zacar", "Frobnitz"] {
        assert_eq!(found(folder.path(), word), [""; 0], "{word}");
    }
    let memory = Memory::new(SqliteStore::open(folder.path()).unwrap().0);
    assert_eq!(ask(&memory, "¿Me gusta el café?", 7), "Sí. Te gusta: café.");
}

#[test]
fn each_way_to_forget() {
    type Check = (&'static str, fn(&mut Memory<SqliteStore>) -> Request);
    let cases: [Check; 5] = [
        ("by id", |memory| {
            let facts = memory.recall(Some(""), Some("lives_in"), None, States::All, 9).unwrap();
            Request::Fact(facts[0].id)
        }),
        ("by verb", |_| Request::Verb(sarai_memory::Predicate::LivesIn)),
        ("by words", |_| Request::Words("Quuxville".to_owned())),
        ("by source", |_| Request::Source(sarai_memory::Source::Said)),
        ("since", |_| Request::Since(at(0).date())),
    ];
    for (name, request) in cases {
        let folder = folder();
        let mut memory = open(&folder);
        say(&mut memory, "Vivo en Quuxville", 0);
        let request = request(&mut memory);
        let report = memory.forget(&request, at(1)).unwrap();
        assert_eq!(report.facts.len(), 1, "{name}");
        memory.store().scrub(at(2)).unwrap();
        assert_eq!(found(folder.path(), "Quuxville"), [""; 0], "{name}");
        assert_eq!(memory.ask("¿Dónde vivo?", at(3), None).unwrap().facts, [], "{name}");
    }
}

#[test]
fn what_else_a_forgotten_message_said_stays() {
    let folder = folder();
    let mut memory = open(&folder);
    say(&mut memory, "Vivo en Quuxville y soy vegetariano", 0);
    say(&mut memory, "olvida que vivo en Quuxville", 1);
    memory.store().scrub(at(2)).unwrap();
    assert_eq!(found(folder.path(), "Quuxville"), [""; 0]);
    assert_eq!(memory.ask("¿Soy vegetariano?", at(3), None).unwrap().facts.len(), 1);
}

#[test]
fn suggestions_and_what_a_model_reads_just_now_go_too() {
    let folder = folder();
    let mut memory = open(&folder);
    say(&mut memory, "Me tiene enganchado tallar Quuxófonos", 0);
    say(&mut memory, "Me tiene hasta las narices el polvo de Quuxófono", 1);
    let Looked::Found(first) = memory.look().unwrap() else { panic!("the first is unread") };
    assert_eq!(memory.judge(&first, "yo | hobby | tallar Quuxófonos").unwrap(), [Verdict::Suggested]);
    assert_eq!(memory.suggestions().unwrap().len(), 1);
    let Looked::Found(second) = memory.look().unwrap() else { panic!("the second is unread") };
    memory.store().backup(at(2)).unwrap();
    assert!(!found(folder.path(), "Quux").is_empty());
    memory.forget(&Request::Words("Quuxófonos".to_owned()), at(3)).unwrap();
    memory.store().scrub(at(3)).unwrap();
    assert_eq!(memory.judge(&second, "yo | dislikes | Quuxófono").unwrap(), []);
    assert_eq!(memory.suggestions().unwrap(), []);
    assert_eq!(found(folder.path(), "Quux"), [""; 0]);
}

#[test]
fn an_export_has_no_suggestions_and_they_outlive_a_restart() {
    let folder = folder();
    let mut memory = open(&folder);
    say(&mut memory, "Me tiene enganchado tallar madera de boj", 0);
    let Looked::Found(asked) = memory.look().unwrap() else { panic!("it is unread") };
    let answer = "yo | hobby | tallar madera\nyo | likes | madera de boj";
    assert_eq!(memory.judge(&asked, answer).unwrap(), [Verdict::Suggested, Verdict::Suggested]);
    let exported = lines::export(&memory).unwrap().join("\n");
    assert!(exported.contains("episode") && !exported.contains("hobby"), "{exported}");
    let before = memory.suggestions().unwrap();
    drop(memory);
    let mut memory = open(&folder);
    assert_eq!(memory.suggestions().unwrap(), before);
    assert_eq!(memory.look().unwrap(), Looked::Nothing);
    let judged: Vec<(String, u64)> = memory.store().judged().unwrap().into_iter().collect();
    assert_eq!(judged, [("suggested".to_owned(), 2)]);
    memory.accept(before[1].id, at(1)).unwrap();
    memory.dismiss(before[0].id).unwrap();
    assert_eq!(memory.suggestions().unwrap(), []);
    assert_eq!(memory.ask("¿Qué me gusta?", at(2), None).unwrap().facts.len(), 1);
}

/// A vector says nearly what its text says.
#[test]
fn no_vector_outlives_its_message() {
    let folder = folder();
    let mut memory = open(&folder);
    say(&mut memory, "Lo de mi cuñada con el barco acabó fatal", 0);
    let vector: Vec<f32> = (1_u8..=64).map(|n| f32::from(n % 13) - 6.2).collect();
    let bytes = Embedding::new(&vector).unwrap().bytes().to_vec();
    let ToEmbed::Found(asked) = memory.unembedded("a").unwrap() else { panic!("nothing to embed") };
    memory.embed(&asked, std::slice::from_ref(&vector)).unwrap();
    memory.store().backup(at(1)).unwrap();
    assert!(holds(folder.path(), &bytes), "it was never there");
    assert_eq!(memory.near(&vector, at(2).date()).unwrap().len(), 1);
    memory.forget(&Request::Words("barco".to_owned()), at(2)).unwrap();
    memory.store().scrub(at(3)).unwrap();
    assert!(!holds(folder.path(), &bytes));
    assert_eq!(memory.near(&vector, at(4).date()).unwrap(), []);
}

fn holds(folder: &Path, needle: &[u8]) -> bool {
    folder.read_dir().unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        fs_err::read(&path).unwrap().windows(needle.len()).any(|window| window == needle)
    })
}
