//! Reads what a GGUF file says about itself, and whether it is whole, without loading it.
//!
//! The layout is that of the GGUF specification, versions 2 and 3, little-endian: magic, version, counts, metadata
//! key/values, tensor infos, then aligned tensor data. The reader walks the head once, keeps only what [`Header`]
//! holds, and skips the rest through a small fixed buffer, so a hostile file costs neither memory nor a panic.
//!
//! It never judges whether llama.cpp supports the architecture; loading says that.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use sarai_types::Notice;

mod tensor_type;
pub use tensor_type::TensorType;

/// Metadata keys in one file; real ones have about 30.
const KEYS_MAX: u64 = 4096;
/// Bytes in a key; the specification says 65,535, real ones have about 40.
const KEY_BYTES_MAX: u64 = 1024;
/// Bytes in a string that is kept. The longest real one is a chat template of some 20 kB.
const STRING_BYTES_MAX: u64 = 1 << 20;
/// Elements of an array; vocabularies have up to about 300,000.
const ARRAY_LEN_MAX: u64 = 1 << 23;
/// Tensors in one file; large mixtures of experts have a few thousand.
const TENSORS_MAX: u64 = 1 << 17;
/// Bytes of the whole head, vocabulary included; real ones have up to about 30 MB.
const HEAD_BYTES_MAX: u64 = 256 << 20;
/// Layers whose figures are kept one by one.
const LAYERS_MAX: u32 = 4096;
const DIMENSIONS_MAX: u32 = 4;
const ALIGNMENT_DEFAULT: u64 = 32;
const ALIGNMENT_MAX: u64 = 1 << 20;

/// Why a file is not a model that can be used.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    #[error("the file begins with {0:02x?}, not with GGUF")]
    Magic([u8; 4]),
    #[error("GGUF version {0} is not supported, only 2 and 3")]
    Version(u32),
    #[error("the file is cut off: it has {actual} bytes and needs {needed} or more")]
    Truncated { needed: u64, actual: u64 },
    #[error("{what} is {value}, more than {max}")]
    Absurd { what: &'static str, value: u64, max: u64 },
    #[error("{0} is malformed")]
    Malformed(&'static str),
    #[error("the file does not state {0}")]
    Missing(&'static str),
    #[error("tensor type {0} is not known")]
    UnknownTensorType(u32),
    #[error("the model is split into {0} files; only whole ones are supported")]
    Split(u64),
}

impl GgufError {
    /// The sentence for the person; whoever knows the file's name adds it as `file`.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Read(error) => Notice::new("models-gguf-unreadable").arg("reason", error),
            Self::Magic(_) => Notice::new("models-gguf-magic"),
            Self::Version(version) => Notice::new("models-gguf-version").arg("version", version),
            Self::Truncated { needed, actual } => {
                Notice::new("models-gguf-truncated").arg("needed", needed).arg("actual", actual)
            }
            Self::Absurd { .. } | Self::Malformed(_) | Self::Missing(_) => {
                Notice::new("models-gguf-broken").arg("reason", self)
            }
            Self::UnknownTensorType(id) => Notice::new("models-gguf-tensor-type").arg("type", id),
            Self::Split(count) => Notice::new("models-gguf-split").arg("count", count),
        }
    }
}

/// What a model file states about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub version: u32,
    /// llama.cpp's name of the architecture, such as `qwen2`.
    pub architecture: String,
    pub name: Option<String>,
    /// llama.cpp's number for the mix of quantisations of the whole file; see [`Header::file_type_name`].
    pub file_type: Option<u32>,
    /// Tokens that the model was trained to look back on.
    pub context_length: u32,
    pub embedding_length: u32,
    pub feed_forward_length: u32,
    /// Heads of the widest layer.
    pub head_count: u32,
    /// Key/value heads of each layer, one number a layer; 0 for a layer without attention.
    pub head_count_kv: Vec<u32>,
    /// Numbers in one key, and in one value, of one head.
    pub key_length: u32,
    pub value_length: u32,
    /// Tokens in the vocabulary.
    pub vocabulary_size: u32,
    /// The Jinja text that turns a conversation into a prompt.
    pub chat_template: Option<String>,
    pub tensor_count: u64,
    /// Weights in all tensors.
    pub parameter_count: u64,
    /// Bytes in the tensors of each type.
    pub tensor_bytes: BTreeMap<TensorType, u64>,
    /// Bytes in the tensors that llama.cpp's CPU back end can also lay out anew (see [`crate::WeightLayout`]).
    pub repackable_bytes: u64,
    /// Bytes that the whole file needs at least.
    pub file_bytes_min: u64,
}

