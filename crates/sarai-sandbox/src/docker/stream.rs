//! A container's two outputs, which come as one stream of frames.
//!
//! A frame is eight bytes (which output, three zeros, the length, big-endian) and its content. The content is passed on
//! as it comes; a length is never trusted with memory.

/// Which output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Standard,
    Error,
}

/// Cuts what arrives into pieces of either output.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Of a head that is not whole yet.
    head: Vec<u8>,
    /// The frame that is being read, and how much of it is still to come.
    open: Option<(Output, u32)>,
}

const HEAD_BYTES: usize = 8;

impl Frames {
    /// Calls `take` with each piece of `bytes`, in order. `None`: that is no stream of frames.
    pub(super) fn cut<'a>(&mut self, mut bytes: &'a [u8], mut take: impl FnMut(Output, &'a [u8])) -> Option<()> {
        while !bytes.is_empty() {
            if let Some((output, left)) = self.open {
                let count = bytes.len().min(left as usize);
                let (piece, rest) = bytes.split_at(count);
                take(output, piece);
                bytes = rest;
                let left = left - u32::try_from(count).ok()?;
                self.open = (left > 0).then_some((output, left));
                continue;
            }
            let (piece, rest) = bytes.split_at(bytes.len().min(HEAD_BYTES - self.head.len()));
            self.head.extend_from_slice(piece);
            bytes = rest;
            if let Some(head) = self.head.first_chunk::<HEAD_BYTES>() {
                let [kind, 0, 0, 0, length @ ..] = *head else { return None };
                let output = match kind {
                    1 => Output::Standard,
                    2 => Output::Error,
                    _ => return None,
                };
                let length = u32::from_be_bytes(length);
                self.open = (length > 0).then_some((output, length));
                self.head.clear();
            }
        }
        Some(())
    }
}
