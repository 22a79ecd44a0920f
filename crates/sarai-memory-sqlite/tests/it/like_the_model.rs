//! Any sequence of saying, correcting, taking back, forgetting, importing and restarting leaves the file and the model in
//! memory with the same facts.

use proptest::prelude::*;
use sarai_memory::{Embedding, Filter, InMemory, Looked, Memory, Request, States, Store, ToEmbed};
use sarai_memory_sqlite::{SqliteStore, lines};

use super::{ask, at, folder, say};

#[derive(Debug, Clone)]
enum Action {
    Say(String),
    Ask(String),
    Forget(String),
    Restart,
    Import,
    Rotate,
    Dedup,
    /// A model answers about the next sentence that was not understood.
    Read(&'static str),
    /// A model gives the next messages their vectors.
    Embed(&'static str),
    /// The owner decides about the oldest suggestion.
    Decide {
        accepts: bool,
    },
}

fn place() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["Madrid", "Lugo", "Oslo", "Quito"])
}

fn person() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Mi hermana",
        "Mi hermano Luis",
        "Ana",
        "Mi prima Ana",
        "Mi jefe",
        "La madre de mi marido",
    ])
}

fn action() -> impl Strategy<Value = Action> {
    let thing = prop::sample::select(vec!["el café", "los gatos", "el cine", "nadar"]);
    prop_oneof![
        4 => (person(), place()).prop_map(|(who, place)| Action::Say(format!("{who} vive en {place}"))),
        2 => place().prop_map(|place| Action::Say(format!("Me he mudado a {place}"))),
        1 => place().prop_map(|place| Action::Say(format!("Ya no vivo en {place}"))),
        1 => place().prop_map(|place| Action::Say(format!("No, perdona, en {place}"))),
        1 => place().prop_map(|place| Action::Say(format!("Antes vivía en {place}"))),
        2 => thing.clone().prop_map(|thing| Action::Say(format!("Me gusta {thing}"))),
        2 => thing.prop_map(|thing| Action::Say(format!("Ya no me gusta {thing}"))),
        1 => Just(Action::Say("Tengo dos hijos, Marta y Pablo".to_owned())),
        1 => Just(Action::Say("Mi hermana se llama Eva".to_owned())),
        1 => Just(Action::Say("Olvida todo sobre Ana".to_owned())),
        1 => place().prop_map(|place| Action::Say(format!("Olvida que vivo en {place}"))),
        1 => Just(Action::Say("Olvida todo lo que sabes de mí".to_owned())),
        3 => person().prop_map(|who| Action::Ask(format!("¿Dónde vive {}?", who.replace("Mi", "mi").replace("La", "la")))),
        1 => Just(Action::Ask("¿Qué me gusta?".to_owned())),
        1 => place().prop_map(|place| Action::Forget(place.to_owned())),
        1 => Just(Action::Restart),
        1 => Just(Action::Import),
        1 => Just(Action::Rotate),
        1 => Just(Action::Dedup),
        2 => prop::sample::select(vec!["la novela negra", "el cine", "nadar en Oslo"])
            .prop_map(|thing| Action::Say(format!("Me tiene enganchado {thing}"))),
        1 => Just(Action::Say("Me las apaño con el idioma galés".to_owned())),
        3 => prop::sample::select(vec![
            "yo | likes | novela negra", "yo | hobby | cine", "yo | goal | nadar en Oslo", "yo | speaks | galés",
            "yo | owns | Oslo", "nothing", "",
        ]).prop_map(Action::Read),
        3 => prop::sample::select(vec!["a", "a", "a", "b"]).prop_map(Action::Embed),
        2 => any::<bool>().prop_map(|accepts| Action::Decide { accepts }),
    ]
}

fn all<S: Store>(store: &S) -> Vec<sarai_memory::Fact> {
    store.facts(&Filter { states: States::All, ..Filter::default() }).unwrap()
}

