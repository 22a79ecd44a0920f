//! Chat templates: one from outside ends and stays within its limits; and none lets a message say a control token.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sarai_engine::template::{CHATML, ChatTemplate, LocalTime, Piece, SpecialTokens};
use sarai_types::{Conversation, Message, Role, SEQUENCE_TEXT_MAX};

const TEMPLATE_BYTES_MAX: usize = 4096;
const MESSAGES_MAX: usize = 8;
const START: &str = "<|im_start|>";
const END: &str = "<|im_end|>";

static OWN: LazyLock<ChatTemplate> = LazyLock::new(|| ChatTemplate::compile(CHATML, special()).expect("it is ours"));

fn special() -> SpecialTokens {
    let [bos, eos] = ["<s>", END].map(str::to_owned);
    SpecialTokens { control: vec![bos.clone(), eos.clone(), START.to_owned()], bos, eos }
}

/// Roles in turn; the texts as they come.
fn conversation(texts: &[&str]) -> Conversation {
    let roles = [Role::System, Role::User, Role::Assistant, Role::Tool].into_iter().cycle();
    let messages = roles.zip(texts).map(|(role, text)| Message::new(role, *text)).collect();
    Conversation { messages, tools: Vec::new() }
}

// A template and the messages, with a line `---` between them.
fuzz_target!(|input: &str| {
    let mut texts = input.split("\n---\n");
    let source = texts.next().unwrap_or_default();
    let texts: Vec<&str> = texts.take(MESSAGES_MAX).collect();
    let conversation = conversation(&texts);

    let pieces = OWN.render(&conversation, None).expect("short messages have a prompt");
    let control = |mark: &str| -> usize {
        let template = pieces.iter().filter(|piece| matches!(piece, Piece::Template(_)));
        template.map(|piece| piece.text().matches(mark).count()).sum()
    };
    assert_eq!((control(START), control(END), control("<s>")), (texts.len() + 1, texts.len(), 0), "{pieces:?}");
    let text: String = pieces.iter().map(Piece::text).collect();
    assert!(texts.iter().all(|said| text.contains(said)), "{text:?}");

    if source.len() <= TEMPLATE_BYTES_MAX
        && let Ok(template) = ChatTemplate::compile(source, special())
    {
        let now = LocalTime { year: 2026, month: 2, day: 28, hour: 23, minute: 59, second: 60 };
        if let Ok(pieces) = template.render(&conversation, Some(now)) {
            assert!(pieces.iter().map(|piece| piece.text().len()).sum::<usize>() <= SEQUENCE_TEXT_MAX);
        }
    }
});