impl Header {
    /// Reads the head of the file at `path` and compares it with the file's length.
    ///
    /// # Errors
    /// If the file cannot be read, is not GGUF, is damaged or is cut off.
    pub fn of_file(path: &Path) -> Result<Self, GgufError> {
        let file = fs_err::File::open(path).map_err(GgufError::Read)?;
        let file_bytes = file.metadata().map_err(GgufError::Read)?.len();
        Self::read(io::BufReader::with_capacity(1 << 16, file), file_bytes)
    }

    /// Reads the head of a file that is `file_bytes` long. Takes at most 256 MiB from `reader`; use a buffered one.
    ///
    /// # Errors
    /// As [`Header::of_file`].
    pub fn read(reader: impl Read, file_bytes: u64) -> Result<Self, GgufError> {
        let mut input = Input { reader, at: 0, file_bytes };
        let magic = input.array::<4>()?;
        if magic != *b"GGUF" {
            return Err(GgufError::Magic(magic));
        }
        let version = input.u32()?;
        if !(2..=3).contains(&version) {
            return Err(GgufError::Version(version));
        }
        let tensor_count = at_most("the number of tensors", input.u64()?, TENSORS_MAX)?;
        let key_count = at_most("the number of metadata keys", input.u64()?, KEYS_MAX)?;
        let mut facts = Facts::default();
        for _ in 0..key_count {
            facts.read_one(&mut input)?;
        }
        let tensors = Tensors::read(&mut input, tensor_count, facts.alignment()?)?;
        if tensors.end > file_bytes {
            return Err(GgufError::Truncated { needed: tensors.end, actual: file_bytes });
        }
        facts.into_header(version, tensor_count, tensors)
    }

    #[must_use]
    pub fn block_count(&self) -> usize {
        self.head_count_kv.len()
    }

    /// The type that most bytes are stored as; none if there are no tensors.
    #[must_use]
    pub fn quantisation(&self) -> Option<TensorType> {
        self.tensor_bytes.iter().max_by_key(|(_, bytes)| **bytes).map(|(kind, _)| *kind)
    }

    /// The usual name of the file type (`Q4_K_M`), for the types that people download.
    #[must_use]
    pub fn file_type_name(&self) -> Option<&'static str> {
        Some(match self.file_type? {
            0 => "F32",
            1 => "F16",
            2 => "Q4_0",
            3 => "Q4_1",
            7 => "Q8_0",
            8 => "Q5_0",
            9 => "Q5_1",
            10 => "Q2_K",
            11 => "Q3_K_S",
            12 => "Q3_K_M",
            13 => "Q3_K_L",
            14 => "Q4_K_S",
            15 => "Q4_K_M",
            16 => "Q5_K_S",
            17 => "Q5_K_M",
            18 => "Q6_K",
            25 => "IQ4_NL",
            30 => "IQ4_XS",
            32 => "BF16",
            _ => return None,
        })
    }
}

fn at_most(what: &'static str, value: u64, max: u64) -> Result<u64, GgufError> {
    if value <= max { Ok(value) } else { Err(GgufError::Absurd { what, value, max }) }
}

/// Little-endian values out of a reader, counted and bounded.
struct Input<R> {
    reader: R,
    at: u64,
    file_bytes: u64,
}

impl<R: Read> Input<R> {
    /// Accounts for `n` more bytes before anybody reads them.
    fn advance(&mut self, n: u64) -> Result<(), GgufError> {
        let end = self.at.saturating_add(n);
        if end > self.file_bytes {
            return Err(GgufError::Truncated { needed: end, actual: self.file_bytes });
        }
        self.at = at_most("the length of the head", end, HEAD_BYTES_MAX)?;
        Ok(())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), GgufError> {
        self.advance(bytes.len() as u64)?;
        self.read_exact(bytes)
    }

