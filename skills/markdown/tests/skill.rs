//! The skill as the daemon sees it: on a socket, with a model that follows a script.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and tables are long"
)]

use std::path::Path;

use proptest::prelude::*;
use sarai_engine::grammar::{Checker, Verdict};
use sarai_proto::host::v1::RefusalReason;
use sarai_skill_markdown::{GRAMMAR, Lines, Markdown};
use sarai_skill_sdk::testing::{Rig, Scripted, request};
use sarai_types::{Grammar, GrammarKind};
use tonic::Code;

/// What comes of a model's pieces.
async fn ask(script: Scripted, text: &str) -> Result<String, (Code, String)> {
    let rig = Rig::start::<Markdown>(Path::new(env!("CARGO_MANIFEST_DIR")), [script]).await.unwrap();
    let answer = rig.ask(text).await.map(|answer| answer.text);
    rig.stop().await.unwrap();
    answer.map_err(|status| (status.code(), status.message().to_owned()))
}

fn pieces(text: &str) -> Vec<String> {
    text.split_inclusive(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn notes() {
    let note = "# Compra\n\n- Pan\n- Leche **sin** lactosa\n";
    assert_eq!(ask(Scripted::Says(pieces(note)), "apunta pan y leche").await.unwrap(), note);
    let cut = ask(Scripted::CutOff(pieces("# Compra\n\n- Pan\n- Leche **si")), "apunta pan y leche").await;
    assert_eq!(cut.unwrap(), "# Compra\n\n- Pan\n");
}

#[tokio::test]
async fn what_cannot_be_noted() {
    let says = Scripted::Says(pieces("# A\n"));
    let declined = |sentence: &str| Err((Code::FailedPrecondition, sentence.to_owned()));
    assert_eq!(ask(says, " \n").await, declined("¿Qué quieres que anote o que resuma?"));
    let long = ask(Scripted::Refuses(RefusalReason::TooLong, 0), "resume esto").await;
    assert_eq!(long, declined("Ese texto es demasiado largo para leerlo de una vez. Envíalo por partes."));
    let busy = ask(Scripted::Refuses(RefusalReason::Busy, 100), "resume esto").await;
    assert_eq!(busy.unwrap_err().0, Code::ResourceExhausted);
}

#[tokio::test]
async fn what_the_model_is_asked() {
    let rig =
        Rig::start::<Markdown>(Path::new(env!("CARGO_MANIFEST_DIR")), [Scripted::Says(pieces("# A\n"))]).await.unwrap();
    let mut english = request("note: buy bread", "");
    english.language = "en".to_owned();
    rig.infer(english).await.unwrap();
    let asked = &rig.asked()[0];
    assert!(asked.messages[0].text.starts_with("You write notes and summaries in Markdown, in English."));
    assert_eq!(asked.messages[1].text, "note: buy bread");
    assert_eq!(asked.grammar.as_ref().map(|grammar| grammar.source.as_str()), Some(GRAMMAR));
    rig.stop().await.unwrap();
}

/// Wherever an answer that keeps to the grammar is cut off, what is said keeps to it too.
#[test]
fn what_is_cut_off_keeps_to_the_grammar() {
    let grammar = Grammar { kind: GrammarKind::Gbnf, source: GRAMMAR.to_owned() };
    let text = "# Una *nota*\n\nCon [enlace](https://example.org/a) y `código`.\nSigue.\n\n- uno\n  - dos **tres**\n\n```sh\nls -l\n\n\
                cd\n```\n\n| a | b |\n| - | - |\n| 1 | *2* |\n\n> cita\n";
    let mut checker = Checker::new().unwrap();
    assert_eq!(checker.check(&grammar, text.as_bytes()).unwrap(), Verdict::Accepted);
    for (cut, _) in text.char_indices().filter(|(at, _)| text[..*at].contains('\n')) {
        let mut lines = Lines::default();
        let said = lines.push(&text[..cut]) + &lines.finish();
        let said = said.trim_end_matches('\n').to_owned() + "\n";
        // A table needs its divider; without it, it is a header alone.
        if said.ends_with("| a | b |\n") {
            continue;
        }
        assert_eq!(checker.check(&grammar, said.as_bytes()).unwrap(), Verdict::Accepted, "{said:?}");
    }
}

proptest! {
    /// The words of the person are a message of their own, whatever is in them.
    #[test]
    fn any_request(text in "\\PC{1,60}") {
        prop_assume!(!text.trim().is_empty());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let rig = Rig::start::<Markdown>(Path::new(env!("CARGO_MANIFEST_DIR")), [Scripted::Says(pieces("# A\n"))]).await.unwrap();
            rig.ask(&text).await.unwrap();
            assert_eq!(rig.asked()[0].messages[1].text, text.trim());
        });
    }
}
