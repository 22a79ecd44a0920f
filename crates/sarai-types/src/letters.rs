//! Letters that compare equal whether or not somebody typed their accents.

/// The accents of decomposed text, such as macOS types: the combining diacritical marks block of Unicode.
#[must_use]
pub const fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// A small letter without its accent, for the accents of Spanish and of words that it borrows. People leave accents out
/// when they type, so nothing may depend on them; that «ano» and «año» become one word is the price.
#[must_use]
pub const fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        _ => c,
    }
}
