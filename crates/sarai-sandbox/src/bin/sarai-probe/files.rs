//! Reading and writing files that the jail does not give.

use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use fs_err as fs;

use crate::Attempt;
use crate::outcome::{Arguments, Outcome, Step, ensure};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("read", read),
    ("read-beginning", read_beginning),
    ("list-folder", list_folder),
    ("overwrite", overwrite),
    ("append", append),
    ("create", create),
    ("remove", remove),
    ("change-mode", change_mode),
    ("change-time", change_time),
    ("write-back", write_back),
    ("make-folder", make_folder),
    ("open-device", open_device),
];

/// Reads the file; a mark must be in it.
fn read(arguments: &mut Arguments) -> Outcome {
    let (path, mark) = (arguments.text("a path")?, arguments.text("a mark")?);
    let text = fs::read(&path).or_blocked("open")?;
    holds(&text, &mark)?;
    Ok(format!("read {path}"))
}

/// Blocked unless the mark was read.
pub(crate) fn holds(bytes: &[u8], mark: &str) -> Result<(), crate::outcome::End> {
    let found = bytes.windows(mark.len()).any(|part| part == mark.as_bytes());
    ensure(found, || "what was read is not what is outside".to_owned())
}

/// Reads a few bytes of a file that may have no end.
fn read_beginning(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    let mut bytes = [0; 16];
    let count = fs::File::open(&path).and_then(|mut file| file.read(&mut bytes)).or_blocked("read")?;
    ensure(count > 0, || "it is empty".to_owned())?;
    Ok(format!("read {count} bytes of {path}"))
}

/// Lists a folder; a name must be in it.
fn list_folder(arguments: &mut Arguments) -> Outcome {
    let (folder, name) = (arguments.text("a folder")?, arguments.text("a name")?);
    let entries = fs::read_dir(&folder).or_blocked("list")?;
    ensure(entries.flatten().any(|entry| entry.file_name() == name.as_str()), || format!("{name} is not in it"))?;
    Ok(format!("listed {folder}"))
}

/// Writes over the beginning of a file that is there.
fn overwrite(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    let mut file = fs::OpenOptions::new().read(true).write(true).open(&path).or_blocked("open")?;
    file.write_all(b"overwritten").or_blocked("write")?;
    file.rewind().or_broken("rewind")?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).or_broken("read")?;
    ensure(text.starts_with(b"overwritten"), || "it holds what it held".to_owned())?;
    Ok(format!("wrote into {path}"))
}

fn append(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    let before = fs::metadata(&path).or_blocked("look")?.len();
    let mut file = fs::OpenOptions::new().append(true).open(&path).or_blocked("open")?;
    file.write_all(b"more").or_blocked("write")?;
    ensure(fs::metadata(&path).or_broken("look")?.len() == before + 4, || "it has not grown".to_owned())?;
    Ok(format!("appended to {path}"))
}

/// Makes a file in a folder, and removes it.
fn create(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a folder")?;
    let path = Path::new(&folder).join(format!(".sarai-probe-{}", std::process::id()));
    fs::write(&path, "made").or_blocked("create")?;
    let text = fs::read_to_string(&path).or_broken("read")?;
    fs::remove_file(&path).or_broken("remove")?;
    ensure(text == "made", || "it does not hold what was written".to_owned())?;
    Ok(format!("made a file in {folder}"))
}

fn remove(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    fs::remove_file(&path).or_blocked("remove")?;
    ensure(!Path::new(&path).exists(), || "it is still there".to_owned())?;
    Ok(format!("removed {path}"))
}

fn change_mode(arguments: &mut Arguments) -> Outcome {
    let (path, mode) = (arguments.text("a path")?, arguments.text("a mode")?);
    let mode = u32::from_str_radix(&mode, 8).map_err(std::io::Error::other).or_broken("the mode")?;
    fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).or_blocked("chmod")?;
    let now = fs::metadata(&path).or_broken("look")?.mode() & 0o7777;
    ensure(now == mode, || format!("its mode is {now:o}"))?;
    Ok(format!("{path} has mode {mode:o}"))
}

/// Sets the time of a file back to 1970.
fn change_time(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    let file = fs::File::open(&path).or_blocked("open")?;
    file.file().set_modified(std::time::UNIX_EPOCH).or_blocked("utimensat")?;
    ensure(fs::metadata(&path).or_broken("look")?.mtime() == 0, || "it has its old time".to_owned())?;
    Ok(format!("{path} is from 1970 now"))
}

/// Writes into a setting of the kernel what it is set to already. Of `[a] b c` that is the word in brackets.
fn write_back(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    let text = fs::read_to_string(&path).or_blocked("read")?;
    let chosen = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(chosen, _)| chosen);
    let value = chosen.unwrap_or_else(|| text.trim_end());
    let mut file = fs::OpenOptions::new().write(true).open(&path).or_blocked("open")?;
    file.write_all(value.as_bytes()).or_blocked("write")?;
    Ok(format!("wrote {value:?} to {path}"))
}

/// Makes a folder, as in a cgroup, and removes it.
fn make_folder(arguments: &mut Arguments) -> Outcome {
    let within = arguments.text("a folder")?;
    let path = Path::new(&within).join(format!("sarai-probe-{}", std::process::id()));
    fs::create_dir(&path).or_blocked("mkdir")?;
    fs::remove_dir(&path).or_broken("rmdir")?;
    Ok(format!("made a folder in {within}"))
}

/// Opens any of the devices that is given.
fn open_device(arguments: &mut Arguments) -> Outcome {
    let mut first = None;
    for path in arguments.rest() {
        match fs::OpenOptions::new().read(true).open(&path) {
            Ok(_) => return Ok(format!("opened {path}")),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| std::io::Error::other("no device was named"))).or_blocked("open")
}
