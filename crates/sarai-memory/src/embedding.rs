//! What a text means, as a direction: a model gives it, and directions are compared.

/// The most dimensions of a vector.
const WIDTH_MAX: usize = 8192;

/// A vector in one byte for each dimension: a four-hundredth of likeness is lost, and three quarters of the place saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedding(Vec<u8>);

impl Embedding {
    /// None for a vector without a direction.
    #[must_use]
    pub fn new(vector: &[f32]) -> Option<Self> {
        let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let usable = vector.len() <= WIDTH_MAX && largest.is_normal() && vector.iter().all(|value| value.is_finite());
        #[expect(clippy::cast_possible_truncation, reason = "at most 127 by the scale")]
        usable.then(|| {
            Self(
                vector
                    .iter()
                    .map(|value| (value / largest * f32::from(i8::MAX)).round() as i8)
                    .map(i8::cast_unsigned)
                    .collect(),
            )
        })
    }

    /// How alike two texts are, from -1 to 1; nothing where the vectors are of different models.
    #[must_use]
    pub fn likeness(&self, other: &[u8]) -> Option<f32> {
        let (mut product, mut ours, mut theirs) = (0_i32, 0_i32, 0_i32);
        for (a, b) in self.0.iter().zip(other).map(|(a, b)| (number(*a), number(*b))) {
            product += a * b;
            ours += a * a;
            theirs += b * b;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share of one")]
        let lengths = (ours as f32).sqrt() * (theirs as f32).sqrt();
        #[expect(clippy::cast_precision_loss, reason = "a share of one")]
        (self.0.len() == other.len() && lengths > 0.0).then(|| product as f32 / lengths)
    }

    /// As it is stored.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

fn number(byte: u8) -> i32 {
    i32::from(byte.cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    #[test]
    fn a_vector_without_a_direction_is_none() {
        for vector in [vec![], vec![0.0; 4], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0], vec![1.0; WIDTH_MAX + 1]] {
            assert_eq!(Embedding::new(&vector), None);
        }
        let one = Embedding::new(&[1.0, 0.0]).unwrap();
        assert_eq!(one.likeness(Embedding::new(&[1.0]).unwrap().bytes()), None);
        assert_eq!(one.likeness(&[0, 0]), None);
    }

    proptest! {
        #[test]
        fn a_byte_is_enough(a in prop::collection::vec(-1.0_f32..1.0, 384), b in prop::collection::vec(-1.0_f32..1.0, 384)) {
            let likeness = Embedding::new(&a).unwrap().likeness(Embedding::new(&b).unwrap().bytes()).unwrap();
            prop_assert!((likeness - exact(&a, &b)).abs() < 0.0025, "{likeness} for {}", exact(&a, &b));
        }
    }
}