    fn read_exact(&mut self, bytes: &mut [u8]) -> Result<(), GgufError> {
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            // The file became shorter than it said.
            io::ErrorKind::UnexpectedEof => GgufError::Truncated { needed: self.at, actual: self.file_bytes },
            _ => GgufError::Read(error),
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn skip(&mut self, mut n: u64) -> Result<(), GgufError> {
        self.advance(n)?;
        let mut sink = [0; 4096];
        while n > 0 {
            let step = usize::try_from(n).unwrap_or(usize::MAX).min(sink.len());
            self.read_exact(&mut sink[..step])?;
            n -= step as u64;
        }
        Ok(())
    }

    fn string(&mut self, what: &'static str, max: u64) -> Result<String, GgufError> {
        let len = at_most(what, self.u64()?, max)?;
        // Memory is taken only after the file is known to be long enough.
        if len > self.file_bytes - self.at {
            return Err(GgufError::Truncated { needed: self.at + len, actual: self.file_bytes });
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| GgufError::Malformed(what))?];
        self.fill(&mut bytes)?;
        String::from_utf8(bytes).map_err(|_| GgufError::Malformed(what))
    }

    fn skip_string(&mut self) -> Result<(), GgufError> {
        let len = self.u64()?;
        self.skip(len)
    }
}

/// The numbers of the value types in the specification.
mod value_type {
    pub(super) const U8: u32 = 0;
    pub(super) const I8: u32 = 1;
    pub(super) const U16: u32 = 2;
    pub(super) const I16: u32 = 3;
    pub(super) const U32: u32 = 4;
    pub(super) const I32: u32 = 5;
    pub(super) const F32: u32 = 6;
    pub(super) const BOOL: u32 = 7;
    pub(super) const STRING: u32 = 8;
    pub(super) const ARRAY: u32 = 9;
    pub(super) const U64: u32 = 10;
    pub(super) const I64: u32 = 11;
    pub(super) const F64: u32 = 12;

    /// Bytes of a number; none for strings, arrays and unknown types.
    pub(super) fn bytes(kind: u32) -> Option<u64> {
        match kind {
            U8 | I8 | BOOL => Some(1),
            U16 | I16 => Some(2),
            U32 | I32 | F32 => Some(4),
            U64 | I64 | F64 => Some(8),
            _ => None,
        }
    }
}

/// The wanted metadata, as it comes. Keys of the architecture are kept under their last part, because the key that
/// names the architecture need not stand first.
#[derive(Default)]
struct Facts {
    texts: BTreeMap<&'static str, String>,
    /// One number, or one a layer.
    numbers: BTreeMap<(String, &'static str), Vec<u64>>,
    vocabulary_size: u64,
}

const ARCHITECTURE: &str = "general.architecture";
const NAME: &str = "general.name";
const TEMPLATE: &str = "tokenizer.chat_template";
const TOKENS: &str = "tokenizer.ggml.tokens";
const TEXT_KEYS: [&str; 3] = [ARCHITECTURE, NAME, TEMPLATE];
/// Numbers, by what follows the first part of the key (`qwen2.` or `general.`).
const NUMBER_KEYS: [&str; 12] = [
    "alignment",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "block_count",
    "context_length",
    "count",
    "embedding_length",
    "feed_forward_length",
    "file_type",
    "vocab_size",
];

impl Facts {
    fn read_one<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), GgufError> {
        let key = input.string("the length of a key", KEY_BYTES_MAX)?;
        let kind = input.u32()?;
        if let Some(text_key) = TEXT_KEYS.iter().find(|k| **k == key) {
            if kind != value_type::STRING {
                return Err(GgufError::Malformed(text_key));
            }
            let text = input.string("the length of a text", STRING_BYTES_MAX)?;
            self.texts.insert(text_key, text);
            return Ok(());
        }
        if key == TOKENS {
            self.vocabulary_size = skip_value(input, kind)?;
            return Ok(());
        }
        let (scope, rest) = key.split_once('.').unwrap_or_default();
        match NUMBER_KEYS.iter().find(|k| **k == rest) {
            Some(number_key) => {
                let numbers = read_numbers(input, kind)?;
                self.numbers.insert((scope.to_owned(), number_key), numbers);
            }
            None => {
                skip_value(input, kind)?;
            }
        }
        Ok(())
    }