/// Some vector for each text.
fn vector(text: &str) -> Vec<f32> {
    (0_u8..6)
        .map(|at| f32::from(text.bytes().fold(at, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte))) - 127.5)
        .collect()
}

/// The vectors of the next few messages.
fn embed<S: Store>(memory: &mut Memory<S>, model: &str) -> Vec<ToEmbed> {
    let mut out = Vec::new();
    for _ in 0..3 {
        let wanted = memory.unembedded(model).unwrap();
        if let ToEmbed::Found(asked) = &wanted {
            let vectors: Vec<Vec<f32>> = asked.texts.iter().map(|text| vector(text)).collect();
            memory.embed(asked, &vectors).unwrap();
        }
        out.push(wanted);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_file_does_what_the_model_does(actions in prop::collection::vec(action(), 1..25)) {
        let folder = folder();
        let mut file = Memory::new(SqliteStore::open(folder.path()).unwrap().0);
        let mut model = Memory::new(InMemory::new());
        let mut exported = String::new();
        for (minute, action) in (0..).zip(&actions) {
            match action {
                Action::Say(text) => prop_assert_eq!(say(&mut file, text, minute), say(&mut model, text, minute)),
                Action::Ask(text) => prop_assert_eq!(ask(&file, text, minute), ask(&model, text, minute)),
                Action::Forget(words) => {
                    let request = Request::Words(words.clone());
                    prop_assert_eq!(file.forget(&request, at(minute)).unwrap(), model.forget(&request, at(minute)).unwrap());
                }
                Action::Restart => {
                    drop(file);
                    file = Memory::new(SqliteStore::open(folder.path()).unwrap().0);
                    model.new_conversation();
                }
                Action::Import if exported.is_empty() => exported = lines::export(&model).unwrap().join("\n"),
                Action::Import => {
                    let ours = lines::import(&mut file, &exported, lines::BadLines::Refuse, at(minute)).unwrap();
                    prop_assert_eq!(ours, lines::import(&mut model, &exported, lines::BadLines::Refuse, at(minute)).unwrap());
                }
                Action::Rotate => {
                    let today = at(minute).date().plus_days(2);
                    prop_assert_eq!(file.rotate(1, today).unwrap(), model.rotate(1, today).unwrap());
                }
                Action::Dedup => prop_assert_eq!(file.dedup().unwrap(), model.dedup().unwrap()),
                Action::Read(answer) => {
                    let asked = file.look().unwrap();
                    prop_assert_eq!(&asked, &model.look().unwrap());
                    if let Looked::Found(asked) = asked {
                        prop_assert_eq!(file.judge(&asked, answer).unwrap(), model.judge(&asked, answer).unwrap());
                    }
                }
                Action::Embed(by) => prop_assert_eq!(embed(&mut file, by), embed(&mut model, by)),
                Action::Decide { accepts } => {
                    if let Some(first) = model.suggestions().unwrap().first().map(|first| first.id) {
                        if *accepts {
                            let (ours, theirs) = (file.accept(first, at(minute)), model.accept(first, at(minute)));
                            prop_assert_eq!(ours.ok(), theirs.ok());
                        } else {
                            file.dismiss(first).unwrap();
                            model.dismiss(first).unwrap();
                        }
                    }
                }
            }
            prop_assert_eq!(file.suggestions().unwrap(), model.suggestions().unwrap(), "after {:?}", action);
            prop_assert_eq!(file.store().judged().unwrap(), model.store().judged().unwrap());
            prop_assert_eq!(all(file.store()), all(model.store()), "after {:?}", action);
            let asked = vector("¿Dónde vive Ana?");
            let direction = Embedding::new(&asked).unwrap();
            prop_assert_eq!(file.store().nearest(&direction, 9).unwrap(), model.store().nearest(&direction, 9).unwrap());
            prop_assert_eq!(file.near(&asked, at(minute).date()).unwrap(), model.near(&asked, at(minute).date()).unwrap());
        }
        prop_assert_eq!(file.store().integrity().unwrap(), None);
    }
}
