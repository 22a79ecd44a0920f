//! Models that are listed, brought from files of the person's own, looked at and removed.

use super::Home;

/// A GGUF file of two layers with one small tensor.
fn gguf() -> Vec<u8> {
    fn text(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
    }
    let number = |key: &str, value: u32| [text(key), 4_u32.to_le_bytes().into(), value.to_le_bytes().into()].concat();
    let word = |key: &str, value: &str| [text(key), 8_u32.to_le_bytes().into(), text(value)].concat();
    let tokens = [
        text("tokenizer.ggml.tokens"),
        9_u32.to_le_bytes().into(),
        8_u32.to_le_bytes().into(),
        2_u64.to_le_bytes().into(),
        text("a"),
        text("b"),
    ];
    let keys = [
        word("general.architecture", "qwen2"),
        word("general.name", "Pequeño"),
        number("general.file_type", 15),
        number("qwen2.block_count", 2),
        number("qwen2.context_length", 4096),
        number("qwen2.embedding_length", 256),
        number("qwen2.feed_forward_length", 512),
        number("qwen2.attention.head_count", 4),
        number("qwen2.attention.head_count_kv", 2),
        tokens.concat(),
    ];
    let mut file =
        [&b"GGUF"[..], &3_u32.to_le_bytes(), &1_u64.to_le_bytes(), &(keys.len() as u64).to_le_bytes()].concat();
    file.extend(keys.concat());
    // One tensor of 256 × 2 weights in Q4_K: 288 bytes.
    file.extend(text("blk.0.attn_q.weight"));
    file.extend(2_u32.to_le_bytes());
    file.extend([256_u64, 2].map(u64::to_le_bytes).concat());
    file.extend(12_u32.to_le_bytes());
    file.extend(0_u64.to_le_bytes());
    file.resize(file.len().next_multiple_of(32) + 288, 7);
    file
}

#[test]
fn the_list_says_what_could_be_here_and_what_is() {
    let home = Home::new();
    home.write("models/mine.gguf", gguf());
    let list = home.run(["model", "list", "--json", "--set", "model.default=qwen3-4b"]).json(0);
    let row = |id: &str| list.as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone();
    let default = row("qwen3-4b");
    assert_eq!((&default["default"], &default["state"]), (&true.into(), &"absent".into()));
    assert_eq!((&default["checked"], &default["total_bytes"]), (&false.into(), &serde_json::Value::Null));
    let checked = row("smollm2-135m-instruct");
    assert_eq!((&checked["checked"], &checked["total_bytes"]), (&true.into(), &98_362_432.into()));
    let own = row("mine");
    assert_eq!((&own["state"], &own["bytes"]), (&"ready".into(), &gguf().len().into()));
    assert_eq!((&own["good_for"], &own["default"]), (&serde_json::Value::Null, &false.into()));

    let text = home.run(["model", "list"]);
    assert_eq!((text.code, text.stderr.as_str()), (0, ""));
    assert!(text.stdout.contains("qwen2.5-coder-1.5b-instruct  not downloaded, 1.1 GB · answers by default · es en\n"));
    assert!(text.stdout.contains("mine  here, "), "{}", text.stdout);
}

#[test]
fn a_file_of_ones_own_comes_is_known_and_goes() {
    let home = Home::new();
    let file = home.write("descargas/Mi modelo ñ.gguf", gguf());
    let pulled = home.run(["model", "pull", "--json", file.to_str().unwrap()]).json(0);
    assert_eq!(pulled["path"], "HOME/models/Mi-modelo--.gguf");
    let path = home.path("models/Mi-modelo--.gguf");
    assert_eq!(fs_err::read(&path).unwrap(), gguf());
    assert_eq!((&pulled["bytes"], pulled["sha256"].as_str().unwrap().len()), (&gguf().len().into(), 64));
    // Again is as good as once.
    assert_eq!(home.run(["model", "pull", "--json", file.to_str().unwrap()]).json(0), pulled);

    let id = "Mi-modelo--";
    let info = home.run(["model", "info", "--json", id]).json(0);
    assert_eq!((&info["header"]["architecture"], &info["header"]["name"]), (&"qwen2".into(), &"Pequeño".into()));
    assert_eq!((&info["header"]["file_type"], &info["header"]["layers"]), (&"Q4_K_M".into(), &2.into()));
    assert_eq!((&info["memory"]["n_ctx"], &info["memory"]["fits"]), (&8192.into(), &true.into()));
    let text = home.run(["model", "info", id]);
    assert!(text.stdout.contains("Q4_K_M") && text.stdout.contains("fits"), "{}", text.stdout);

    let removed = home.run(["model", "rm", id]);
    assert_eq!((removed.code, removed.stdout.as_str()), (0, ""));
    assert!(!path.exists());
    assert!(file.exists(), "the person's own file stays");
    home.run(["model", "rm", id])
        .told(1, "There is no model called “Mi-modelo--”. `sarai model list` shows the ones there are.");
}

#[test]
fn broken_files_are_refused_and_leave_nothing() {
    let home = Home::new().with("SARAI_LANG", "es");
    let whole = gguf();
    for (name, bytes, sentence) in [
        ("magia.gguf", &b"GGML and more"[..], "no es un modelo GGUF"),
        ("vacio.gguf", b"", "está cortado"),
        ("corto.gguf", &whole[..whole.len() - 1], "está cortado"),
        ("cabeza.gguf", &whole[..100], "está cortado"),
    ] {
        let file = home.write(name, bytes);
        let ended = home.run(["model", "pull", file.to_str().unwrap()]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{name}");
        assert!(ended.stderr.contains(name) && ended.stderr.contains(sentence), "{name}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{name}: {}", ended.stderr);
        assert!(file.exists());
    }
    assert!(!home.path("models").exists());
}

#[test]
fn a_broken_file_in_the_folder_is_said_to_be_broken() {
    let home = Home::new();
    home.write("models/SmolLM2-135M-Instruct.Q4_1.gguf", &gguf()[..200]);
    let ended = home.run(["model", "info", "smollm2-135m-instruct"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("SmolLM2-135M-Instruct.Q4_1.gguf"), "{}", ended.stderr);
}

#[test]
fn what_does_not_exist_cannot_be_pulled() {
    let home = Home::new();
    home.run(["model", "pull", "nothing.gguf"])
        .told(1, "There is no file \"nothing.gguf\". Check the name and the folder.");
    home.run(["model", "pull", "no-such-model"])
        .told(1, "There is no model called “no-such-model”. `sarai model list` shows the ones there are.");
    home.run(["model", "pull", "a model"])
        .told(1, "There is no model called “a model”. `sarai model list` shows the ones there are.");
}

/// The catalogue entry's only source is a server of this computer that is not there.
#[test]
fn a_source_that_cannot_be_reached_is_named() {
    let home = Home::new().with("HF_ENDPOINT", "http://127.0.0.1:9");
    let ended = home.run(["model", "pull", "qwen3-4b"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("127.0.0.1:9"), "{}", ended.stderr);
    assert!(ended.stderr.contains("sarai model pull qwen3-4b"), "{}", ended.stderr);
}

#[test]
fn a_catalogue_of_ones_own_that_is_wrong_is_said_to_be_wrong() {
    let home = Home::new();
    home.write("config/models.toml", "[[model]]\nid = 3\n");
    let ended = home.run(["model", "list"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("TOML"), "{}", ended.stderr);
}
