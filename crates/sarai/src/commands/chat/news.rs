//! What rules have to say, while a person sits at the prompt.
//!
//! A thread of its own waits for messages and writes each one above the line that is being typed. What was written
//! counts as seen. The thread ends with the program.

use std::time::Duration;

use rustyline::ExternalPrinter;
use sarai_api::MessageBody;
use sarai_api::MessageMark;
use sarai_api::client::{Client, ClientError};
use sarai_messages::Messages;
use sarai_types::Notice;

use crate::shell::wait_for;
use crate::terminal;

/// How long one question waits for news, in seconds.
const WAIT_S: u32 = 50;
/// How long to leave a program in peace that does not answer.
const PAUSE: Duration = Duration::from_secs(5);

/// Starts to wait for messages.
pub(super) fn follow(client: Client, messages: Messages, mut printer: impl ExternalPrinter + Send + 'static) {
    // Without a thread there are no messages in this chat; they are kept.
    let _ = std::thread::Builder::new().name("news".to_owned()).spawn(move || {
        wait_for::<()>(async {
            loop {
                if show(&client, messages, &mut printer).await.is_err() {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        })
    });
}

async fn show(client: &Client, messages: Messages, printer: &mut impl ExternalPrinter) -> Result<(), ClientError> {
    for message in client.messages(0, WAIT_S).await? {
        if printer.print(line(&message, messages)).is_err() {
            // The terminal is gone; whoever comes next shows it.
            return Ok(());
        }
        client.mark_message(message.id, MessageMark::Seen).await?;
    }
    Ok(())
}

/// «🔔 sacar la basura», with the word for what it is.
fn line(message: &MessageBody, messages: Messages) -> String {
    let notice = Notice::new("chat-news").arg("kind", &message.kind).arg("text", terminal::plain(&message.text));
    format!("{}\n", messages.text(&notice))
}
