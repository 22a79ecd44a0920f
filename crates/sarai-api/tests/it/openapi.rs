//! The committed description is the one that is served.

use crate::house::{get, greets, house};

#[tokio::test]
async fn the_committed_description_is_current() {
    let served = get(&house(greets).socket, "/openapi.json").await.json();
    let served = serde_json::to_string_pretty(&served).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    // SARAI_UPDATE=1 writes what a change of the API means.
    if std::env::var_os("SARAI_UPDATE").is_some() {
        fs_err::write(path, &served).unwrap();
    }
    assert_eq!(fs_err::read_to_string(path).unwrap(), served, "run this test once with SARAI_UPDATE=1");
}
