//! What tokens mean: how each is written, and whether two models mean the same by them.

use llama_cpp_sys_2 as sys;
use sarai_engine::speculate::session::Vocabulary;
use sha2::{Digest, Sha256};

use super::{Control, Model};

/// The attributes that decide what a token is. The others only say how a tokeniser treats the text around it, and differ
/// between files of one family.
const KINDS: sys::llama_token_attr = sys::LLAMA_TOKEN_ATTR_UNKNOWN
    | sys::LLAMA_TOKEN_ATTR_UNUSED
    | sys::LLAMA_TOKEN_ATTR_NORMAL
    | sys::LLAMA_TOKEN_ATTR_CONTROL
    | sys::LLAMA_TOKEN_ATTR_USER_DEFINED
    | sys::LLAMA_TOKEN_ATTR_BYTE;

impl Model {
    /// Equal for two models in which each id is the same bytes and of the same kind. Ids at the end that nobody uses are
    /// left out: files of one family are padded to different lengths.
    pub(crate) fn vocabulary_sha256(&self) -> String {
        let used = (0..self.vocabulary()).rev().find(|&t| self.kind(t) & sys::LLAMA_TOKEN_ATTR_UNUSED == 0);
        let mut digest = Sha256::new();
        for token in used.map_or(0..0, |last| 0..last + 1) {
            let spelling = self.spell(token);
            digest.update((spelling.len() as u64).to_le_bytes());
            digest.update(&spelling);
            digest.update(u64::from(self.kind(token)).to_le_bytes());
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn kind(&self, token: u32) -> sys::llama_token_attr {
        let Ok(token) = i32::try_from(token) else { return sys::LLAMA_TOKEN_ATTR_UNDEFINED };
        // SAFETY: reads the vocabulary; the token is in its range.
        KINDS & unsafe { sys::llama_vocab_get_attr(self.vocab.as_ptr(), token) }
    }
}

impl Vocabulary for Model {
    fn size(&self) -> u32 {
        self.vocabulary()
    }

    fn spell(&self, token: u32) -> Vec<u8> {
        self.piece(token, true)
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        Self::tokenize(self, text, Control::Literal)
    }
}