    fn number(&self, scope: &str, key: &'static str) -> Option<u64> {
        self.numbers.get(&(scope.to_owned(), key))?.iter().copied().max()
    }

    fn alignment(&self) -> Result<u64, GgufError> {
        match self.number("general", "alignment") {
            None => Ok(ALIGNMENT_DEFAULT),
            Some(n) if n.is_power_of_two() => at_most("the alignment", n, ALIGNMENT_MAX),
            Some(_) => Err(GgufError::Malformed("the alignment")),
        }
    }

    fn into_header(mut self, version: u32, tensor_count: u64, tensors: Tensors) -> Result<Header, GgufError> {
        if let Some(count) = self.number("split", "count").filter(|n| *n > 1) {
            return Err(GgufError::Split(count));
        }
        let architecture = self.texts.remove(ARCHITECTURE).ok_or(GgufError::Missing(ARCHITECTURE))?;
        let optional = |key: &'static str| match self.number(&architecture, key) {
            None => Ok(None),
            Some(n) => u32::try_from(n).map(Some).map_err(|_| GgufError::Malformed(key)),
        };
        let required = |key: &'static str| optional(key)?.ok_or(GgufError::Missing(key));
        let blocks = required("block_count")?;
        at_most("the number of layers", u64::from(blocks), u64::from(LAYERS_MAX))?;
        let embedding_length = required("embedding_length")?;
        let head_count = required("attention.head_count")?;
        let per_head = embedding_length.checked_div(head_count).ok_or(GgufError::Malformed("attention.head_count"))?;
        let vocabulary_size = match optional("vocab_size")? {
            Some(n) => n,
            None => u32::try_from(self.vocabulary_size).map_err(|_| GgufError::Malformed(TOKENS))?,
        };
        Ok(Header {
            version,
            file_type: self.number("general", "file_type").and_then(|n| u32::try_from(n).ok()),
            context_length: required("context_length")?,
            embedding_length,
            feed_forward_length: optional("feed_forward_length")?.unwrap_or(0),
            head_count,
            head_count_kv: self.kv_heads(&architecture, blocks, head_count)?,
            key_length: optional("attention.key_length")?.unwrap_or(per_head),
            value_length: optional("attention.value_length")?.unwrap_or(per_head),
            vocabulary_size,
            architecture,
            name: self.texts.remove(NAME),
            chat_template: self.texts.remove(TEMPLATE),
            tensor_count,
            parameter_count: tensors.parameters,
            tensor_bytes: tensors.bytes,
            repackable_bytes: tensors.repackable,
            file_bytes_min: tensors.end,
        })
    }

    /// One number a layer; hybrid models state them one by one, most models once.
    fn kv_heads(&self, architecture: &str, blocks: u32, head_count: u32) -> Result<Vec<u32>, GgufError> {
        const KEY: &str = "attention.head_count_kv";
        let all = |heads: u32| vec![heads; blocks as usize];
        let Some(stated) = self.numbers.get(&(architecture.to_owned(), KEY)) else { return Ok(all(head_count)) };
        let stated = stated
            .iter()
            .map(|n| u32::try_from(*n).map_err(|_| GgufError::Malformed(KEY)))
            .collect::<Result<Vec<_>, _>>()?;
        match stated.as_slice() {
            [one] => Ok(all(*one)),
            many if many.len() == blocks as usize => Ok(stated),
            _ => Err(GgufError::Malformed(KEY)),
        }
    }
}

/// Skips a value; gives the number of elements of an array, otherwise 1.
fn skip_value<R: Read>(input: &mut Input<R>, kind: u32) -> Result<u64, GgufError> {
    if kind != value_type::ARRAY {
        return skip_elements(input, kind, 1);
    }
    let kind = input.u32()?;
    let len = at_most("the length of an array", input.u64()?, ARRAY_LEN_MAX)?;
    skip_elements(input, kind, len)
}

