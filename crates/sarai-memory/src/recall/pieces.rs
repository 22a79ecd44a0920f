//! The pieces of a message that may be quoted, and what in it says nothing.

use crate::extract::{Context, Message, Reason, Speaker, extract, tells_story};
use crate::fact::Episode;
use crate::text::{Ending, Token, sentences, tokens};
use crate::words;

/// Tokens of a message that are looked at.
pub(super) const TOKENS_MAX: usize = 1000;
/// Words of the shortest thought that says something by itself.
const WORDS_MIN: usize = 3;
/// Sentences that one quotation joins.
const JOINED_MAX: usize = 2;
/// Tokens of a sentence that is looked at in parts as well.
const BREATH: usize = 24;

/// Behind a comma they open another thought.
const JOINTS: &[&str] = &["and", "but", "while", "y", "e", "pero", "mientras"];

/// Ranges that follow each other, alone and joined.
pub(super) fn joined(bounds: &[(usize, usize)]) -> impl Iterator<Item = (usize, usize)> {
    (1..=JOINED_MAX).flat_map(|count| bounds.windows(count).map(move |piece| (piece[0].0, piece[count - 1].1)))
}

/// The thoughts of sentences: all are parted where a comma and «y», "but" open another, long ones by every comma, since who
/// tells of a whole day says many things in one breath.
pub(super) fn thoughts(all: &[Token], sentences: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for &(first, last) in sentences {
        let long = last - first >= BREATH;
        let opens = |at: usize| all.get(at).is_some_and(|token| JOINTS.contains(&token.fold.as_str()));
        let parts = |at: usize| all[at].is(";") || all[at].is(",") && (long || opens(at + 1));
        let mut from = first;
        for end in (first..last).filter(|&at| parts(at)).chain([last]) {
            out.extend((end > from).then_some((from, end)));
            from = end + 1;
        }
    }
    out
}

/// What of a message says something by itself: its sentences, and the thoughts of long ones. In bytes.
pub(crate) fn told(episode: &Episode) -> Vec<(usize, usize)> {
    let all = tokens(&episode.text, TOKENS_MAX);
    let list = sentences(&all, &episode.text);
    let said: Vec<(usize, usize)> =
        list.iter().filter(|s| s.ending != Ending::Question).map(|s| (s.first, s.last)).collect();
    let unsaid = unsaid(episode, false);
    let says = |part: &[Token]| part.iter().filter(|token| token.is_word()).count() >= WORDS_MIN;
    let parts = thoughts(&all, &said).into_iter().filter(|(first, last)| says(&all[*first..*last]));
    let spans = parts.map(|(first, last)| (all[first].start, all[last - 1].end));
    spans.filter(|span| !overlaps(&unsaid, *span)).collect()
}

/// Whether one of the spans has something of this one.
pub(super) fn overlaps(spans: &[(usize, usize)], span: (usize, usize)) -> bool {
    spans.iter().any(|other| other.0 < span.1 && span.0 < other.1)
}

/// Whether somebody says something in the message.
fn says(episode: &Episode) -> bool {
    let said = tokens(&episode.text, TOKENS_MAX);
    !tells_story(&said)
        && said.iter().any(|token| {
            let forms = words::forms(episode.language, &token.lower, &token.fold);
            forms.iter().any(|form| ["decir", "contar", "comentar", "say", "tell"].contains(&form.lemma))
        })
}

/// The parts of a message that say nothing themselves: somebody asks, supposes, quotes or tells them of others there.
/// Where those others are asked about, what they said counts: it is quoted with who said it.
pub(super) fn unsaid(episode: &Episode, of_others: bool) -> Vec<(usize, usize)> {
    let message = Message {
        text: &episode.text,
        at: episode.recorded,
        speaker: Speaker::Owner,
        language: Some(episode.language),
    };
    let read = extract(message, &Context::default(), &|_| false);
    let attributed = of_others && says(episode);
    let doubtful = |reason: Reason| match reason {
        Reason::Ambiguous | Reason::Forgotten => false,
        Reason::Quotation | Reason::Reported => !attributed,
        Reason::NotTheOwner
        | Reason::Question
        | Reason::Hypothesis
        | Reason::Uncertain
        | Reason::Command
        | Reason::Material
        | Reason::Joke
        | Reason::Secret
        | Reason::TooLong => true,
    };
    read.skipped.iter().filter(|skipped| doubtful(skipped.reason)).map(|skipped| skipped.span).collect()
}
