//! The notification service: order mails through SES.

use super::cast::in_function;
use super::{SENDER, World};
use crate::book::Book;
use crate::cloudtrail::Call;
use crate::json::{Json, arr, obj};
use crate::place::{Account, Region};
use crate::rng::Rng;

/// Writes the mails of the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    for _ in 0..world.busy(book, 3_200) {
        let at = book.moment(2);
        let role = &world.cast.notifications;
        let region = Region::East;
        let started = world.started(&role.name, at, 7);
        let caller = in_function(role, "notification-service", region, started);
        let mut call = send_email(&mut book.rng, 1);
        if book.rng.below(1000) < 8 {
            call = call.error("ThrottlingException", "Maximum sending rate exceeded.");
        }
        book.call(at, region, &caller, call);
    }
}

/// A mail as SES records it: addresses and text hidden.
pub(crate) fn send_email(rng: &mut Rng, recipients: usize) -> Call {
    const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
    let hidden = |count: usize| Json::List(vec![Json::from(HIDDEN); count]);
    let part = || obj! { "charset" => "UTF-8", "data" => HIDDEN };
    let domain = SENDER.rsplit('@').next().unwrap_or(SENDER);
    let identity = format!("arn:aws:ses:us-east-1:{}:identity/{domain}", Account::Application.id());
    Call::write("ses", "SendEmail")
        .data()
        .request(obj! {
            "destination" => obj! {
                "toAddresses" => hidden(recipients), "ccAddresses" => arr![], "bccAddresses" => arr![],
            },
            "message" => obj! {
                "subject" => part(), "body" => obj! { "html" => part(), "text" => part() },
            },
            "source" => SENDER,
        })
        .additional(obj! { "sesMessageId" => format!("0100019a{}-{}-000000", rng.hex(8), rng.uuid()) })
        .resource("AWS::SES::EmailIdentity", identity)
}
