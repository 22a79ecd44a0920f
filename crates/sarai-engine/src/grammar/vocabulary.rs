//! The tokens of a model, as a tree of bytes, and the model's own way to split texts into them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use toktrie::{TokEnv, TokRxInfo, TokTrie, TokenizerEnv};

use super::GrammarError;

/// The longest text of one token, in bytes, and the most that all texts together may have: what the tree can hold.
const TOKEN_BYTES_MAX: usize = 1 << 10;
const VOCABULARY_BYTES_MAX: usize = (1 << 22) - 1;
const TOKENS_MAX: usize = (1 << 24) - 2;

/// A token as the vocabulary has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenBytes {
    /// What it adds to the text.
    Text(Vec<u8>),
    /// A control token and its spelling, such as `<|im_end|>`; it adds nothing to the text.
    Control(String),
}

/// The tokens of a model, and how it splits texts into them. Cheap to clone.
#[derive(Clone)]
pub struct Vocabulary {
    env: Arc<Env>,
}

type Tokenize = Box<dyn Fn(&str) -> Vec<u32> + Send + Sync>;

struct Env {
    trie: TokTrie,
    controls: BTreeMap<String, u32>,
    tokenize: Tokenize,
}

impl Vocabulary {
    /// `tokens` by their ids; `ends` are the ids that end an answer, the usual one first. `tokenize` must be the model's
    /// own, for a piece of text in the middle of others: no mark of a beginning before it, no blank put in front, and no
    /// control token however the text reads. Where it does not give the bytes of the text, the longest tokens that fit
    /// stand in for it.
    ///
    /// # Errors
    /// No tokens or no ends, an end that is not in the vocabulary, or more than the tree can hold.
    pub fn new(
        tokens: Vec<TokenBytes>,
        ends: &[u32],
        tokenize: impl Fn(&str) -> Vec<u32> + Send + Sync + 'static,
    ) -> Result<Self, GrammarError> {
        let refuse = |why: &str| Err(GrammarError(format!("the vocabulary cannot be used: {why}")));
        let count = match u32::try_from(tokens.len()) {
            Ok(count) if (1..=TOKENS_MAX).contains(&tokens.len()) => count,
            Ok(_) | Err(_) => return refuse("it has no tokens, or too many"),
        };
        if ends.is_empty() || ends.iter().any(|&end| end >= count) {
            return refuse("no token, or one that does not exist, ends an answer");
        }
        let mut controls = BTreeMap::new();
        let mut words = Vec::with_capacity(tokens.len());
        for (id, token) in (0..count).zip(tokens) {
            let word = match token {
                TokenBytes::Control(name) => {
                    let word = control_word(&name);
                    controls.entry(name).or_insert(id);
                    word
                }
                // Text never reaches a token that ends the answer, nor one that is not UTF-8: the byte FF marks the
                // names of control tokens in the tree.
                TokenBytes::Text(bytes) if ends.contains(&id) || bytes.contains(&TokTrie::SPECIAL_TOKEN_MARKER) => {
                    Vec::new()
                }
                TokenBytes::Text(bytes) => bytes,
            };
            words.push(word);
        }
        if words.iter().any(|word| word.len() > TOKEN_BYTES_MAX)
            || words.iter().map(Vec::len).sum::<usize>() > VOCABULARY_BYTES_MAX
        {
            return refuse("its tokens are too long");
        }
        let trie = TokTrie::from(&TokRxInfo::new(count, ends[0]), &words).with_eos_tokens(ends);
        Ok(Self { env: Arc::new(Env { trie, controls, tokenize: Box::new(tokenize) }) })
    }

    /// One token for each byte, and one for the end: for checking without a model.
    #[must_use]
    pub fn bytes() -> Self {
        let words: Vec<Vec<u8>> = (0..=u8::MAX)
            .map(|byte| if byte == TokTrie::SPECIAL_TOKEN_MARKER { Vec::new() } else { vec![byte] })
            .chain([control_word("<end>")])
            .collect();
        let trie = TokTrie::from(&TokRxInfo::new(BYTES_END + 1, BYTES_END), &words);
        let tokenize = Box::new(|text: &str| text.bytes().map(u32::from).collect());
        Self { env: Arc::new(Env { trie, controls: BTreeMap::new(), tokenize }) }
    }

    pub(super) fn env(&self) -> TokEnv {
        Arc::clone(&self.env) as TokEnv
    }

    pub(super) fn ends(&self) -> &[u32] {
        self.env.trie.eos_tokens()
    }

    pub(super) fn len(&self) -> usize {
        self.env.trie.vocab_size()
    }

    /// The control token that is spelled like this.
    pub(super) fn control(&self, name: &str) -> Option<u32> {
        self.env.controls.get(name).copied()
    }
}

/// The token that ends an answer in [`Vocabulary::bytes`].
const BYTES_END: u32 = 256;

/// How a control token stands in the tree: where grammars can name it, and no text can reach it. Names that a grammar
/// has no syntax for are reached by their numbers alone.
fn control_word(name: &str) -> Vec<u8> {
    let inner = name.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    match inner {
        Some(inner)
            if !inner.is_empty() && !inner.contains(|c: char| matches!(c, '<' | '>' | '[') || c.is_whitespace()) =>
        {
            [&[TokTrie::SPECIAL_TOKEN_MARKER], name.as_bytes()].concat()
        }
        Some(_) | None => Vec::new(),
    }
}

impl TokenizerEnv for Env {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| {
            let tokens = (self.tokenize)(text);
            let said = tokens.iter().flat_map(|&token| self.trie.token(token));
            if said.eq(text.as_bytes()) { tokens } else { self.trie.greedy_tokenize(text.as_bytes()) }
        })
    }
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vocabulary").field("tokens", &self.len()).field("ends", &self.ends()).finish_non_exhaustive()
    }
}
