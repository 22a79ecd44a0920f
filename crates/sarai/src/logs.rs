//! What the program writes down about itself: how much of it, and the file where `sarai up` keeps it.

pub(crate) mod file;
pub(crate) mod level;