fn skip_elements<R: Read>(input: &mut Input<R>, kind: u32, len: u64) -> Result<u64, GgufError> {
    if let Some(bytes) = value_type::bytes(kind) {
        input.skip(bytes * len)?;
    } else if kind == value_type::STRING {
        for _ in 0..len {
            input.skip_string()?;
        }
    } else {
        // Arrays of arrays are allowed by the specification and used by nobody.
        return Err(GgufError::Malformed("a metadata value"));
    }
    Ok(len)
}

/// A whole number that is not negative, or up to [`LAYERS_MAX`] of them.
fn read_numbers<R: Read>(input: &mut Input<R>, kind: u32) -> Result<Vec<u64>, GgufError> {
    let (kind, len) = if kind == value_type::ARRAY {
        (input.u32()?, at_most("the number of layers", input.u64()?, u64::from(LAYERS_MAX))?)
    } else {
        (kind, 1)
    };
    (0..len).map(|_| read_number(input, kind)).collect()
}

fn read_number<R: Read>(input: &mut Input<R>, kind: u32) -> Result<u64, GgufError> {
    let signed = match kind {
        value_type::U8 | value_type::BOOL => return Ok(u64::from(u8::from_le_bytes(input.array()?))),
        value_type::U16 => return Ok(u64::from(u16::from_le_bytes(input.array()?))),
        value_type::U32 => return Ok(u64::from(input.u32()?)),
        value_type::U64 => return input.u64(),
        value_type::I8 => i64::from(i8::from_le_bytes(input.array()?)),
        value_type::I16 => i64::from(i16::from_le_bytes(input.array()?)),
        value_type::I32 => i64::from(i32::from_le_bytes(input.array()?)),
        value_type::I64 => i64::from_le_bytes(input.array()?),
        _ => return Err(GgufError::Malformed("a number")),
    };
    u64::try_from(signed).map_err(|_| GgufError::Malformed("a number"))
}

/// Sums over all tensors.
#[derive(Default)]
struct Tensors {
    parameters: u64,
    bytes: BTreeMap<TensorType, u64>,
    repackable: u64,
    /// Where the file must at least end.
    end: u64,
}

impl Tensors {
    fn read<R: Read>(input: &mut Input<R>, count: u64, alignment: u64) -> Result<Self, GgufError> {
        const OVERFLOW: GgufError = GgufError::Malformed("the size of a tensor");
        let mut sums = Self::default();
        let mut data_end = 0;
        for _ in 0..count {
            let name = input.string("the length of a tensor's name", KEY_BYTES_MAX)?;
            let dimensions = input.u32()?;
            at_most("the number of dimensions", u64::from(dimensions), u64::from(DIMENSIONS_MAX))?;
            let mut elements = 1_u64;
            for _ in 0..dimensions {
                elements = elements.checked_mul(input.u64()?).ok_or(OVERFLOW)?;
            }
            let kind = input.u32()?;
            let kind = TensorType::from_id(kind).ok_or(GgufError::UnknownTensorType(kind))?;
            let offset = input.u64()?;
            let bytes = kind.bytes(elements).ok_or(OVERFLOW)?;
            data_end = data_end.max(offset.checked_add(bytes).ok_or(OVERFLOW)?);
            sums.parameters = sums.parameters.checked_add(elements).ok_or(OVERFLOW)?;
            let sum = sums.bytes.entry(kind).or_insert(0);
            *sum = sum.checked_add(bytes).ok_or(OVERFLOW)?;
            // Single rows are looked up in the embedding table, which the repacked layout cannot do.
            if kind.is_repackable() && dimensions == 2 && name != "token_embd.weight" {
                sums.repackable = sums.repackable.checked_add(bytes).ok_or(OVERFLOW)?;
            }
        }
        let data_start = input.at.next_multiple_of(alignment);
        sums.end = data_start.checked_add(data_end).ok_or(OVERFLOW)?;
        Ok(sums)
    }
}

#[cfg(test)]
pub(crate) mod tests;
