//! The kernel's table of mounts, and its ways of writing a blank.

use super::*;

#[test]
fn lines_are_read_with_and_without_optional_fields() {
    let text = "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n\
                37 35 0:26 / /a\\134b ro - tmpfs tmpfs rw\n\
                odd line\n";
    let mounts = parse(text);
    assert_eq!(mounts.len(), 2);
    assert_eq!((mounts[0].root.as_str(), mounts[0].kind.as_str()), ("/mnt1", "ext3"));
    assert_eq!(mounts[0].point, PathBuf::from("/mnt 2"));
    assert!(mounts[0].has("noatime") && !mounts[0].has("ro"));
    assert_eq!(mounts[0].super_options, ["rw", "errors=continue"]);
    assert_eq!(mounts[1].point, PathBuf::from("/a\\b"));
}

#[test]
fn odd_escapes_stay_as_they_are() {
    for (text, expected) in
        [("a\\040b", "a b"), ("a\\", "a\\"), ("a\\04", "a\\04"), ("\\999", "\\999"), ("ñ\\134", "ñ\\")]
    {
        assert_eq!(unescape(text), expected);
    }
}
