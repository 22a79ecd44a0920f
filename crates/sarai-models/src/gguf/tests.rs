//! Headers that are right, cut off, too new, absurd or random.

use proptest::prelude::*;

use super::*;

/// Writes small GGUF files.
pub(crate) struct Writer {
    pub(crate) keys: Vec<(String, Vec<u8>)>,
    /// Name, dimensions, type, offset.
    pub(crate) tensors: Vec<(String, Vec<u64>, u32, u64)>,
    pub(crate) data_bytes: usize,
}

pub(crate) fn string(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

fn text_value(text: &str) -> Vec<u8> {
    [value_type::STRING.to_le_bytes().to_vec(), string(text)].concat()
}

fn u32_value(n: u32) -> Vec<u8> {
    [value_type::U32.to_le_bytes(), n.to_le_bytes()].concat()
}

fn array_value(kind: u32, elements: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = value_type::ARRAY.to_le_bytes().to_vec();
    bytes.extend(kind.to_le_bytes());
    bytes.extend((elements.len() as u64).to_le_bytes());
    bytes.extend(elements.concat());
    bytes
}

impl Writer {
    /// A model of two layers with one tensor of 512 weights in Q4_K.
    pub(crate) fn small() -> Self {
        let tokens: Vec<_> = ["a", "b", "c"].iter().map(|t| string(t)).collect();
        let keys = [
            ("qwen2.block_count", u32_value(2)),
            (ARCHITECTURE, text_value("qwen2")),
            (NAME, text_value("Small")),
            ("general.file_type", u32_value(15)),
            ("qwen2.context_length", u32_value(4096)),
            ("qwen2.embedding_length", u32_value(256)),
            ("qwen2.feed_forward_length", u32_value(512)),
            ("qwen2.attention.head_count", u32_value(4)),
            ("qwen2.attention.head_count_kv", u32_value(2)),
            (TOKENS, array_value(value_type::STRING, &tokens)),
            (TEMPLATE, text_value("{{ messages }}")),
            ("some.float", [value_type::F32.to_le_bytes(), 1.5_f32.to_le_bytes()].concat()),
        ];
        Self {
            keys: keys.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            tensors: vec![("blk.0.attn_q.weight".to_owned(), vec![256, 2], 12, 0)],
            data_bytes: 288,
        }
    }

    fn with(mut self, key: &str, value: Vec<u8>) -> Self {
        self.keys.retain(|(k, _)| k != key);
        self.keys.push((key.to_owned(), value));
        self
    }

    fn without(mut self, key: &str) -> Self {
        self.keys.retain(|(k, _)| k != key);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3_u32.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.keys.len() as u64).to_le_bytes());
        for (key, value) in &self.keys {
            out.extend(string(key));
            out.extend(value);
        }
        for (name, dimensions, kind, offset) in &self.tensors {
            out.extend(string(name));
            out.extend(u32::try_from(dimensions.len()).unwrap().to_le_bytes());
            dimensions.iter().for_each(|d| out.extend(d.to_le_bytes()));
            out.extend(kind.to_le_bytes());
            out.extend(offset.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(32), 0);
        out.resize(out.len() + self.data_bytes, 7);
        out
    }
}

fn read(bytes: &[u8]) -> Result<Header, GgufError> {
    Header::read(bytes, bytes.len() as u64)
}

