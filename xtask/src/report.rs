//! What a check found, and how it is told.

use std::process::ExitCode;

/// The findings of one command, in the order in which they were made.
#[derive(Debug)]
pub(crate) struct Report {
    command: &'static str,
    findings: Vec<String>,
}

impl Report {
    pub(crate) const fn new(command: &'static str) -> Self {
        Self { command, findings: Vec::new() }
    }

    pub(crate) fn find(&mut self, finding: impl Into<String>) {
        self.findings.push(finding.into());
    }

    #[cfg(test)]
    pub(crate) fn findings(&self) -> &[String] {
        &self.findings
    }

    /// Prints every finding that `exceptions` does not let pass, then the verdict.
    #[expect(clippy::print_stdout, reason = "xtask speaks to the person at the terminal")]
    pub(crate) fn print(self, exceptions: &str) -> ExitCode {
        let command = self.command;
        let findings = self.without(exceptions);
        for finding in &findings {
            println!("{command}: {finding}");
        }
        match findings.len() {
            0 => {
                println!("{command}: in order");
                ExitCode::SUCCESS
            }
            count => {
                println!("{command}: {count} to mend");
                ExitCode::FAILURE
            }
        }
    }

    /// What is left to mend. An exception that no finding needs is one thing more.
    fn without(self, exceptions: &str) -> Vec<String> {
        let prefix = format!("{}: ", self.command);
        let exceptions: Vec<&str> = exceptions.lines().filter_map(|line| line.strip_prefix(&prefix)).collect();
        let needless = exceptions.iter().filter(|exception| !self.findings.iter().any(|finding| finding == *exception));
        let needless: Vec<String> =
            needless.map(|exception| format!("exceptions.txt lets pass what is not there: {exception}")).collect();
        let mut left = self.findings;
        left.retain(|finding| !exceptions.contains(&finding.as_str()));
        left.extend(needless);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_may_only_shrink() {
        let mut report = Report::new("tidy");
        report.find("a is long");
        report.find("b is long");
        assert_eq!(
            report.without("# Words.\ntidy: a is long\ntidy: c is long\narch: d is deep\n"),
            ["b is long", "exceptions.txt lets pass what is not there: c is long"]
        );
    }
}
