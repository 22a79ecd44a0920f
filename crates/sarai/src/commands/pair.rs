//! `sarai pair`: lets a browser in, with a link that works once.

use sarai_api::client::Client;
use sarai_config::Config;
use sarai_daemon::serve::PORT_FILE;
use sarai_types::Notice;

use crate::answer::unanswered;
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal;

pub(crate) fn run(shell: &Shell) -> anyhow::Result<()> {
    let (config, client) = (shell.config()?, shell.client()?);
    let link = wait_for(async { Ok(link(&client, &origin(shell, &config)).await?) })?;
    shell.tell(&Notice::new("cli-pair"));
    terminal::line(link)?;
    Ok(())
}

/// The page's address with a fresh code in its fragment, which a browser sends to nobody.
///
/// # Errors
/// The program is not running, or gives no code.
pub(crate) async fn link(client: &Client, origin: &str) -> Result<String, Told> {
    let code = client.new_pairing_code().await.map_err(|e| unanswered(&e))?;
    Ok(format!("{origin}/#code={code}"))
}

/// Where the page is, for this computer's own browser. The port is the one that `serve` wrote down, since the config
/// may leave it open, or may have changed since.
pub(crate) fn origin(shell: &Shell, config: &Config) -> String {
    let mut address = config.server.address();
    let bound = fs_err::read_to_string(shell.folders.run().join(PORT_FILE)).ok();
    if let Some(port) = bound.and_then(|text| text.trim().parse().ok()) {
        address.set_port(port);
    }
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}
