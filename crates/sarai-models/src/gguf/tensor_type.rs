//! How a tensor's weights are stored: ggml's types and their block sizes.

use std::fmt;

/// One of ggml's storage types.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TensorType(&'static Row);

#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Row {
    /// ggml's number.
    id: u32,
    name: &'static str,
    /// Weights in a block, and the bytes that a block takes.
    block: u64,
    block_bytes: u64,
}

const fn row(id: u32, name: &'static str, block: u64, block_bytes: u64) -> Row {
    Row { id, name, block, block_bytes }
}

/// From ggml's `ggml.h` and `ggml-common.h`. Numbers that ggml has retired are absent.
static ROWS: [Row; 33] = [
    row(0, "F32", 1, 4),
    row(1, "F16", 1, 2),
    row(2, "Q4_0", 32, 18),
    row(3, "Q4_1", 32, 20),
    row(6, "Q5_0", 32, 22),
    row(7, "Q5_1", 32, 24),
    row(8, "Q8_0", 32, 34),
    row(9, "Q8_1", 32, 36),
    row(10, "Q2_K", 256, 84),
    row(11, "Q3_K", 256, 110),
    row(12, "Q4_K", 256, 144),
    row(13, "Q5_K", 256, 176),
    row(14, "Q6_K", 256, 210),
    row(15, "Q8_K", 256, 292),
    row(16, "IQ2_XXS", 256, 66),
    row(17, "IQ2_XS", 256, 74),
    row(18, "IQ3_XXS", 256, 98),
    row(19, "IQ1_S", 256, 50),
    row(20, "IQ4_NL", 32, 18),
    row(21, "IQ3_S", 256, 110),
    row(22, "IQ2_S", 256, 82),
    row(23, "IQ4_XS", 256, 136),
    row(24, "I8", 1, 1),
    row(25, "I16", 1, 2),
    row(26, "I32", 1, 4),
    row(27, "I64", 1, 8),
    row(28, "F64", 1, 8),
    row(29, "IQ1_M", 256, 56),
    row(30, "BF16", 1, 2),
    row(34, "TQ1_0", 256, 54),
    row(35, "TQ2_0", 256, 66),
    row(39, "MXFP4", 32, 17),
    row(40, "NVFP4", 64, 36),
];

impl TensorType {
    /// The type with ggml's number `id`.
    #[must_use]
    pub fn from_id(id: u32) -> Option<Self> {
        ROWS.iter().find(|row| row.id == id).map(Self)
    }

    /// ggml's name, such as `Q4_K`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Bytes that `elements` weights take; none if they are not whole blocks or the sum overflows.
    #[must_use]
    pub fn bytes(self, elements: u64) -> Option<u64> {
        if elements.is_multiple_of(self.0.block) {
            (elements / self.0.block).checked_mul(self.0.block_bytes)
        } else {
            None
        }
    }

    /// Whether llama.cpp's CPU back end keeps a second copy of such weights, interleaved for its matrix kernels.
    #[must_use]
    pub fn is_repackable(self) -> bool {
        matches!(self.0.name, "Q4_0" | "Q4_K" | "IQ4_NL")
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl fmt::Debug for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}