#[test]
fn a_header_states_what_the_file_says() {
    let bytes = Writer::small().bytes();
    let header = read(&bytes).unwrap();
    insta::assert_debug_snapshot!(header, @r#"
    Header {
        version: 3,
        architecture: "qwen2",
        name: Some(
            "Small",
        ),
        file_type: Some(
            15,
        ),
        context_length: 4096,
        embedding_length: 256,
        feed_forward_length: 512,
        head_count: 4,
        head_count_kv: [
            2,
            2,
        ],
        key_length: 64,
        value_length: 64,
        vocabulary_size: 3,
        chat_template: Some(
            "{{ messages }}",
        ),
        tensor_count: 1,
        parameter_count: 512,
        tensor_bytes: {
            Q4_K: 288,
        },
        repackable_bytes: 288,
        file_bytes_min: 896,
    }
    "#);
    assert_eq!(header.file_bytes_min, bytes.len() as u64);
    assert_eq!((header.file_type_name(), header.quantisation().map(TensorType::name)), (Some("Q4_K_M"), Some("Q4_K")));
}

#[test]
fn layers_may_differ() {
    let heads: Vec<_> = [0_i32, 8].iter().map(|n| n.to_le_bytes().to_vec()).collect();
    let hybrid = Writer::small().with("qwen2.attention.head_count_kv", array_value(value_type::I32, &heads));
    assert_eq!(read(&hybrid.bytes()).unwrap().head_count_kv, [0, 8]);
    let none = Writer::small().without("qwen2.attention.head_count_kv");
    assert_eq!(read(&none.bytes()).unwrap().head_count_kv, [4, 4], "as many as query heads");
    let embedding = Writer { tensors: vec![("token_embd.weight".to_owned(), vec![256, 2], 12, 0)], ..Writer::small() };
    assert_eq!(read(&embedding.bytes()).unwrap().repackable_bytes, 0);
}

#[test]
fn each_way_to_be_broken_is_told_apart() {
    let check = |bytes: &[u8], expected: &str| {
        let error = read(bytes).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let small = Writer::small().bytes();
    check(b"", "the file is cut off: it has 0 bytes and needs 4 or more");
    check(b"PK\x03\x04 and so on", "the file begins with [50, 4b, 03, 04], not with GGUF");
    check(b"GGUF\x00\x00\x00\x03", "GGUF version 50331648 is not supported, only 2 and 3");
    check(b"GGUF\x01\x00\x00\x00", "GGUF version 1 is not supported, only 2 and 3");
    check(&small[..small.len() - 1], "the file is cut off: it has 895 bytes and needs 896 or more");
    check(&small[..100], "the file is cut off: it has 100 bytes and needs 102 or more");

    let huge = |at: usize| {
        let mut bytes = small.clone();
        bytes[at..at + 8].fill(0xff);
        bytes
    };
    check(&huge(8), "the number of tensors is 18446744073709551615, more than 131072");
    check(&huge(16), "the number of metadata keys is 18446744073709551615, more than 4096");
    check(&huge(24), "the length of a key is 18446744073709551615, more than 1024");

    let with = |key: &str, value| Writer::small().with(key, value).bytes();
    let without = |key: &str| Writer::small().without(key).bytes();
    let endless = [value_type::ARRAY, value_type::U8, u32::MAX, 0].map(u32::to_le_bytes).concat();
    check(&with("x.y", endless), "the length of an array is 4294967295, more than 8388608");
    check(&with(TEMPLATE, u32_value(1)), "tokenizer.chat_template is malformed");
    check(&with("general.alignment", u32_value(33)), "the alignment is malformed");
    check(&with("qwen2.attention.head_count", u32_value(0)), "attention.head_count is malformed");
    check(&with("qwen2.block_count", u32_value(5000)), "the number of layers is 5000, more than 4096");
    check(&with("split.count", u32_value(3)), "the model is split into 3 files; only whole ones are supported");
    check(&without(ARCHITECTURE), "the file does not state general.architecture");
    check(&without("qwen2.context_length"), "the file does not state context_length");

    let tensor = |dimensions: Vec<u64>, kind, offset| {
        let tensors = vec![("t".to_owned(), dimensions, kind, offset)];
        Writer { tensors, ..Writer::small() }.bytes()
    };
    check(&tensor(vec![1], 99, 0), "tensor type 99 is not known");
    check(&tensor(vec![255], 12, 0), "the size of a tensor is malformed");
    check(&tensor(vec![1 << 40, 1 << 40], 0, 0), "the size of a tensor is malformed");
    check(&tensor(vec![1], 0, u64::MAX), "the size of a tensor is malformed");
    check(&tensor(vec![1; 5], 0, 0), "the number of dimensions is 5, more than 4");
}

/// The given bytes, and after them others without end.
struct Endless<'a>(&'a [u8]);

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer)?;
        if n == 0 {
            buffer.fill(0xff);
            return Ok(buffer.len());
        }
        Ok(n)
    }
}

proptest! {
    /// Whatever the bytes are, the reader ends with a header or an error.
    #[test]
    fn mutated_files_never_panic(flips in prop::collection::vec((0_usize..896, any::<u8>()), 1..12), cut in 0_usize..897) {
        let mut bytes = Writer::small().bytes();
        for (at, value) in flips {
            bytes[at] = value;
        }
        let _ = read(&bytes);
        let _ = read(&bytes[..cut]);
        // A file that claims to be enormous and never ends stays within the bound as well.
        let _ = Header::read(Endless(&bytes), u64::MAX);
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let file = [b"GGUF\x03\x00\x00\x00".as_slice(), &bytes].concat();
        prop_assert!(read(&file).is_err());
    }

    /// What is cut off is always noticed.
    #[test]
    fn every_cut_is_an_error(cut in 0_usize..896) {
        let bytes = Writer::small().bytes();
        let found = matches!(read(&bytes[..cut]), Err(GgufError::Truncated { .. }));
        prop_assert!(found);
    }
}
